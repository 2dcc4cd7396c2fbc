import { UNKNOWN } from '#shared/telemetry';
import type { Protocol } from '../model/graph-model.ts';
import { label } from '../rows/parse-rows.ts';
import type { SnapshotView } from '../snapshot/snapshot-view.ts';
import type { GraphRows, PromRow } from '../rows/parse-rows.ts';
import { addAnswer, answerOf, newBucket } from './bucket.ts';
import type { Bucket } from './bucket.ts';

/** A workload as telemetry names it. */
export type WorkloadId = { readonly namespace: string; readonly name: string; readonly app: string; readonly version: string };
/** What was called: a service of the cluster, or a host outside (`namespace` is then ""). */
export type ServiceId = { readonly namespace: string; readonly name: string; readonly host: string };

/**
 * Requests from one workload to one workload through one service, whoever reported them. A request has up to two reports, the caller's
 * and the callee's. The caller's is taken for rate and codes (it also sees what never arrived, and a retried request once), the callee's
 * for identity and mutual TLS; where only one side reported, that one is all there is.
 */
export type Pair = {
  readonly source: WorkloadId | undefined;
  readonly service: ServiceId | undefined;
  readonly destination: WorkloadId | undefined;
  readonly destinationNamespace: string;
  readonly protocol: Protocol;
  /** Rate, errors and codes: the one report that counts. */
  readonly traffic: Bucket;
  /** mTLS and principals: what the callee saw, or undefined. */
  readonly seen: Bucket | undefined;
};

type Draft = { source: WorkloadId | undefined; service: ServiceId | undefined; destination: WorkloadId | undefined; destinationNamespace: string; protocol: Protocol; bySource: Bucket | undefined; byDestination: Bucket | undefined };

const known = (text: string): boolean => text !== '' && text !== UNKNOWN;
const isSpecial = (name: string): boolean => name === 'PassthroughCluster' || name === 'BlackHoleCluster' || name === 'InboundPassthroughCluster';

/** Two names -> the thing they name, without making a key of them. */
class Named<T> {
  readonly #all = new Map<string, Map<string, T>>();
  get(namespace: string, name: string): T | undefined {
    return this.#all.get(namespace)?.get(name);
  }
  set(namespace: string, name: string, value: T): T {
    const of = this.#all.get(namespace);
    if (of === undefined) this.#all.set(namespace, new Map([[name, value]]));
    else of.set(name, value);
    return value;
  }
}
type Numbered<T> = { readonly id: T; readonly number: number };
/** Ids one mesh may have; three of them and the protocol make one exact number. */
const IDS_MAX = 2 ** 16;

/** Ids are shared between rows and numbered: a mesh has few workloads and many rows. */
class Ids {
  readonly #view: Pick<SnapshotView, 'services'> | undefined;
  readonly #workloads = new Named<Numbered<WorkloadId>>();
  readonly #services = new Named<Numbered<ServiceId>>();
  #workloadCount = 0;
  #serviceCount = 0;
  constructor(view: Pick<SnapshotView, 'services'> | undefined) {
    this.#view = view;
  }
  workload(row: PromRow, side: 'source' | 'destination'): Numbered<WorkloadId> | undefined {
    const source = side === 'source';
    const name = label(row, source ? 'source_workload' : 'destination_workload');
    if (!known(name)) return undefined;
    const namespace = label(row, source ? 'source_workload_namespace' : 'destination_workload_namespace');
    const found = this.#workloads.get(namespace, name);
    if (found !== undefined) return found;
    const app = label(row, source ? 'source_canonical_service' : 'destination_canonical_service');
    const version = label(row, source ? 'source_canonical_revision' : 'destination_canonical_revision');
    this.#workloadCount += 1;
    return this.#workloads.set(namespace, name, { number: this.#workloadCount, id: { namespace: known(namespace) ? namespace : '', name, app: known(app) ? app : name, version: known(version) && version !== 'latest' ? version : '' } });
  }
  service(row: PromRow, caller: string): Numbered<ServiceId> | undefined {
    const host = label(row, 'destination_service');
    const given = label(row, 'destination_service_name');
    if (!known(given) && !known(host)) return undefined;
    const stated = label(row, 'destination_service_namespace');
    const asked = known(stated) ? undefined : this.#askedFor(known(host) ? host : given, caller);
    const name = asked?.name ?? (known(given) ? given : host);
    const namespace = asked?.namespace ?? stated;
    // The host is no part of the identity: the two sides may spell it differently (short, with port), name and namespace they share.
    const found = this.#services.get(namespace, name);
    if (found !== undefined) return found;
    this.#serviceCount += 1;
    return this.#services.set(namespace, name, { number: this.#serviceCount, id: { namespace: known(namespace) ? namespace : '', name, host: asked?.host ?? (known(host) ? host : name) } });
  }
  /**
   * A request that its caller's sidecar answered itself (a fault, no route) is reported with the host as it was asked for and without a
   * namespace: it is the service of the cluster that this host means to its caller, where there is one.
   */
  #askedFor(host: string, caller: string): ServiceId | undefined {
    const [name = '', namespace = caller, kind = 'svc'] = host.replace(/:\d+$/, '').split('.');
    if (kind !== 'svc' || this.#view?.services.has(`${namespace}/${name}`) !== true) return undefined;
    return { namespace, name, host: `${name}.${namespace}.svc.cluster.local` };
  }
}

