import { judgeBoth, judgePods, judgeTraffic } from '#shared/health';
import type { Health } from '#shared/health';
import type { GraphEdge, GraphNode, Traffic } from '../model/graph-model.ts';
import { byKey } from '../model/order.ts';
import type { SnapshotView } from '../snapshot/snapshot-view.ts';
import type { NodeBook, NodeSeed } from './edges.ts';
import { topClientError, topError } from './judge.ts';
import { roundMs, roundRate, roundShare } from './round.ts';

export const NO_TRAFFIC: Traffic = { rate: 0, errorShare: 0, clientErrorShare: 0, p50: undefined, p95: undefined, p99: undefined };
const NONE: readonly GraphEdge[] = [];

/** Requests of several edges as one. Bytes are only counted where there are no requests: the two units never add up. */
export function sumTraffic(edges: readonly GraphEdge[], p95: number | undefined): Traffic {
  if (edges.length === 0) return p95 === undefined ? NO_TRAFFIC : { ...NO_TRAFFIC, p95 };
  const anyRequests = edges.some((edge) => edge.protocol !== 'tcp');
  let rate = 0;
  let error = 0;
  let clientError = 0;
  for (const { protocol, traffic } of edges) {
    if (anyRequests && protocol === 'tcp') continue;
    rate += traffic.rate;
    error += traffic.rate * traffic.errorShare;
    clientError += traffic.rate * traffic.clientErrorShare;
  }
  return { rate: roundRate(rate), errorShare: rate > 0 ? roundShare(error / rate) : 0, clientErrorShare: rate > 0 ? roundShare(clientError / rate) : 0, p50: undefined, p95, p99: undefined };
}

/** Share of a node's own failures that its failing calls must explain for the reason to name them. */
const EXPLAINED_SHARE = 0.5;
const nameOf = (key: string): string => key.slice(key.indexOf('/') + 1);

/** Health of a node by its edges alone: what it answered, or for one that nobody calls, what it was answered. */
export function judgeByEdges(inbound: readonly GraphEdge[], outbound: readonly GraphEdge[], totals: { readonly inbound: Traffic; readonly outbound: Traffic }, windowSeconds: number): Health {
  const served = inbound.length > 0;
  const edges = served ? inbound : outbound;
  const traffic = served ? totals.inbound : totals.outbound;
  if (edges.length > 0 && edges.every((edge) => edge.protocol === 'tcp')) return judgeTraffic({ ...traffic, windowSeconds, tcp: true });
  const health = judgeTraffic({ rate: traffic.rate, errorShare: traffic.errorShare, clientErrorShare: traffic.clientErrorShare, windowSeconds, error: topError(edges), clientError: topClientError(edges) });
  if (traffic.errorShare === 0 || (health.state !== 'degraded' && health.state !== 'failing')) return health;
  let worst: GraphEdge | undefined;
  let failedCalls = 0;
  for (const edge of served ? outbound : NONE) {
    failedCalls += edge.traffic.rate * edge.traffic.errorShare;
    if (edge.traffic.errorShare > 0 && edge.traffic.rate * edge.traffic.errorShare > (worst === undefined ? 0 : worst.traffic.rate * worst.traffic.errorShare)) worst = edge;
  }
  if (worst === undefined || failedCalls < traffic.rate * traffic.errorShare * EXPLAINED_SHARE) return health;
  return { state: health.state, reason: `${health.reason}; the errors arrive from ${nameOf(worst.target)}` };
}

/** Edges by node, both ways. */
export function edgesByNode(edges: readonly GraphEdge[]): { readonly inbound: ReadonlyMap<string, GraphEdge[]>; readonly outbound: ReadonlyMap<string, GraphEdge[]> } {
  const inbound = new Map<string, GraphEdge[]>();
  const outbound = new Map<string, GraphEdge[]>();
  const push = (map: Map<string, GraphEdge[]>, key: string, edge: GraphEdge): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [edge]);
    else list.push(edge);
  };
  for (const edge of edges) {
    push(outbound, edge.source, edge);
    push(inbound, edge.target, edge);
  }
  return { inbound, outbound };
}

