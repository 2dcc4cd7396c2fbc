import { BoundedMap } from '#shared/base';
import { UNKNOWN } from '#shared/telemetry';
import type { NodeMetadata } from '#shared/xds';
import { decodeStruct, encodeStruct } from './struct-codec.ts';
import type { StructValue } from './struct-codec.ts';

/** What Istio's metrics say of one end of a connection. */
export type Peer = {
  readonly workload: string; readonly namespace: string; readonly canonicalService: string; readonly canonicalRevision: string;
  readonly app: string; readonly version: string; readonly cluster: string;
  /** Somebody without a certificate said so: it may be anything. */
  readonly unproven?: true;
};
export const UNKNOWN_PEER: Peer = { workload: UNKNOWN, namespace: UNKNOWN, canonicalService: UNKNOWN, canonicalRevision: 'latest', app: UNKNOWN, version: UNKNOWN, cluster: UNKNOWN };

/** Peers remembered (Istio keeps as many per worker). */
const PEERS_MAX = 500;
/** The same for callers without a certificate, so that they cannot drive out the others. */
const UNPROVEN_PEERS_MAX = 50;
/** Longest headers (id and description together) that are read as peer metadata, characters. */
const HEADER_CHARS_MAX = 8192;
/** Longest field of a description, characters; the rest is cut. Label values of Kubernetes have at most 63, and each series has a field some 70 times. */
const FIELD_CHARS_MAX = 128;

/** Our own description, from the node metadata. */
export function ownPeer(metadata: NodeMetadata): Peer {
  const labels = new Map(Object.entries(metadata.LABELS ?? {}));
  const workload = metadata.WORKLOAD_NAME ?? '';
  return {
    workload, namespace: metadata.NAMESPACE ?? '',
    canonicalService: labels.get('service.istio.io/canonical-name') ?? labels.get('app.kubernetes.io/name') ?? labels.get('app') ?? workload,
    canonicalRevision: labels.get('service.istio.io/canonical-revision') ?? labels.get('app.kubernetes.io/version') ?? labels.get('version') ?? 'latest',
    app: labels.get('app') ?? labels.get('app.kubernetes.io/name') ?? '', version: labels.get('version') ?? labels.get('app.kubernetes.io/version') ?? '', cluster: metadata.CLUSTER_ID ?? '',
  };
}

/** The value of `x-envoy-peer-metadata`: base64 of a Struct with Istio's keys. */
export function peerMetadataHeader(metadata: NodeMetadata): string {
  const own = ownPeer(metadata);
  const labels: Record<string, StructValue> = { 'service.istio.io/canonical-name': own.canonicalService, 'service.istio.io/canonical-revision': own.canonicalRevision };
  if (own.app !== '') labels['app'] = own.app;
  if (own.version !== '') labels['version'] = own.version;
  const struct: Record<string, StructValue> = { LABELS: labels };
  const put = (key: string, v: string | undefined): void => {
    if (v !== undefined && v !== '') struct[key] = v;
  };
  put('NAME', metadata.NAME);
  put('NAMESPACE', metadata.NAMESPACE);
  put('CLUSTER_ID', metadata.CLUSTER_ID);
  put('OWNER', metadata.OWNER);
  put('WORKLOAD_NAME', metadata.WORKLOAD_NAME);
  return encodeStruct(struct).toString('base64');
}

/** Cut as a copy: a slice would hold on to the whole. */
const cut = (text: string): string => (text.length > FIELD_CHARS_MAX ? Buffer.from(text.slice(0, FIELD_CHARS_MAX)).toString() : text);
function readPeer(header: string, proven: boolean): Peer | undefined {
  const fields = decodeStruct(Buffer.from(header, 'base64'));
  if (fields === undefined) return undefined;
  const field = (name: string, fallback: string): string => cut(fields.get(name) ?? fallback);
  const workload = field('WORKLOAD_NAME', UNKNOWN);
  return {
    workload, namespace: field('NAMESPACE', UNKNOWN), cluster: field('CLUSTER_ID', UNKNOWN),
    canonicalService: field('LABELS.service.istio.io/canonical-name', workload), canonicalRevision: field('LABELS.service.istio.io/canonical-revision', 'latest'),
    app: field('LABELS.app', UNKNOWN), version: field('LABELS.version', UNKNOWN), ...(proven ? {} : { unproven: true }),
  };
}

type Known = { readonly header: string; readonly peer: Peer };
/** Peers by the id they send; the text is compared too, so that a changed description is seen. */
export class PeerCache {
  readonly #proven = new BoundedMap<string, Known>(PEERS_MAX);
  readonly #unproven = new BoundedMap<string, Known>(UNPROVEN_PEERS_MAX);
  /** `proven`: the connection that it came by has a certificate of the mesh. */
  read(id: string, header: string, proven: boolean): Peer {
    if (id.length + header.length > HEADER_CHARS_MAX) return UNKNOWN_PEER;
    const peers = proven ? this.#proven : this.#unproven;
    const found = peers.get(id);
    if (found !== undefined && found.header === header) return found.peer;
    const peer = readPeer(header, proven) ?? UNKNOWN_PEER;
    peers.set(Buffer.from(id, 'latin1').toString('latin1'), { header: Buffer.from(header, 'latin1').toString('latin1'), peer });
    return peer;
  }
}

/** An endpoint's `istio.workload` metadata: "workload;namespace;canonical-name;canonical-revision;cluster". */
export function peerOfWorkload(text: unknown): Peer | undefined {
  if (typeof text !== 'string') return undefined;
  const [workload, namespace, canonicalService, canonicalRevision, cluster] = text.split(';');
  if (workload === undefined || namespace === undefined || canonicalService === undefined) return undefined;
  return { workload, namespace, canonicalService, canonicalRevision: canonicalRevision === undefined || canonicalRevision === '' ? 'latest' : canonicalRevision, app: UNKNOWN, version: UNKNOWN, cluster: cluster === undefined || cluster === '' ? UNKNOWN : cluster };
}