const PROTOCOLS: readonly Protocol[] = ['http', 'grpc', 'tcp'];
function draftOf(drafts: Map<string | number, Draft>, ids: Ids, row: PromRow, protocol: Protocol): Draft {
  const source = ids.workload(row, 'source');
  const destination = ids.workload(row, 'destination');
  const service = ids.service(row, source?.id.namespace ?? '');
  const destinationNamespace = destination?.id.namespace ?? service?.id.namespace ?? '';
  const [from, via, to] = [source?.number ?? 0, service?.number ?? 0, destination?.number ?? 0];
  const exact = from < IDS_MAX && via < IDS_MAX && to < IDS_MAX && (source !== undefined || destination !== undefined || service !== undefined);
  const key = exact ? ((from * IDS_MAX + via) * IDS_MAX + to) * PROTOCOLS.length + PROTOCOLS.indexOf(protocol) : `${from}>${via}>${to}:${protocol}`;
  let draft = drafts.get(key);
  if (draft === undefined) drafts.set(key, draft = { source: source?.id, service: service?.id, destination: destination?.id, destinationNamespace, protocol, bySource: undefined, byDestination: undefined });
  return draft;
}

function addRow(drafts: Map<string | number, Draft>, ids: Ids, row: PromRow, tcp: boolean): void {
  if (row.value <= 0) return;
  const raw = tcp ? 'tcp' : label(row, 'request_protocol');
  const protocol: Protocol = raw === 'tcp' || raw === 'grpc' ? raw : 'http';
  const draft = draftOf(drafts, ids, row, protocol);
  const fromDestination = label(row, 'reporter') === 'destination';
  const bucket = fromDestination ? (draft.byDestination ??= newBucket()) : (draft.bySource ??= newBucket());
  if (tcp) {
    bucket.rate += row.value;
    bucket.answered += row.value;
  } else addAnswer(bucket, answerOf(protocol, label(row, 'response_code'), label(row, 'grpc_response_status'), label(row, 'response_flags')), row.value);
  const policy = label(row, 'connection_security_policy');
  if (policy === 'mutual_tls') bucket.mutual += row.value;
  else if (policy === 'none') bucket.plain += row.value;
  const sourcePrincipal = label(row, 'source_principal');
  const destinationPrincipal = label(row, 'destination_principal');
  if (known(sourcePrincipal)) bucket.sourcePrincipal = sourcePrincipal;
  if (known(destinationPrincipal)) bucket.destinationPrincipal = destinationPrincipal;
}

const groupKey = (draft: Draft): string => `${draft.source === undefined ? '?' : `${draft.source.namespace}/${draft.source.name}`}:${draft.protocol}`;
const serviceKey = (draft: Draft): string => `${groupKey(draft)}>${draft.service === undefined ? '' : `${draft.service.namespace}/${draft.service.name}`}`;

/**
 * Requests that the caller reported without a workload although they were answered (its peer metadata was missing, or it dialled an
 * address and reported PassthroughCluster) are the same requests that the callee reported and the caller did not name: they are taken
 * off once, so that nothing counts twice.
 */
function dropDoubleReports(drafts: Iterable<Draft>): void {
  const onlyCallee = new Map<string, number>();
  const nameless: Draft[] = [];
  for (const draft of drafts) {
    if (draft.source === undefined) continue;
    if (draft.bySource === undefined && draft.byDestination !== undefined) onlyCallee.set(serviceKey(draft), (onlyCallee.get(serviceKey(draft)) ?? 0) + draft.byDestination.rate);
    else if (draft.destination === undefined && draft.bySource !== undefined && draft.bySource.answered > 0) nameless.push(draft);
  }
  if (nameless.length === 0 || onlyCallee.size === 0) return;
  for (const draft of nameless) {
    const bucket = draft.bySource;
    if (bucket === undefined) continue;
    const keys = draft.service !== undefined && isSpecial(draft.service.name) ? [...onlyCallee.keys()].filter((key) => key.startsWith(`${groupKey(draft)}>`)) : [serviceKey(draft)];
    for (const key of keys) {
      const taken = Math.min(onlyCallee.get(key) ?? 0, bucket.answered);
      onlyCallee.set(key, (onlyCallee.get(key) ?? 0) - taken);
      takeOff(bucket, taken);
    }
  }
}

function takeOff(bucket: Bucket, amount: number): void {
  if (amount <= 0) return;
  const share = amount / bucket.answered;
  if (bucket.answers.length === 0) bucket.rate -= amount; // bytes have no codes
  for (const [i, answer] of bucket.answers.entries()) {
    if (answer.flags !== '-' || answer.code === '0') continue;
    const off = (bucket.rates[i] ?? 0) * share;
    bucket.rates[i] = (bucket.rates[i] ?? 0) - off;
    bucket.rate -= off;
    if (answer.error) bucket.error -= off;
    else if (answer.clientError) bucket.clientError -= off;
  }
  bucket.answered -= amount;
}

/** Rates below this are rounding of the store, not requests (one request in a month). */
const RATE_MIN = 1e-7;

/** The rows as pairs, each request once. With the services of the cluster, a host without a namespace is found among them. */
export function pairsOf(rows: GraphRows, view?: Pick<SnapshotView, 'services'>): readonly Pair[] {
  const drafts = new Map<string | number, Draft>();
  const ids = new Ids(view);
  for (const row of rows.requests) addRow(drafts, ids, row, false);
  for (const row of rows.tcp) addRow(drafts, ids, row, true);
  dropDoubleReports(drafts.values());
  const pairs: Pair[] = [];
  for (const draft of drafts.values()) {
    const traffic = draft.bySource ?? draft.byDestination;
    if (traffic === undefined || traffic.rate < RATE_MIN) continue;
    pairs.push({ source: draft.source, service: draft.service, destination: draft.destination, destinationNamespace: draft.destinationNamespace, protocol: draft.protocol, traffic, seen: draft.byDestination });
  }
  return pairs;
}
