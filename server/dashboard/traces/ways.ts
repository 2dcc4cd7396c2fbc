import type { SnapshotView } from '#shared/graph';
import type { Span } from '#shared/telemetry';
import type { Trace } from '../sources/jaeger/trace.ts';
import { calleeOf, proxySpan } from './hop-parts.ts';
import type { ProxySpan, WorkloadOfPod } from './hop-parts.ts';

export const isError = (span: Span): boolean => span.tags['error'] === true || span.tags['error'] === 'true';

/** A node of the graph, as spans know it. */
export type Place = {
  readonly kind: 'workload' | 'service';
  /** Service name of its spans: "<app>.<namespace>". */
  readonly span: string;
  /** Everything its spans or those who call it may name it by. */
  readonly names: ReadonlySet<string>;
  /** "<namespace>/<name>" of a workload. */
  readonly workload: string | undefined;
  readonly version: string | undefined;
  /** Versions of the other workloads behind the same name; without any, the name is enough to know the workload. */
  readonly others: ReadonlySet<string>;
  /** Writes no spans of its own: only who is called by it tells. */
  readonly dark: boolean;
};

/** The place of a node's key ("wl:default/reviews-v3", "svc:default/reviews", "app:…", "ext:api.example.com"). */
export function placeOf(key: string, view: SnapshotView): Place {
  const [kind, path = ''] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)];
  const [namespace = '', name = ''] = path.split('/');
  if (kind === 'ext') return { kind: 'service', span: path, names: new Set([path, `${path}.`]), workload: undefined, version: undefined, others: new Set(), dark: true };
  if (kind === 'unknown') return { kind: 'workload', span: 'unknown', names: new Set(), workload: undefined, version: undefined, others: new Set(), dark: true };
  const seen = kind === 'wl' ? view.workloads.get(path) : undefined;
  // without a cluster to ask, a workload is taken to be called as bookinfo's are: app and version
  const app = seen?.app ?? (kind === 'wl' ? name.replace(/-v\d+$/, '') : name);
  const names = new Set([app, ...(seen?.services ?? [])].map((n) => `${n}.${namespace}`));
  if (kind !== 'wl') return { kind: 'service', span: `${app}.${namespace}`, names, workload: undefined, version: undefined, others: new Set(), dark: false };
  const siblings = [...view.workloads.values()].filter((w) => w.namespace === namespace && w.app === app && w.name !== name);
  return { kind: 'workload', span: `${app}.${namespace}`, names, workload: path, version: seen?.version, others: new Set(siblings.map((w) => w.version ?? w.name)), dark: seen?.sidecar === 'none' };
}

/** One call: what its caller's sidecar and what its callee's sidecar wrote of it. One of them may be missing. */
type Way = { readonly client: ProxySpan | undefined; readonly server: ProxySpan | undefined };

function waysOf(trace: Trace, workloadOfPod: WorkloadOfPod): readonly Way[] {
  const hops = new Map(trace.spans.flatMap((span) => {
    const hop = proxySpan(span, workloadOfPod);
    return hop === undefined ? [] : [[span.spanId, hop] as const];
  }));
  const byParent = Map.groupBy(trace.spans.filter((span) => span.parentSpanId !== undefined), (span) => span.parentSpanId ?? '');
  const reached = new Set<ProxySpan>();
  const calls = [...hops.values()].filter((hop) => hop.direction === 'outbound').map((client): Way => {
    const server = calleeOf(client, byParent, hops);
    if (server !== undefined) reached.add(server);
    return { client, server };
  });
  // nobody's sidecar called what is left: it came from outside, as all that enters a gateway (whose server span names where it goes on to)
  const entered = [...hops.values()].filter((hop) => (hop.direction === 'inbound' ? !reached.has(hop) : hop.span.kind === 'server' && !hops.has(hop.span.parentSpanId ?? '')));
  return [...calls, ...entered.map((server): Way => ({ client: undefined, server }))];
}

const calledName = (hop: ProxySpan): string => (hop.service === undefined ? '' : `${hop.service.name}.${hop.service.namespace}`);
const isAt = (hop: ProxySpan, place: Place): boolean => (place.workload === undefined ? place.names.has(hop.span.service) : hop.workload === place.workload);

/** Whether a call went to the place. One that never arrived has a name alone: it counts for every version, unless its subset names another one. */
function reaches(way: Way, place: Place): boolean {
  const named = way.client !== undefined && place.names.has(calledName(way.client));
  if (place.workload === undefined) return named || (way.server !== undefined && place.names.has(way.server.span.service));
  if (way.server !== undefined) return way.server.workload === place.workload;
  const subset = way.client?.service?.subset ?? '';
  return named && (subset === place.version || !place.others.has(subset));
}
/** Whether a call came from the place; from a service come the calls that its name divided among versions. */
function leaves(way: Way, place: Place, split: boolean): boolean {
  if (split) return way.client === undefined || place.names.has(calledName(way.client));
  if (place.dark) return way.client === undefined;
  return way.client !== undefined && isAt(way.client, place);
}
const failed = (way: Way): boolean => [way.client, way.server].some((hop) => hop !== undefined && isError(hop.span));

/** Whether a trace runs through a place: a call to it or from it, or a span of its own application. With `errors`, that one failed. */
export function passes(trace: Trace, place: Place, errors: boolean, workloadOfPod: WorkloadOfPod): boolean {
  const own = place.others.size === 0 && trace.spans.some((span) => place.names.has(span.service) && (!errors || isError(span)));
  return own || waysOf(trace, workloadOfPod).some((way) => (!errors || failed(way)) && (reaches(way, place) || leaves(way, place, false)));
}

/** Whether a trace has a call from one place to the other. With `errors`, such a call that failed. */
export function crosses(trace: Trace, source: Place, target: Place, errors: boolean, workloadOfPod: WorkloadOfPod): boolean {
  const split = source.kind === 'service' && target.kind === 'workload';
  if (waysOf(trace, workloadOfPod).some((way) => (!errors || failed(way)) && leaves(way, source, split) && reaches(way, target))) return true;
  if (source.others.size + target.others.size > 0) return false;
  // applications that trace themselves, without sidecars
  const byId = new Map(trace.spans.map((span) => [span.spanId, span]));
  return trace.spans.some((span) => target.names.has(span.service) && (!errors || isError(span)) && span.parentSpanId !== undefined && source.names.has(byId.get(span.parentSpanId)?.service ?? ''));
}
