import { UNKNOWN } from '#shared/telemetry';
import type { Protocol } from '../model/graph-model.ts';
import { label } from '../rows/parse-rows.ts';
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

/** Ids are shared between rows: a mesh has few workloads and many rows. */
class Ids {
  readonly #workloads = new Map<string, WorkloadId>();
  readonly #services = new Map<string, ServiceId>();
  workload(row: PromRow, side: 'source' | 'destination'): WorkloadId | undefined {
    const name = label(row, side === 'source' ? 'source_workload' : 'destination_workload');
    if (!known(name)) return undefined;
    const namespace = label(row, side === 'source' ? 'source_workload_namespace' : 'destination_workload_namespace');
    const key = `${namespace}/${name}`;
    const found = this.#workloads.get(key);
    if (found !== undefined) return found;
    const app = label(row, side === 'source' ? 'source_canonical_service' : 'destination_canonical_service');
    const version = label(row, side === 'source' ? 'source_canonical_revision' : 'destination_canonical_revision');
    const made = { namespace: known(namespace) ? namespace : '', name, app: known(app) ? app : name, version: known(version) && version !== 'latest' ? version : '' };
    this.#workloads.set(key, made);
    return made;
  }
  service(row: PromRow): ServiceId | undefined {
    const host = label(row, 'destination_service');
    const name = label(row, 'destination_service_name');
    if (!known(name) && !known(host)) return undefined;
    const namespace = label(row, 'destination_service_namespace');
    const key = `${namespace}/${name}/${host}`;
    const found = this.#services.get(key);
    if (found !== undefined) return found;
    const made = { namespace: known(namespace) ? namespace : '', name: known(name) ? name : host, host: known(host) ? host : name };
    this.#services.set(key, made);
    return made;
  }
}

function draftOf(drafts: Map<string, Draft>, ids: Ids, row: PromRow, protocol: Protocol): Draft {
  const source = ids.workload(row, 'source');
  const destination = ids.workload(row, 'destination');
  const service = ids.service(row);
  const destinationNamespace = destination?.namespace ?? service?.namespace ?? '';
  // The host is no part of the key: the two sides may spell it differently (short, with port), the service's name and namespace they share.
  const from = source === undefined ? `?${destinationNamespace}` : `${source.namespace}/${source.name}`;
  const key = `${from}>${service === undefined ? '' : `${service.namespace}/${service.name}`}>${destination === undefined ? '' : `${destination.namespace}/${destination.name}`}:${protocol}`;
  let draft = drafts.get(key);
  if (draft === undefined) drafts.set(key, draft = { source, service, destination, destinationNamespace, protocol, bySource: undefined, byDestination: undefined });
  return draft;
}

function addRow(drafts: Map<string, Draft>, ids: Ids, row: PromRow, tcp: boolean): void {
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
  if (bucket.responses.size === 0) bucket.rate -= amount; // bytes have no codes
  for (const [answer, rate] of bucket.responses) {
    if (answer.flags !== '-' || answer.code === '0') continue;
    const off = rate * share;
    bucket.responses.set(answer, rate - off);
    bucket.rate -= off;
    if (answer.error) bucket.error -= off;
    else if (answer.clientError) bucket.clientError -= off;
  }
  bucket.answered -= amount;
}

/** Rates below this are rounding of the store, not requests (one request in a month). */
const RATE_MIN = 1e-7;

/** The rows as pairs, each request once. */
export function pairsOf(rows: GraphRows): readonly Pair[] {
  const drafts = new Map<string, Draft>();
  const ids = new Ids();
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
