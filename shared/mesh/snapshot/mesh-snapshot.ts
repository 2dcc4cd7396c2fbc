import type { PortProtocol } from '../hosts/port-protocol.ts';
import type { Labels } from '../hosts/selectors.ts';
import type { EndpointSlice } from '../kinds/core/endpoint-slice.ts';
import type { Namespace } from '../kinds/core/namespace.ts';
import type { DestinationRule } from '../kinds/istio/destination-rule.ts';
import type { Gateway } from '../kinds/istio/gateway.ts';
import type { PeerAuthentication } from '../kinds/istio/peer-authentication.ts';
import type { VirtualService } from '../kinds/istio/virtual-service.ts';
import type { KubeObject } from '../object.ts';
import type { MeshConfig } from './mesh-config.ts';

export type MeshPort = { readonly name: string; readonly port: number; readonly protocol: PortProtocol; readonly targetPort: number | string };
/** A service of the mesh, from a Kubernetes Service. */
export type MeshService = {
  readonly host: string; readonly name: string; readonly namespace: string; readonly ports: readonly MeshPort[];
  /** Cluster addresses; empty for a headless service. */
  readonly addresses: readonly string[]; readonly headless: boolean; readonly externalName: string | undefined;
  readonly selector: Labels | undefined; readonly labels: Labels; readonly exportTo: readonly string[]; readonly publishNotReady: boolean; readonly createdAt: string; readonly resourceVersion: number;
};
export type Locality = { readonly region: string; readonly zone: string; readonly subzone: string };
/** What the mesh needs of a pod. */
export type MeshPod = {
  readonly name: string; readonly namespace: string; readonly ip: string; readonly labels: Labels; readonly serviceAccount: string; readonly nodeName: string;
  readonly workload: string; readonly containerPorts: readonly { readonly name: string; readonly port: number }[]; readonly hasSidecar: boolean; readonly hostNetwork: boolean; readonly resourceVersion: number;
};
/** One address behind a service. */
export type MeshEndpoint = {
  readonly address: string; /** Port numbers by the name of the Service port. */
  readonly ports: ReadonlyMap<string, number>; readonly ready: boolean; readonly labels: Labels; readonly serviceAccount: string;
  /** "istio" when the pod carries the label of injection and so can speak mutual TLS. */
  readonly tlsMode: 'istio' | 'disabled'; readonly namespace: string; readonly pod: string | undefined; readonly workload: string; readonly locality: Locality; readonly nodeName: string;
};
/**
 * The configuration of a mesh at one moment. Immutable; a change makes a new one that shares every part the change left alone,
 * so whoever derives something from a part may keep it as long as that part is the same object.
 */
export type MeshSnapshot = {
  /** The highest resourceVersion of all that it holds. */
  readonly revision: number;
  readonly mesh: MeshConfig;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  /** Locality of nodes by name. */
  readonly nodes: ReadonlyMap<string, Locality>;
  /** By "namespace/name". */
  readonly pods: ReadonlyMap<string, MeshPod>;
  /** By host. */
  readonly services: ReadonlyMap<string, MeshService>;
  /** EndpointSlices of a service, by host and then by name. */
  readonly slices: ReadonlyMap<string, ReadonlyMap<string, EndpointSlice>>;
  /** Endpoints by host, in a fixed order. */
  readonly endpoints: ReadonlyMap<string, readonly MeshEndpoint[]>;
  /** Istio kinds by "namespace/name". */
  readonly virtualServices: ReadonlyMap<string, VirtualService>;
  readonly destinationRules: ReadonlyMap<string, DestinationRule>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly peerAuthentications: ReadonlyMap<string, PeerAuthentication>;
  /** Objects of kinds that are stored but not acted on, by `refKey`. */
  readonly others: ReadonlyMap<string, KubeObject>;
};
/** One change of the cluster. */
export type MeshChange = { readonly event: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject };
