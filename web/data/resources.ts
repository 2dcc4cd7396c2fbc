import { ROUTES } from '#shared/api';
import { scopeQuery, useScope } from './scope/use-scope.ts';
import { asked, askedReading, POLL_MS, useRoute } from './use-route.ts';
import type { Asked, Polling } from './use-route.ts';
import type { Change, Charts, ConfigObject, ConfigRow, LogLine, MeshInfo, Meta, Overview, ProxyDetail, ServiceDetail, ServiceRow, ShiftState, TraceDetail, TraceRow, WorkloadDetail, WorkloadRow } from './types.ts';

// One hook a resource: `Asked<T>` goes straight into a Panel ({...asked}).

const LIVE: Polling = { everyMs: POLL_MS };
const SLOW_MS = 15_000;
const FAST_MS = 2_000;

export const useMeta = (): Asked<Meta> => asked(useRoute(ROUTES.meta, {}, { everyMs: SLOW_MS }));
/** Ready-made pieces: `asked.reading` is the whole reply; its parts are readings of their own. */
export const useOverview = (): Asked<Overview> => asked(useRoute(ROUTES.overview, { query: scopeQuery(useScope()) }, LIVE));
/** The same over another window, asked for seldom: the strip below the graph shows more than the graph. */
export const useOverviewOver = (window: string): Asked<Overview> => asked(useRoute(ROUTES.overview, { query: { ...scopeQuery(useScope()), window } }, { everyMs: SLOW_MS }));
export const useServices = (): Asked<ServiceRow[]> => askedReading(useRoute(ROUTES.services, { query: scopeQuery(useScope()) }, LIVE), (r) => r);
export const useWorkloads = (): Asked<WorkloadRow[]> => askedReading(useRoute(ROUTES.workloads, { query: scopeQuery(useScope()) }, LIVE), (r) => r);

type Named = { readonly namespace: string; readonly name: string };
function useWindow(): { readonly window: string; readonly to: number | undefined } {
  const { window, to } = useScope();
  return { window, to };
}
export const useService = (params: Named, enabled = true): Asked<ServiceDetail> => asked(useRoute(ROUTES.service, { params, query: useWindow() }, { ...LIVE, enabled }));
export const useWorkload = (params: Named, enabled = true): Asked<WorkloadDetail> => asked(useRoute(ROUTES.workload, { params, query: useWindow() }, { ...LIVE, enabled }));
export const useShift = (params: Named, enabled = true): Asked<ShiftState> => asked(useRoute(ROUTES.shift, { params, query: useWindow() }, { everyMs: FAST_MS, enabled }));

export type ChartArgs = Named & { readonly kind: 'service' | 'workload'; readonly direction?: 'inbound' | 'outbound'; /** A window of its own: charts show more than the tables beside them. */ readonly window?: string };
export function useCharts({ kind, namespace, name, direction, window }: ChartArgs): Asked<Charts> {
  const own = useWindow();
  return askedReading(useRoute(ROUTES.charts, { params: { kind, namespace, name }, query: { window: window ?? own.window, to: own.to, direction } }, LIVE), (r) => r);
}

export type LogArgs = Named & { readonly container?: string | undefined; readonly tail?: number; readonly contains?: string | undefined };
export const useLogs = ({ namespace, name, container, tail, contains }: LogArgs, follow: boolean): Asked<LogLine[]> =>
  askedReading(useRoute(ROUTES.logs, { params: { namespace, name }, query: { container, tail, contains } }, follow ? { everyMs: FAST_MS } : {}), (r) => r);
export const useProxy = (params: Named, enabled = true): Asked<ProxyDetail> => askedReading(useRoute(ROUTES.proxy, { params }, { everyMs: SLOW_MS, enabled }), (r) => r);

export type TraceQuery = { readonly service?: string | undefined; readonly operation?: string | undefined; readonly tags?: string | undefined; readonly minDuration?: string | undefined; readonly maxDuration?: string | undefined; readonly errors?: string | undefined; readonly source?: string | undefined; readonly target?: string | undefined; readonly limit?: string | undefined; readonly window?: string | undefined };
/** `window` of the query wins over the page's. */
export function useTraces(query: TraceQuery, polling: Polling = LIVE): Asked<TraceRow[]> {
  return askedReading(useRoute(ROUTES.traces, { query: { ...useWindow(), ...definedOf(query) } }, polling), (r) => r);
}
export const useTraceServices = (): Asked<{ service: string; operations: string[] }[]> => askedReading(useRoute(ROUTES.traceServices, {}, { everyMs: SLOW_MS }), (r) => r);
export const useTrace = (id: string, enabled = true): Asked<TraceDetail> => askedReading(useRoute(ROUTES.trace, { params: { id } }, { enabled }), (r) => r);

export function useConfigList(query: { readonly kind?: string | undefined } = {}): Asked<ConfigRow[]> {
  const { namespaces } = scopeQuery(useScope());
  return askedReading(useRoute(ROUTES.configList, { query: { namespaces, kind: query.kind } }, LIVE), (r) => r);
}
export const useConfigObject = (params: { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string }, enabled = true): Asked<ConfigObject> => asked(useRoute(ROUTES.configGet, { params }, { everyMs: POLL_MS, enabled }));
export const useChanges = (limit: number): Asked<Change[]> => askedReading(useRoute(ROUTES.changes, { query: { limit } }, LIVE), (r) => r);
export const useMesh = (): Asked<MeshInfo> => asked(useRoute(ROUTES.mesh, {}, LIVE));

function definedOf<T extends object>(from: T): Partial<T> {
  const out: Partial<T> = {};
  for (const key in from) if (from[key] !== undefined) out[key] = from[key];
  return out;
}
