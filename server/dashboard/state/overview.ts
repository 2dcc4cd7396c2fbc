import type { Reading } from '#shared/base';
import { mapReading, peek } from '#shared/base';
import type { Reply } from '#shared/api';
import { label, nameOf, quote, roundMs, roundShare } from '#shared/graph';
import type { GraphEdge, GraphModel } from '#shared/graph';
import { METRIC } from '#shared/telemetry';
import type { Frozen } from '../http/bind.ts';
import { pictureOf, serviceRows } from './lists.ts';
import type { ListDeps } from './lists.ts';
import { oneOf, trendOf } from './trends.ts';
import type { Trend } from './trends.ts';
import type { Window } from './window.ts';

type Overview = Frozen<Reply<'overview'>>;
/** Entries that a matcher names; a mesh with more ways in is shown by its biggest. */
const ENTRIES_MAX = 20;

/** Edges by which requests enter: from gateways, callers outside and workloads that nobody calls. Each request is counted once, not once a hop. */
export function entryEdges(model: GraphModel): readonly GraphEdge[] {
  const called = new Set(model.edges.map((edge) => edge.target));
  return model.edges.filter((edge) => !called.has(edge.source) && edge.protocol !== 'tcp');
}

/** The node where errors begin: the one that fails most and is not made to fail by what it calls. */
export function errorsBeginAt(model: GraphModel): string | undefined {
  let found: { readonly name: string; readonly rate: number } | undefined;
  for (const node of model.nodes) {
    if (node.kind === 'unknown' || node.kind === 'gateway') continue;
    const failed = (edges: readonly GraphEdge[]): number => edges.reduce((sum, edge) => sum + edge.traffic.rate * edge.traffic.errorShare, 0);
    const own = failed(model.edges.filter((edge) => edge.target === node.key)) - failed(model.edges.filter((edge) => edge.source === node.key));
    if (own > 1e-4 && own > (found?.rate ?? 0)) found = { name: nameOf(node), rate: own };
  }
  return found?.name;
}

/** Matchers of the callers that let requests in, for queries about the whole mesh. */
function entryMatchers(edges: readonly GraphEdge[]): { readonly source: string; readonly unknown: boolean } {
  const names = new Map<string, number>();
  for (const edge of edges) if (edge.source.startsWith('wl:')) names.set(edge.source.slice(edge.source.indexOf('/') + 1), (names.get(edge.source) ?? 0) + edge.traffic.rate);
  const biggest = [...names].toSorted((a, b) => b[1] - a[1]).slice(0, ENTRIES_MAX).map(([name]) => name).toSorted();
  return { source: oneOf('source_workload', biggest), unknown: edges.some((edge) => edge.source.startsWith('unknown:')) };
}

function entryQuery(edges: readonly GraphEdge[], make: (matchers: string) => string): string {
  const { source, unknown } = entryMatchers(edges);
  const parts = [make(`reporter="source",${source}`), ...(unknown ? [make('reporter="destination",source_workload="unknown"')] : [])];
  return parts.length === 1 ? (parts[0] ?? '') : `sum(${parts.map((part) => `(${part} or vector(0))`).join(' + ')})`;
}

async function quantiles(deps: ListDeps, edges: readonly GraphEdge[], window: Window): Promise<{ p50?: number; p95?: number; p99?: number }> {
  const { source, unknown } = entryMatchers(edges);
  const rate = (matchers: string): string => `rate(${METRIC.duration}_bucket{${matchers}}[${window.seconds}s])`;
  const buckets = `sum by (le) (${[rate(`reporter="source",${source}`), ...(unknown ? [rate('reporter="destination",source_workload="unknown"')] : [])].join(' or ')})`;
  const query = [0.5, 0.95, 0.99].map((q) => `label_replace(histogram_quantile(${q}, ${buckets}), "q", ${quote(String(q))}, "", "")`).join(' or ');
  const rows = peek(await deps.state.instant(query, window.to, 3000)) ?? [];
  const at = (q: string): number | undefined => rows.find((row) => label(row, 'q') === q)?.value;
  const [p50, p95, p99] = [at('0.5'), at('0.95'), at('0.99')];
  return { ...(p50 === undefined ? {} : { p50: roundMs(p50) }), ...(p95 === undefined ? {} : { p95: roundMs(p95) }), ...(p99 === undefined ? {} : { p99: roundMs(p99) }) };
}

async function requestFigures(deps: ListDeps, entries: readonly GraphEdge[], window: Window, trend: Trend): Promise<{ readonly rate: number; readonly trend: number[]; readonly p50?: number; readonly p95?: number; readonly p99?: number }> {
  const rate = entries.reduce((sum, edge) => sum + edge.traffic.rate, 0);
  const [line, q] = await Promise.all([deps.trends.line(entryQuery(entries, (m) => `sum(rate(${METRIC.requests}{${m}}[${trend.rateSeconds}s]))`), trend), quantiles(deps, entries, window)]);
  return { rate: Number(rate.toPrecision(4)), trend: [...line], ...q };
}

