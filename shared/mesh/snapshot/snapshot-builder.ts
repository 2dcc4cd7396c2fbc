import { fits } from '../check/fits.ts';
import { endpointSliceKind } from '../kinds/core/endpoint-slice.ts';
import type { EndpointSlice } from '../kinds/core/endpoint-slice.ts';
import { namespaceKind } from '../kinds/core/namespace.ts';
import type { Namespace } from '../kinds/core/namespace.ts';
import { nodeKind } from '../kinds/core/node.ts';
import type { Node } from '../kinds/core/node.ts';
import { serviceKind } from '../kinds/core/service.ts';
import type { Service } from '../kinds/core/service.ts';
import { destinationRuleKind } from '../kinds/istio/destination-rule.ts';
import type { DestinationRule } from '../kinds/istio/destination-rule.ts';
import { gatewayKind } from '../kinds/istio/gateway.ts';
import type { Gateway } from '../kinds/istio/gateway.ts';
import { peerAuthenticationKind } from '../kinds/istio/peer-authentication.ts';
import type { PeerAuthentication } from '../kinds/istio/peer-authentication.ts';
import { virtualServiceKind } from '../kinds/istio/virtual-service.ts';
import type { VirtualService } from '../kinds/istio/virtual-service.ts';
import { podKind } from '../kinds/pod/pod.ts';
import type { Pod } from '../kinds/pod/pod.ts';
import { groupOf, refKey, refOf } from '../object.ts';
import type { KubeObject, ObjectRef } from '../object.ts';
import { serviceHost } from '../hosts/host-names.ts';
import { meshConfigOf } from './mesh-config.ts';
import type { MeshConfig } from './mesh-config.ts';
import type { Locality, MeshChange, MeshPod, MeshService, MeshSnapshot } from './mesh-snapshot.ts';
import { withoutNulls } from './without-nulls.ts';
import { endpointsOf, isAboutAny, meshPod, meshService, nodeLocality, podFacts, sliceHost, versionOf } from './read-kinds.ts';

export type SnapshotOptions = { readonly mesh?: MeshConfig; /** An object whose shape is not that of its kind; it is left out. */ readonly onRejected?: (ref: ObjectRef) => void };

