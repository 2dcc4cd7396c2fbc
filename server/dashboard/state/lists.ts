import type { Reading } from '#shared/base';
import { peek } from '#shared/base';
import type { Reply } from '#shared/api';
import { buildGraph, label, pairsOf, quantileQuery, roundMs, roundShare } from '#shared/graph';
import type { GraphEdge, GraphModel, GraphNode, GraphRows, PromRow, ServiceView, SnapshotView, Traffic, WorkloadView } from '#shared/graph';
import { judgeBoth, judgePods, span } from '#shared/health';
import type { Health } from '#shared/health';
import type { Frozen } from '../http/bind.ts';
import type { Findings } from './findings.ts';
import { LastMeasured } from './last-measured.ts';
import type { MeshState } from './mesh-state.ts';
import { requestsBy, trendOf } from './trends.ts';
import type { Trends } from './trends.ts';
import type { Window } from './window.ts';

type ListReply<R extends 'services' | 'workloads'> = Extract<Frozen<Reply<R>>, { state: 'value' }>['value'][number];
export type ServiceRow = ListReply<'services'>;
export type WorkloadRow = ListReply<'workloads'>;
type Quantiles = ReadonlyMap<string, { p50?: number; p95?: number; p99?: number }>;
export type ListDeps = { readonly state: MeshState; readonly trends: Trends; readonly findings: Findings };

/** How long the quantiles of a list are shared, ms. */
const QUANTILES_MS = 3000;
const RANK = { failing: 0, degraded: 1, healthy: 2, unknown: 3, idle: 4 } as const;
export const worstFirst = (a: { readonly health: Health; readonly traffic?: { readonly rate: number } | undefined; readonly name: string }, b: typeof a): number =>
  RANK[a.health.state] - RANK[b.health.state] || (b.traffic?.rate ?? 0) - (a.traffic?.rate ?? 0) || a.name.localeCompare(b.name);

/** p50, p95, p99 by "<namespace>/<name>". */
export function quantilesOf(rows: readonly PromRow[], name: string, namespace: string): Quantiles {
  const out = new Map<string, { p50?: number; p95?: number; p99?: number }>();
  for (const row of rows) {
    const key = `${label(row, namespace)}/${label(row, name)}`;
    const entry = out.get(key) ?? {};
    out.set(key, entry);
    const q = label(row, 'q');
    const at = q === '0.5' ? 'p50' : q === '0.95' ? 'p95' : 'p99';
    entry[at] ??= roundMs(row.value);
  }
  return out;
}

export type Picture = { readonly rows: GraphRows; readonly model: GraphModel; readonly view: SnapshotView; readonly requests: Reading<readonly PromRow[]>; readonly window: { readonly from: number; readonly to: number } };

/** One graph of a whole window, for pages that show figures instead of a drawing. */
export async function pictureOf(state: MeshState, window: Window, grouping: 'service' | 'workload' | 'service-version', namespaces: readonly string[]): Promise<Picture> {
  const answer = await state.rows({ windowSeconds: window.seconds, grouping, namespaces, ...(window.to === undefined ? {} : { to: window.to }) });
  const view = state.view();
  const at = { from: answer.at - window.seconds * 1000, to: answer.at };
  return { rows: answer.rows, view, requests: answer.requests, window: at, model: buildGraph(answer.rows, view, { window: at, grouping, namespaces, measured: answer.requests.state === 'value' }) };
}

export function trafficWith(traffic: Traffic, quantiles: { p50?: number; p95?: number; p99?: number } | undefined): NonNullable<ServiceRow['traffic']> {
  return { rate: traffic.rate, errorShare: traffic.errorShare, clientErrorShare: traffic.clientErrorShare, ...(quantiles?.p50 === undefined ? {} : { p50: quantiles.p50 }), ...(quantiles?.p95 === undefined ? {} : { p95: quantiles.p95 }), ...(quantiles?.p99 === undefined ? {} : { p99: quantiles.p99 }) };
}

/** Share of requests inside mutual TLS over edges that told; undefined when none did. */
export function mtlsOf(edges: readonly GraphEdge[]): number | undefined {
  let told = 0;
  let mutual = 0;
  for (const edge of edges) {
    if (edge.mtlsShare === undefined) continue;
    told += edge.traffic.rate;
    mutual += edge.traffic.rate * edge.mtlsShare;
  }
  return told > 0 ? roundShare(mutual / told) : undefined;
}

/** Share of each workload in the requests of its service, by "<namespace>/<service>" then "<namespace>/<workload>". */
export function observedSplits(rows: GraphRows): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const rates = new Map<string, Map<string, number>>();
  for (const pair of pairsOf(rows)) {
    if (pair.service === undefined || pair.destination === undefined) continue;
    const key = `${pair.service.namespace}/${pair.service.name}`;
    const of = rates.get(key) ?? new Map<string, number>();
    rates.set(key, of);
    const workload = `${pair.destination.namespace}/${pair.destination.name}`;
    of.set(workload, (of.get(workload) ?? 0) + pair.traffic.rate);
  }
  return new Map([...rates].map(([key, of]) => {
    const total = [...of.values()].reduce((sum, rate) => sum + rate, 0);
    return [key, new Map([...of].map(([workload, rate]) => [workload, roundShare(rate / total)]))];
  }));
}

type Rest = { readonly quantiles: Quantiles; readonly trends: ReadonlyMap<string, readonly number[]>; readonly findings: Findings; readonly windowSeconds: number; readonly measured: boolean };

/** What nobody measures, because no sidecar stands there, is not called idle. */
function nothingSeen(outside: boolean, rest: Rest): Health {
  if (!rest.measured) return { state: 'unknown', reason: 'Prometheus does not answer' };
  return outside ? { state: 'unknown', reason: 'not measured: no sidecar' } : { state: 'idle', reason: `no requests in ${span(rest.windowSeconds)}` };
}
function health(node: GraphNode | undefined, pods: Health | undefined, workloads: readonly WorkloadView[], rest: Rest): Health {
  if (node !== undefined) return node.health;
  const nothing = nothingSeen(workloads.length > 0 && workloads.every((w) => w.sidecar === 'none'), rest);
  return judgeBoth(nothing, pods);
}

function serviceRow(service: ServiceView, picture: Picture, splits: ReadonlyMap<string, ReadonlyMap<string, number>>, rest: Rest): ServiceRow {
  const key = `${service.namespace}/${service.name}`;
  const node = picture.model.nodes.find((n) => n.key === `svc:${key}`);
  const inbound = picture.model.edges.filter((edge) => edge.target === `svc:${key}`);
  const workloads = service.workloads.flatMap((name) => picture.view.workloads.get(`${service.namespace}/${name}`) ?? []);
  const pods = workloads.reduce((sum, w) => ({ ready: sum.ready + w.ready, desired: sum.desired + w.desired }), { ready: 0, desired: 0 });
  const shown = inbound.length > 0 ? node?.inbound : node?.outbound;
  const mtlsShare = mtlsOf(inbound);
  const observed = splits.get(key);
  return {
    namespace: service.namespace, name: service.name, health: health(node, workloads.length === 0 ? undefined : judgePods(pods), workloads, rest),
    ...(rest.measured && shown !== undefined && node?.health.state !== 'unknown' ? { traffic: trafficWith(shown, rest.quantiles.get(key)) } : {}), trend: [...(rest.trends.get(key) ?? [])], ...(mtlsShare === undefined ? {} : { mtlsShare }),
    versions: workloads.map((w) => {
      const set = service.split?.get(w.name);
      const share = observed?.get(`${w.namespace}/${w.name}`);
      return { version: w.version ?? w.name, workload: w.name, ...(set === undefined ? {} : { set: roundShare(set) }), ...(share === undefined ? {} : { observed: share }) };
    }),
    ports: [...service.ports], findings: rest.findings.countFor('Service', service.namespace, service.name),
  };
}

