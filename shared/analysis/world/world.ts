import type {
  AuthorizationPolicy, DestinationRule, EnvoyFilter, Gateway, GatewayApiGateway, KubeObject, ObjectRef, PeerAuthentication, RequestAuthentication, ServiceEntry, Sidecar, Telemetry, VirtualService,
} from '#shared/mesh';
import type { HostRegistry } from './hosts.ts';
import type { PodIndex } from './pod-index.ts';
import type { DeploymentFacts, NamespaceFacts, PodFacts, ServiceFacts } from './facts.ts';

/** An object of an Istio kind, read as its type, with its identity at hand. */
export type Typed<T> = { readonly ref: ObjectRef; readonly namespace: string; readonly name: string; readonly object: T };

/** Everything rules look at. Parts that could not be read are named in `missing`; a rule that needs one of them is left out, so that absence never looks like an error. */
export type World = {
  readonly rootNamespace: string;
  readonly missing: ReadonlySet<string>;
  /** Every object that was given, for rules on validation. */
  readonly objects: readonly KubeObject[];
  readonly namespaces: ReadonlyMap<string, NamespaceFacts>;
  readonly services: readonly ServiceFacts[];
  readonly pods: readonly PodFacts[];
  readonly deployments: readonly DeploymentFacts[];
  /** "namespace/name" of Secrets and of ServiceAccounts. */
  readonly secrets: ReadonlySet<string>;
  readonly serviceAccounts: ReadonlySet<string>;
  readonly virtualServices: readonly Typed<VirtualService>[];
  readonly destinationRules: readonly Typed<DestinationRule>[];
  readonly gateways: readonly Typed<Gateway>[];
  readonly kubernetesGateways: readonly Typed<GatewayApiGateway>[];
  readonly serviceEntries: readonly Typed<ServiceEntry>[];
  readonly sidecars: readonly Typed<Sidecar>[];
  readonly peerAuthentications: readonly Typed<PeerAuthentication>[];
  readonly requestAuthentications: readonly Typed<RequestAuthentication>[];
  readonly authorizationPolicies: readonly Typed<AuthorizationPolicy>[];
  readonly telemetries: readonly Typed<Telemetry>[];
  readonly envoyFilters: readonly Typed<EnvoyFilter>[];
  /** Hosts that can be called. */
  readonly hosts: HostRegistry;
  readonly podIndex: PodIndex;
};

export const typedKey = (typed: { readonly namespace: string; readonly name: string }): string => `${typed.namespace}/${typed.name}`;