async function errorFigures(deps: ListDeps, model: GraphModel, entries: readonly GraphEdge[], seconds: number, trend: Trend): Promise<{ readonly share: number; readonly count: number; readonly total: number; readonly trend: number[]; readonly beginsAt?: string }> {
  const rate = entries.reduce((sum, edge) => sum + edge.traffic.rate, 0);
  const failed = entries.reduce((sum, edge) => sum + edge.traffic.rate * edge.traffic.errorShare, 0);
  const line = await deps.trends.line(entryQuery(entries, (m) => `sum(rate(${METRIC.requests}{${m},response_code=~"0|5.*"}[${trend.rateSeconds}s]))`), trend);
  const beginsAt = errorsBeginAt(model);
  return { share: rate > 0 ? roundShare(failed / rate) : 0, count: Math.round(failed * seconds), total: Math.round(rate * seconds), trend: [...line], ...(beginsAt === undefined ? {} : { beginsAt }) };
}

async function mtlsFigures(deps: ListDeps, model: GraphModel, seconds: number, trend: Trend): Promise<{ readonly share: number; readonly plaintext: number; readonly total: number; readonly trend: number[] }> {
  // the way to a version is the same request as the way to its service
  const told = model.edges.filter((edge) => edge.mtlsShare !== undefined && edge.split === undefined);
  const rate = told.reduce((sum, edge) => sum + edge.traffic.rate, 0);
  const mutual = told.reduce((sum, edge) => sum + edge.traffic.rate * (edge.mtlsShare ?? 0), 0);
  const by = (policy: string): string => `sum(rate(${METRIC.requests}{reporter="destination",connection_security_policy=~"${policy}"}[${trend.rateSeconds}s]))`;
  const line = await deps.trends.line(`${by('mutual_tls')} / ${by('mutual_tls|none')}`, trend);
  return { share: rate > 0 ? roundShare(mutual / rate) : 0, plaintext: Math.round((rate - mutual) * seconds), total: Math.round(rate * seconds), trend: [...line] };
}

/** A reading of figures that hang on Prometheus's rows; "no data" when nothing was measured at all. */
async function figures<T>(requests: Reading<unknown>, any: boolean, at: number, make: () => Promise<T>): Promise<Reading<T>> {
  if (requests.state !== 'value') return mapReading(requests, (): never => {
    throw new Error('a stale reading of an instant query does not exist');
  });
  return any ? { state: 'value', value: await make(), at } : { state: 'no-data', reason: 'No requests were measured in this window.' };
}

/** The four figures, services worst first, last changes. */
export async function overviewOf(deps: ListDeps, window: Window, namespaces: readonly string[], changes: Overview['changes']): Promise<Overview> {
  const { state } = deps;
  const [picture, services] = await Promise.all([pictureOf(state, window, 'service-version', namespaces), serviceRows(deps, window, namespaces)]);
  const { model, view, requests } = picture;
  const entries = entryEdges(model);
  const trend = trendOf(window, state.clock());
  const at = picture.window.to;
  const [requestsReading, errors, mtls] = await Promise.all([
    figures(requests, entries.length > 0, at, () => requestFigures(deps, entries, window, trend)), figures(requests, entries.length > 0, at, () => errorFigures(deps, model, entries, window.seconds, trend)),
    figures(requests, model.edges.some((edge) => edge.mtlsShare !== undefined), at, () => mtlsFigures(deps, model, window.seconds, trend)),
  ]);
  const chosen = <T extends { readonly namespace: string }>(all: Iterable<T>): number => [...all].filter((item) => namespaces.length === 0 || namespaces.includes(item.namespace)).length;
  const config = mapReading(deps.findings.all(), (all) => {
    // hints are no findings of the kind that is counted here, so none of them is named
    const [first] = all.filter((f) => f.level !== 'info').toSorted((a, b) => Number(b.level === 'error') - Number(a.level === 'error'));
    return { errors: all.filter((f) => f.level === 'error').length, warnings: all.filter((f) => f.level === 'warning').length, ...(first === undefined ? {} : { first: `${first.code} in ${first.name}` }) };
  });
  return {
    window: picture.window, trend: { from: trend.from, stepMs: trend.stepSeconds * 1000 }, requests: requestsReading, errors, mtls, config, services: kubernetesReading(deps, services), changes,
    counts: { services: services.length, workloads: chosen(view.workloads.values()), namespaces: namespaces.length === 0 ? view.namespaces.length : namespaces.length },
  };
}

/** A list that is made of Kubernetes objects: missing when that source gave nothing at all. */
export function kubernetesReading<T>(deps: { readonly state: MeshStateLike }, value: readonly T[]): Reading<readonly T[]> {
  const { kubernetes } = deps.state.sources;
  const error = kubernetes.monitor.error;
  if (!kubernetes.monitor.configured) return { state: 'not-asked', reason: 'No Kubernetes API is configured: start the console with --kubeconfig FILE.' };
  if (error !== undefined) return value.length === 0 ? { state: 'error', error } : { state: 'stale', value, since: error.since, error };
  return { state: 'value', value, at: deps.state.clock() };
}
type MeshStateLike = ListDeps['state'];