export const EMPTY_SNAPSHOT: MeshSnapshot = {
  revision: 0, mesh: meshConfigOf({}), namespaces: new Map(), nodes: new Map(), pods: new Map(), services: new Map(), slices: new Map(), endpoints: new Map(),
  virtualServices: new Map(), destinationRules: new Map(), gateways: new Map(), peerAuthentications: new Map(), others: new Map(),
};
/** A map that is copied at its first change, so that what was given stays as it is. */
class Draft<V> {
  #map: Map<string, V> | undefined;
  readonly #base: ReadonlyMap<string, V>;
  constructor(base: ReadonlyMap<string, V>) {
    this.#base = base;
  }
  get map(): ReadonlyMap<string, V> {
    return this.#map ?? this.#base;
  }
  set(key: string, v: V): void {
    if (this.map.get(key) !== v) (this.#map ??= new Map(this.#base)).set(key, v);
  }
  delete(key: string): void {
    if (this.map.has(key)) (this.#map ??= new Map(this.#base)).delete(key);
  }
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
const ISTIO_GROUPS: ReadonlySet<string> = new Set(['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io', 'gateway.networking.k8s.io']);

/** Applies changes to a snapshot and gives the next one. */
class SnapshotBuilder {
  readonly #base: MeshSnapshot;
  readonly #options: SnapshotOptions;
  readonly #namespaces: Draft<Namespace>;
  readonly #nodes: Draft<Locality>;
  readonly #pods: Draft<MeshPod>;
  readonly #services: Draft<MeshService>;
  readonly #slices: Draft<ReadonlyMap<string, EndpointSlice>>;
  readonly #virtualServices: Draft<VirtualService>;
  readonly #destinationRules: Draft<DestinationRule>;
  readonly #gateways: Draft<Gateway>;
  readonly #peerAuthentications: Draft<PeerAuthentication>;
  readonly #others: Draft<KubeObject>;
  readonly #dirtyHosts = new Set<string>();
  readonly #dirtyPods = new Set<string>();
  #allDirty = false;
  #revision: number;

  constructor(base: MeshSnapshot, options: SnapshotOptions) {
    this.#base = base;
    this.#options = options;
    this.#revision = base.revision;
    this.#namespaces = new Draft(base.namespaces);
    this.#nodes = new Draft(base.nodes);
    this.#pods = new Draft(base.pods);
    this.#services = new Draft(base.services);
    this.#slices = new Draft(base.slices);
    this.#virtualServices = new Draft(base.virtualServices);
    this.#destinationRules = new Draft(base.destinationRules);
    this.#gateways = new Draft(base.gateways);
    this.#peerAuthentications = new Draft(base.peerAuthentications);
    this.#others = new Draft(base.others);
  }

  apply({ event, object: given }: MeshChange): void {
    const object = withoutNulls(given);
    this.#revision = Math.max(this.#revision, versionOf(object));
    const { group } = groupOf(object.apiVersion);
    const gone = event === 'DELETED';
    switch (`${group}/${object.kind}`) {
      case '/Namespace': return this.#put(this.#namespaces, object.metadata.name, gone, fits<Namespace>(namespaceKind.schema, object) ? object : undefined, object);
      case '/Node': return this.#putNode(object, gone);
      case '/Pod': return this.#putPod(object, gone);
      case '/Service': return this.#putService(object, gone);
      case 'discovery.k8s.io/EndpointSlice': return this.#putSlice(object, gone);
      case 'networking.istio.io/VirtualService': return this.#put(this.#virtualServices, keyOf(object), gone, fits<VirtualService>(virtualServiceKind.schema, object) ? object : undefined, object);
      case 'networking.istio.io/DestinationRule': return this.#put(this.#destinationRules, keyOf(object), gone, fits<DestinationRule>(destinationRuleKind.schema, object) ? object : undefined, object);
      case 'networking.istio.io/Gateway': return this.#put(this.#gateways, keyOf(object), gone, fits<Gateway>(gatewayKind.schema, object) ? object : undefined, object);
      case 'security.istio.io/PeerAuthentication': return this.#put(this.#peerAuthentications, keyOf(object), gone, fits<PeerAuthentication>(peerAuthenticationKind.schema, object) ? object : undefined, object);
      default:
        if (ISTIO_GROUPS.has(group)) this.#put(this.#others, refKey(refOf(object)), gone, object, object);
    }
  }

  #put<V>(draft: Draft<V>, key: string, gone: boolean, v: V | undefined, object: KubeObject): void {
    if (gone) return draft.delete(key);
    if (v !== undefined) return draft.set(key, v);
    draft.delete(key);
    this.#options.onRejected?.(refOf(object));
  }
  #reject(object: KubeObject): void {
    this.#options.onRejected?.(refOf(object));
  }
  #putNode(object: KubeObject, gone: boolean): void {
    const locality = !gone && fits<Node>(nodeKind.schema, object) ? nodeLocality(object) : undefined;
    const known = this.#nodes.map.get(object.metadata.name);
    if (JSON.stringify(known) === JSON.stringify(locality)) return; // nodes report each few seconds
    this.#allDirty = true;
    if (locality === undefined) this.#nodes.delete(object.metadata.name);
    else this.#nodes.set(object.metadata.name, locality);
  }
  #putPod(object: KubeObject, gone: boolean): void {
    const key = keyOf(object);
    const known = this.#pods.map.get(key);
    const pod = !gone && fits<Pod>(podKind.schema, object) ? meshPod(object) : undefined;
    if (pod === undefined && !gone) this.#reject(object);
    if (pod !== undefined && known !== undefined && podFacts(pod) === podFacts(known)) return; // only its status moved
    if (pod === undefined) this.#pods.delete(key);
    else this.#pods.set(key, pod);
    this.#dirtyPods.add(key);
  }
  #putService(object: KubeObject, gone: boolean): void {
    const host = serviceHost(object.metadata.name, object.metadata.namespace ?? '');
    if (gone) return this.#services.delete(host);
    if (!fits<Service>(serviceKind.schema, object)) return this.#reject(object);
    const service = meshService(object);
    const known = this.#services.map.get(host);
    const same = known !== undefined && JSON.stringify({ ...known, resourceVersion: 0 }) === JSON.stringify({ ...service, resourceVersion: 0 });
    if (!same) this.#services.set(host, service);
  }
  #putSlice(object: KubeObject, gone: boolean): void {
    if (!fits<EndpointSlice>(endpointSliceKind.schema, object)) return gone ? undefined : this.#reject(object);
    const host = sliceHost(object);
    if (host === undefined) return;
    const slices = new Map(this.#slices.map.get(host));
    if (gone) slices.delete(object.metadata.name);
    else slices.set(object.metadata.name, object);
    if (slices.size === 0) this.#slices.delete(host);
    else this.#slices.set(host, slices);
    this.#dirtyHosts.add(host);
  }

  #endpoints(): MeshSnapshot['endpoints'] {
    const endpoints = new Draft(this.#base.endpoints);
    if (this.#dirtyPods.size > 0) for (const [host, slices] of this.#slices.map) for (const slice of slices.values()) if (isAboutAny(slice, this.#dirtyPods)) this.#dirtyHosts.add(host);
    const hosts = this.#allDirty ? new Set([...this.#slices.map.keys(), ...this.#base.endpoints.keys()]) : this.#dirtyHosts;
    const sources = { pods: this.#pods.map, nodes: this.#nodes.map };
    for (const host of hosts) {
      const slices = this.#slices.map.get(host);
      const [first] = slices?.values() ?? [];
      if (slices === undefined || first === undefined) {
        endpoints.delete(host);
        continue;
      }
      const next = endpointsOf(first.metadata.namespace ?? '', slices.values(), sources);
      if (!sameEndpoints(endpoints.map.get(host), next)) endpoints.set(host, next);
    }
    return endpoints.map;
  }

  build(): MeshSnapshot {
    return {
      revision: this.#revision, mesh: this.#options.mesh ?? this.#base.mesh, namespaces: this.#namespaces.map, nodes: this.#nodes.map, pods: this.#pods.map, services: this.#services.map, slices: this.#slices.map,
      endpoints: this.#endpoints(), virtualServices: this.#virtualServices.map, destinationRules: this.#destinationRules.map, gateways: this.#gateways.map,
      peerAuthentications: this.#peerAuthentications.map, others: this.#others.map,
    };
  }
}
const plainMaps = (_key: string, v: unknown): unknown => (v instanceof Map ? [...v] : v);
const sameEndpoints = (a: unknown, b: unknown): boolean => a !== undefined && JSON.stringify(a, plainMaps) === JSON.stringify(b, plainMaps);

/** The next snapshot after some changes; the one given stays as it is. */
export function changeSnapshot(snapshot: MeshSnapshot, changes: Iterable<MeshChange>, options: SnapshotOptions = {}): MeshSnapshot {
  const builder = new SnapshotBuilder(snapshot, options);
  for (const change of changes) builder.apply(change);
  return builder.build();
}
/** A snapshot of a list of objects of any kind; those of kinds the mesh does not read are left out. */
export const indexSnapshot = (objects: Iterable<KubeObject>, options: SnapshotOptions = {}): MeshSnapshot => {
  const changes: MeshChange[] = [];
  for (const object of objects) changes.push({ event: 'ADDED', object });
  return changeSnapshot(EMPTY_SNAPSHOT, changes, options);
};
