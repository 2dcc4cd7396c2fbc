import type { GraphEdge, Grouping, NodeKind, Protocol, Traffic } from '../model/graph-model.ts';
import { byKey } from '../model/order.ts';
import { label } from '../rows/parse-rows.ts';
import type { PromRow } from '../rows/parse-rows.ts';
import { EDGE_LABELS } from '../rows/queries.ts';
import type { ServiceView, SnapshotView } from '../snapshot/snapshot-view.ts';
import { addBucket, copyBucket } from './bucket.ts';
import type { Bucket } from './bucket.ts';
import { judgeEdge } from './judge.ts';
import type { Pair, ServiceId, WorkloadId } from './pairs.ts';
import { roundMs, roundRate, roundShare } from './round.ts';

/** A node before its traffic is known. */
export type NodeSeed = { readonly key: string; readonly kind: NodeKind; readonly namespace: string; readonly name: string; readonly app: string; readonly version: string | undefined; readonly workload: string | undefined; readonly service: string | undefined };
type EdgeDraft = { source: NodeSeed; target: NodeSeed; protocol: Protocol; traffic: Bucket; seen: Bucket | undefined; /** The buckets are a pair's own until a second pair comes. */ shared: boolean; latencyKey: string; versionOf: ServiceView | undefined };

/** The special clusters of Envoy as places that a person can read. */
const SPECIAL: ReadonlyMap<string, string> = new Map([['PassthroughCluster', 'outside the mesh (passthrough)'], ['BlackHoleCluster', 'blocked (no route)'], ['InboundPassthroughCluster', 'unknown port (passthrough)']]);

/** Finds the node of each end for one grouping; the keys hang on names alone, so they are the same tomorrow. */
export class NodeBook {
  readonly seeds = new Map<string, NodeSeed>();
  /** Ids come from one table, so the object itself is a key. */
  readonly #byWorkload = new Map<WorkloadId, NodeSeed>();
  readonly #byService = new Map<ServiceId, NodeSeed>();
  readonly #members = new Map<ServiceId, readonly string[]>();
  readonly #view: SnapshotView;
  readonly grouping: Grouping;
  /** Workloads of each service as telemetry saw them, beside those of the cluster. */
  readonly #observed = new Map<string, Set<string>>();

  constructor(view: SnapshotView, grouping: Grouping, pairs: readonly Pair[]) {
    this.#view = view;
    this.grouping = grouping;
    const seen = new Map<ServiceId, Set<WorkloadId>>();
    for (const { service, destination } of pairs) {
      if (service === undefined || destination === undefined) continue;
      const set = seen.get(service);
      if (set === undefined) seen.set(service, new Set([destination]));
      else set.add(destination);
    }
    for (const [service, workloads] of seen) {
      const key = `${service.namespace}/${service.name}`;
      this.#observed.set(key, new Set([...(this.#observed.get(key) ?? []), ...[...workloads].map((w) => `${w.namespace}/${w.name}`)]));
    }
  }

