import { byAge, isEmptySelector, selects } from '#shared/mesh';
import type { Labels, MeshSnapshot, MutualTlsMode, PeerAuthentication } from '#shared/mesh';
import { perObject } from '../memo.ts';

export type Mode = Exclude<MutualTlsMode, 'UNSET'>;
/** A mode, and the policy and field that say so; no policy means the mesh's default. */
export type ModeSource = { readonly mode: Mode; readonly from: PeerAuthentication | undefined; readonly path: string };
const MTLS = 'spec.mtls.mode';

const selectorOf = (object: PeerAuthentication): Labels | undefined => object.spec.selector?.matchLabels;
const isWide = (object: PeerAuthentication): boolean => isEmptySelector(selectorOf(object));
const MODES: ReadonlySet<string> = new Set<Mode>(['DISABLE', 'PERMISSIVE', 'STRICT']);
const isMode = (mode: string | undefined): mode is Mode => mode !== undefined && MODES.has(mode);
/** A mode nobody knows (applied while nothing checked it) is none, as UNSET is: what is wider decides. */
const set = (mode: MutualTlsMode | undefined): Mode | undefined => (isMode(mode) ? mode : undefined);

type Index = { readonly wide: ReadonlyMap<string, PeerAuthentication>; readonly workload: ReadonlyMap<string, readonly PeerAuthentication[]> };
/** The oldest object without selector of each namespace, and those with one. */
const indexPolicies = perObject((all: MeshSnapshot['peerAuthentications']): Index => {
  const wide = new Map<string, PeerAuthentication>();
  const workload = new Map<string, PeerAuthentication[]>();
  for (const object of byAge.peerAuthentications(all)) {
    const namespace = object.metadata.namespace ?? '';
    if (isWide(object)) {
      if (!wide.has(namespace)) wide.set(namespace, object);
    } else workload.set(namespace, [...(workload.get(namespace) ?? []), object]);
  }
  return { wide, workload };
});

/** Mode of a namespace: its own policy, else the mesh's (root namespace), else PERMISSIVE. Clients infer from this alone whether a service speaks mutual TLS. */
export function namespaceMode(snapshot: MeshSnapshot, namespace: string): ModeSource {
  const { wide } = indexPolicies(snapshot.peerAuthentications);
  for (const from of [wide.get(namespace), wide.get(snapshot.mesh.rootNamespace)]) {
    const mode = set(from?.spec.mtls?.mode);
    if (mode !== undefined) return { mode, from, path: MTLS };
  }
  return { mode: 'PERMISSIVE', from: undefined, path: '' };
}

/** The policy with a selector that counts for a workload: the oldest; none in the root namespace. */
export function workloadPolicy(snapshot: MeshSnapshot, namespace: string, labels: Labels): PeerAuthentication | undefined {
  if (namespace === snapshot.mesh.rootNamespace) return undefined;
  return indexPolicies(snapshot.peerAuthentications).workload.get(namespace)?.find((object) => selects(selectorOf(object), labels));
}
/** Mode of a workload where no port says otherwise. */
export function workloadMode(snapshot: MeshSnapshot, namespace: string, labels: Labels): ModeSource {
  const from = workloadPolicy(snapshot, namespace, labels);
  const mode = set(from?.spec.mtls?.mode);
  return mode === undefined ? namespaceMode(snapshot, namespace) : { mode, from, path: MTLS };
}
/** Mode of a port of a workload; the keys of portLevelMtls are ports of the workload. */
export function portMode(snapshot: MeshSnapshot, namespace: string, labels: Labels, port: number): ModeSource {
  const policy = workloadPolicy(snapshot, namespace, labels);
  const mode = set(policy?.spec.portLevelMtls?.[String(port)]?.mode);
  return mode === undefined ? workloadMode(snapshot, namespace, labels) : { mode, from: policy, path: `spec.portLevelMtls.${port}.mode` };
}
/** Ports of a workload that have a mode of their own. */
export const portsWithMode = (snapshot: MeshSnapshot, namespace: string, labels: Labels): readonly number[] =>
  Object.keys(workloadPolicy(snapshot, namespace, labels)?.spec.portLevelMtls ?? {}).map(Number).filter((port) => Number.isInteger(port) && port > 0).sort((a, b) => a - b);
/** Whether some policy of a namespace switches mutual TLS off for a part of it, so that endpoints must be asked one by one. */
export const hasWorkloadPolicies = (snapshot: MeshSnapshot, namespace: string): boolean => (indexPolicies(snapshot.peerAuthentications).workload.get(namespace)?.length ?? 0) > 0;