const UNMEASURED: Health = { state: 'unknown', reason: 'requests are not measured: Prometheus does not answer' };
/** No sidecar counts what it sends or gets: that is not the same as no requests. */
const OUTSIDE: Health = { state: 'unknown', reason: 'outside the mesh: no sidecar measures it' };
const SIDECARLESS = { sidecar: 'unknown' as const, badges: [] as readonly string[] };
function clusterPart(seed: NodeSeed, view: SnapshotView): { readonly sidecar: GraphNode['sidecar']; readonly badges: readonly string[]; readonly pods: Health | undefined } {
  if (seed.workload !== undefined) {
    const workload = view.workloads.get(`${seed.namespace}/${seed.workload}`);
    if (workload === undefined) return { ...SIDECARLESS, pods: undefined };
    const service = seed.service === undefined ? undefined : view.services.get(`${seed.namespace}/${seed.service}`);
    const badges = workload.gateway ? ['gateway'] : service !== undefined && service.workloads.length <= 1 ? service.badges : [];
    return { sidecar: workload.sidecar, badges, pods: judgePods(workload) };
  }
  const names = seed.kind === 'service' ? (view.services.get(`${seed.namespace}/${seed.name}`)?.workloads ?? []) : seed.kind === 'app' ? [...view.workloads.values()].filter((w) => w.namespace === seed.namespace && w.app === seed.name).map((w) => w.name) : [];
  const workloads = names.flatMap((name) => view.workloads.get(`${seed.namespace}/${name}`) ?? []);
  const service = view.services.get(`${seed.namespace}/${seed.name}`);
  if (workloads.length === 0) return { sidecar: seed.kind === 'unknown' ? 'none' : 'unknown', badges: service?.badges ?? [], pods: undefined };
  const states = new Set(workloads.map((w) => w.sidecar));
  const only = states.size === 1 ? workloads[0]?.sidecar : undefined;
  // The versions carry the pods; a service is in trouble when none of its pods can answer.
  const sum = workloads.reduce((all, w) => ({ ready: all.ready + w.ready, desired: all.desired + w.desired }), { ready: 0, desired: 0 });
  const pods = seed.kind === 'app' || sum.ready === 0 ? judgePods(sum) : undefined;
  return { sidecar: only ?? 'some', badges: service?.badges ?? [], pods };
}

/** The nodes of the graph, sorted by key. */
export function nodesOf(book: NodeBook, edges: readonly GraphEdge[], latency: ReadonlyMap<string, number>, windowSeconds: number, measured: boolean): readonly GraphNode[] {
  const { inbound, outbound } = edgesByNode(edges);
  const nodes: GraphNode[] = [];
  for (const seed of book.seeds.values()) {
    const into = inbound.get(seed.key) ?? NONE;
    const out = outbound.get(seed.key) ?? NONE;
    const p95 = latency.get(`${seed.workload === undefined ? `s:${seed.name}` : `w:${seed.workload}`}\n${seed.namespace}`);
    const totals = { inbound: sumTraffic(into, p95 === undefined || into.length === 0 ? undefined : roundMs(p95)), outbound: sumTraffic(out, undefined) };
    const part = clusterPart(seed, book.view());
    const silent = into.length === 0 && out.length === 0;
    const traffic = !measured ? UNMEASURED : silent && part.sidecar === 'none' ? OUTSIDE : judgeByEdges(into, out, totals, windowSeconds);
    nodes.push({
      key: seed.key, kind: seed.kind, namespace: seed.namespace, name: seed.name, app: seed.app, version: seed.version, workload: seed.workload, service: seed.service,
      health: judgeBoth(traffic, part.pods), ...totals, sidecar: part.sidecar, idle: silent, badges: part.badges,
    });
  }
  return nodes.sort(byKey);
}