  #add(key: string, make: () => Omit<NodeSeed, 'key'>): NodeSeed {
    const found = this.seeds.get(key);
    if (found !== undefined) return found;
    const made = { key, ...make() };
    this.seeds.set(key, made);
    return made;
  }

  workload(id: WorkloadId): NodeSeed {
    const known = this.#byWorkload.get(id);
    if (known !== undefined) return known;
    const made = this.#workload(id);
    this.#byWorkload.set(id, made);
    return made;
  }
  #workload(id: WorkloadId): NodeSeed {
    const seen = this.#view.workloads.get(`${id.namespace}/${id.name}`);
    const app = seen?.app ?? id.app;
    if (this.grouping === 'app') return this.#add(`app:${id.namespace}/${app}`, () => ({ kind: seen?.gateway === true ? 'gateway' : 'app', namespace: id.namespace, name: app, app, version: undefined, workload: undefined, service: undefined }));
    if (this.grouping === 'service') {
      const services = seen?.services ?? (this.#view.services.has(`${id.namespace}/${app}`) ? [app] : []);
      const own = services.includes(app) ? app : services[0];
      if (own !== undefined) return this.service({ namespace: id.namespace, name: own, host: own });
    }
    return this.#add(`wl:${id.namespace}/${id.name}`, () => ({ kind: seen?.gateway === true ? 'gateway' : 'workload', namespace: id.namespace, name: id.name, app, version: seen === undefined ? id.version || undefined : seen.version, workload: id.name, service: seen?.services.find((s) => s === app) ?? seen?.services[0] }));
  }

  service(id: ServiceId): NodeSeed {
    const known = this.#byService.get(id);
    if (known !== undefined) return known;
    const made = this.#service(id);
    this.#byService.set(id, made);
    return made;
  }
  #service(id: ServiceId): NodeSeed {
    if (this.isExternal(id)) {
      const host = id.host === '' ? id.name : id.host;
      return this.#add(`ext:${host}`, () => ({ kind: 'external', namespace: '', name: SPECIAL.get(host) ?? host, app: host, version: undefined, workload: undefined, service: host }));
    }
    return this.#add(`svc:${id.namespace}/${id.name}`, () => ({ kind: 'service', namespace: id.namespace, name: id.name, app: id.name, version: undefined, workload: undefined, service: id.name }));
  }

  unknown(namespace: string): NodeSeed {
    return this.#add(`unknown:${namespace === '' ? '-' : namespace}`, () => ({ kind: 'unknown', namespace, name: 'unknown', app: 'unknown', version: undefined, workload: undefined, service: undefined }));
  }

  isExternal(id: ServiceId): boolean {
    if (SPECIAL.has(id.name) || this.#view.externalHosts.has(id.host) || this.#view.externalHosts.has(id.name)) return true;
    return !this.#view.services.has(`${id.namespace}/${id.name}`) && !id.host.includes('.svc.') && (id.namespace === '' || id.name.includes('.'));
  }

  /** Workloads behind a service, observed and declared. */
  members(id: ServiceId): readonly string[] {
    const known = this.#members.get(id);
    if (known !== undefined) return known;
    const made = this.#membersOf(id);
    this.#members.set(id, made);
    return made;
  }
  #membersOf(id: ServiceId): readonly string[] {
    const key = `${id.namespace}/${id.name}`;
    const declared = this.#view.services.get(key)?.workloads.map((name) => `${id.namespace}/${name}`) ?? [];
    const observed = this.#observed.get(key);
    return observed === undefined ? declared : [...new Set([...declared, ...observed])];
  }

  /** A service stands between its callers and its versions only when there is something to tell apart. */
  hasOwnNode(id: ServiceId): boolean {
    return this.grouping === 'service-version' && !this.isExternal(id) && this.members(id).length > 1;
  }

  idOf(key: string): WorkloadId {
    const slash = key.indexOf('/');
    const seen = this.#view.workloads.get(key);
    const name = key.slice(slash + 1);
    return { namespace: key.slice(0, slash), name, app: seen?.app ?? name, version: seen?.version ?? '' };
  }
  view(): SnapshotView {
    return this.#view;
  }
}

/** The chain of nodes that a pair's requests pass: two nodes, or three with the service between caller and version. */
function pathOf(book: NodeBook, pair: Pair): readonly NodeSeed[] {
  const from = pair.source === undefined ? book.unknown(pair.destinationNamespace) : book.workload(pair.source);
  const { service, destination } = pair;
  if (service === undefined) return destination === undefined ? [from, book.unknown(pair.destinationNamespace)] : [from, book.workload(destination)];
  if (book.grouping === 'service' || (destination === undefined && book.isExternal(service))) return [from, book.service(service)];
  if (book.grouping === 'service-version') {
    if (book.hasOwnNode(service)) return destination === undefined ? [from, book.service(service)] : [from, book.service(service), book.workload(destination)];
    const only = destination === undefined ? book.members(service)[0] : undefined;
    if (only !== undefined) return [from, book.workload(book.idOf(only))];
  }
  return [from, destination === undefined ? book.service(service) : book.workload(destination)];
}

const KEY_SEPARATOR = '\n';
function latencyKeyOf(grouping: Grouping, pair: Pair): string {
  if (grouping === 'workload') return [pair.source?.name ?? 'unknown', pair.source?.namespace ?? 'unknown', pair.destination?.name ?? 'unknown', pair.destination?.namespace ?? 'unknown'].join(KEY_SEPARATOR);
  if (grouping === 'app') return [pair.source?.app ?? 'unknown', pair.source?.namespace ?? 'unknown', pair.destination?.app ?? 'unknown', pair.destination?.namespace ?? 'unknown'].join(KEY_SEPARATOR);
  return [grouping === 'service' ? (pair.source?.app ?? 'unknown') : (pair.source?.name ?? 'unknown'), pair.source?.namespace ?? 'unknown', pair.service?.name ?? '', pair.service?.namespace ?? ''].join(KEY_SEPARATOR);
}

function addPair(draft: EdgeDraft, pair: Pair): void {
  if (draft.shared) {
    draft.shared = false;
    draft.traffic = copyBucket(draft.traffic);
    draft.seen = draft.seen === undefined ? undefined : copyBucket(draft.seen);
  }
  addBucket(draft.traffic, pair.traffic);
  if (pair.seen === undefined) return;
  if (draft.seen === undefined) draft.seen = copyBucket(pair.seen);
  else addBucket(draft.seen, pair.seen);
}