const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
type Figures = { readonly health: Health; readonly traffic?: ServiceRow['traffic']; readonly trend: readonly number[]; readonly mtlsShare?: number | undefined };
/** A row of now with the figures of an earlier one; the reason says of when they are. */
function withFigures<R extends Figures>(row: R, before: R, at: number): R {
  if (before.traffic === undefined) return row;
  return { ...row, traffic: before.traffic, trend: before.trend, ...(before.mtlsShare === undefined ? {} : { mtlsShare: before.mtlsShare }), health: { state: row.health.state, reason: `${row.health.reason}; figures of ${clockText(at)} UTC` } };
}
const servicesBefore = new WeakMap<MeshState, LastMeasured<ServiceRow>>();
const workloadsBefore = new WeakMap<MeshState, LastMeasured<WorkloadRow>>();
/** The rows, with what was measured last while Prometheus is away; only for a window that ends now. */
function filled<R extends Figures & { readonly namespace: string; readonly name: string }>(before: WeakMap<MeshState, LastMeasured<R>>, state: MeshState, rows: readonly R[], options: { readonly window: Window; readonly namespaces: readonly string[]; readonly measured: boolean }): readonly R[] {
  if (options.window.to !== undefined) return rows;
  const last = before.get(state) ?? new LastMeasured<R>(withFigures);
  before.set(state, last);
  return last.fill(`${options.window.seconds} ${options.namespaces.join()}`, rows, options.measured, state.clock());
}

/** Services, worst first. Without Prometheus they are listed with the figures that were measured last. */
export async function serviceRows(deps: ListDeps, window: Window, namespaces: readonly string[]): Promise<readonly ServiceRow[]> {
  const { state } = deps;
  const labels = ['destination_service_name', 'destination_service_namespace'] as const;
  const trend = trendOf(window, state.clock());
  const [picture, quantiles, trends] = await Promise.all([
    pictureOf(state, window, 'service', namespaces), state.instant(quantileQuery('service', window.seconds), window.to, QUANTILES_MS), deps.trends.lines(requestsBy(labels, trend.rateSeconds), trend, labels),
  ]);
  const rest: Rest = { quantiles: quantilesOf(peek(quantiles) ?? [], labels[0], labels[1]), trends, findings: deps.findings, windowSeconds: window.seconds, measured: picture.requests.state === 'value' };
  const splits = observedSplits(picture.rows);
  const chosen = [...picture.view.services.values()].filter((service) => service.selects && (namespaces.length === 0 || namespaces.includes(service.namespace)));
  return filled(servicesBefore, state, chosen.map((service) => serviceRow(service, picture, splits, rest)), { window, namespaces, measured: rest.measured }).toSorted(worstFirst);
}

function workloadRow(workload: WorkloadView, picture: Picture, rest: Rest): WorkloadRow {
  const key = `${workload.namespace}/${workload.name}`;
  const node = picture.model.nodes.find((n) => n.key === `wl:${key}`);
  const inbound = picture.model.edges.filter((edge) => edge.target === `wl:${key}`);
  const shown = inbound.length > 0 ? node?.inbound : node?.outbound;
  const mtlsShare = mtlsOf(inbound);
  return {
    namespace: workload.namespace, name: workload.name, kind: workload.kind, app: workload.app, version: workload.version ?? '', health: health(node, judgePods(workload), [workload], rest),
    ...(rest.measured && shown !== undefined && node?.health.state !== 'unknown' ? { traffic: trafficWith(shown, rest.quantiles.get(key)) } : {}), trend: [...(rest.trends.get(key) ?? [])], ...(mtlsShare === undefined ? {} : { mtlsShare }),
    pods: { ready: workload.ready, desired: workload.desired }, sidecar: workload.sidecar, findings: rest.findings.countFor(workload.kind, workload.namespace, workload.name),
  };
}

/** Workloads, worst first. */
export async function workloadRows(deps: ListDeps, window: Window, namespaces: readonly string[]): Promise<readonly WorkloadRow[]> {
  const { state } = deps;
  const labels = ['destination_workload', 'destination_workload_namespace'] as const;
  const trend = trendOf(window, state.clock());
  const [picture, quantiles, trends] = await Promise.all([
    pictureOf(state, window, 'workload', namespaces), state.instant(quantileQuery('workload', window.seconds), window.to, QUANTILES_MS), deps.trends.lines(requestsBy(labels, trend.rateSeconds), trend, labels),
  ]);
  const rest: Rest = { quantiles: quantilesOf(peek(quantiles) ?? [], labels[0], labels[1]), trends, findings: deps.findings, windowSeconds: window.seconds, measured: picture.requests.state === 'value' };
  const chosen = [...picture.view.workloads.values()].filter((workload) => workload.kind !== 'Job' && (namespaces.length === 0 || namespaces.includes(workload.namespace)));
  return filled(workloadsBefore, state, chosen.map((workload) => workloadRow(workload, picture, rest)), { window, namespaces, measured: rest.measured }).toSorted(worstFirst);
}