function draftEdges(book: NodeBook, pairs: readonly Pair[]): readonly EdgeDraft[] {
  const drafts = new Map<NodeSeed, Map<NodeSeed, EdgeDraft[]>>();
  const all: EdgeDraft[] = [];
  for (const pair of pairs) {
    const path = pathOf(book, pair);
    for (let i = 0; i + 1 < path.length; i++) {
      const source = path[i];
      const target = path[i + 1];
      if (source === undefined || target === undefined) continue;
      let from = drafts.get(source);
      if (from === undefined) drafts.set(source, from = new Map());
      let between = from.get(target);
      if (between === undefined) from.set(target, between = []);
      const known = between.find((draft) => draft.protocol === pair.protocol);
      if (known !== undefined) {
        addPair(known, pair);
        continue;
      }
      const toVersion = i === 1 && pair.service !== undefined ? book.view().services.get(`${pair.service.namespace}/${pair.service.name}`) : undefined;
      const made: EdgeDraft = { source, target, protocol: pair.protocol, traffic: pair.traffic, seen: pair.seen, shared: true, latencyKey: i === 1 ? `w:${target.workload ?? ''}${KEY_SEPARATOR}${target.namespace}` : latencyKeyOf(book.grouping, pair), versionOf: toVersion };
      between.push(made);
      all.push(made);
    }
  }
  return all;
}

/** Quantiles by the joined values of their labels; the first of two (the caller's side) counts. */
export function latencies(rows: readonly PromRow[], labels: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const row of rows) {
    const key = labels.map((name) => label(row, name)).join(KEY_SEPARATOR);
    if (!found.has(key)) found.set(key, row.value);
  }
  return found;
}

/** Codes of an edge, biggest first. */
const RESPONSES_MAX = 12;
function responsesOf(bucket: Bucket): GraphEdge['responses'] {
  const all: { code: string; flags: string; rate: number }[] = [];
  for (let i = 0; i < bucket.answers.length; i++) {
    const answer = bucket.answers[i];
    const rounded = roundRate(bucket.rates[i] ?? 0);
    if (answer !== undefined && rounded > 1e-6) all.push({ code: answer.code, flags: answer.flags, rate: rounded });
  }
  if (all.length > 1) all.sort((a, b) => b.rate - a.rate || (a.code < b.code ? -1 : a.code > b.code ? 1 : a.flags < b.flags ? -1 : 1));
  return all.length > RESPONSES_MAX ? all.slice(0, RESPONSES_MAX) : all;
}

/** In the order of `byEnds`, by the ranks of the nodes instead of their long keys. */
function inOrder(book: NodeBook, drafts: readonly EdgeDraft[]): readonly EdgeDraft[] {
  const ranks = new Map([...book.seeds.values()].sort(byKey).map((seed, i) => [seed, i]));
  const size = ranks.size + 1;
  const ranked = drafts.map((draft) => ({ draft, rank: (ranks.get(draft.source) ?? 0) * size + (ranks.get(draft.target) ?? 0) }));
  return ranked.sort((a, b) => a.rank - b.rank || (a.draft.protocol < b.draft.protocol ? -1 : 1)).map(({ draft }) => draft);
}

/** The edges of the graph, in order, with their split shares. */
export function edgesOf(book: NodeBook, pairs: readonly Pair[], latency: { readonly edges: readonly PromRow[]; readonly nodes: ReadonlyMap<string, number> }, windowSeconds: number): readonly GraphEdge[] {
  const drafts = inOrder(book, draftEdges(book, pairs));
  const edgeLatency = latencies(latency.edges, EDGE_LABELS[book.grouping]);
  const serviceTotals = new Map<string, number>();
  for (const draft of drafts) if (draft.versionOf !== undefined) serviceTotals.set(draft.source.key, (serviceTotals.get(draft.source.key) ?? 0) + draft.traffic.rate);
  const edges: GraphEdge[] = [];
  for (const draft of drafts) {
    const { traffic: bucket, seen } = draft;
    const p95 = (draft.versionOf === undefined ? edgeLatency : latency.nodes).get(draft.latencyKey);
    const traffic: Traffic = { rate: roundRate(bucket.rate), errorShare: roundShare(bucket.error / bucket.rate), clientErrorShare: roundShare(bucket.clientError / bucket.rate), p50: undefined, p95: p95 === undefined ? undefined : roundMs(p95), p99: undefined };
    const responses = draft.protocol === 'tcp' ? [] : responsesOf(bucket);
    const mutual = seen?.mutual ?? 0;
    const told = mutual + (seen?.plain ?? 0);
    const set = draft.versionOf?.split?.get(draft.target.workload ?? '');
    edges.push({
      key: `${draft.source.key}>${draft.target.key}:${draft.protocol}`, source: draft.source.key, target: draft.target.key, protocol: draft.protocol, traffic, health: judgeEdge(traffic, responses, draft.protocol, windowSeconds),
      mtlsShare: told > 0 ? roundShare(mutual / told) : undefined,
      principals: { source: seen?.sourcePrincipal || undefined, destination: seen?.destinationPrincipal || undefined },
      split: draft.versionOf === undefined ? undefined : { set: set === undefined ? undefined : roundShare(set), observed: roundShare(bucket.rate / (serviceTotals.get(draft.source.key) ?? bucket.rate)) },
      responses,
    });
  }
  return edges;
}
