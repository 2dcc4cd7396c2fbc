/** The kinds the console watches. `version` is the one asked for unless the cluster prefers another of the group. */
export type WatchedKind = { readonly group: string; readonly version: string; readonly kind: string; readonly plural: string; readonly namespaced: boolean };

const kind = (group: string, version: string, kindName: string, plural: string, namespaced = true): WatchedKind => ({ group, version, kind: kindName, plural, namespaced });

/** Kinds the picture of the mesh is made of. */
export const CORE_KINDS: readonly WatchedKind[] = [
  kind('', 'v1', 'Namespace', 'namespaces', false), kind('', 'v1', 'Pod', 'pods'), kind('', 'v1', 'Service', 'services'),
  kind('apps', 'v1', 'Deployment', 'deployments'), kind('apps', 'v1', 'StatefulSet', 'statefulsets'), kind('apps', 'v1', 'DaemonSet', 'daemonsets'),
];

/** Kinds the Config page lists and edits (Istio's networking, security, telemetry and extensions, Gateway API). */
export const CONFIG_KINDS: readonly WatchedKind[] = [
  ...[['VirtualService', 'virtualservices'], ['DestinationRule', 'destinationrules'], ['Gateway', 'gateways'], ['ServiceEntry', 'serviceentries'], ['Sidecar', 'sidecars'], ['WorkloadEntry', 'workloadentries'], ['WorkloadGroup', 'workloadgroups']]
    .map(([name = '', plural = '']) => kind('networking.istio.io', 'v1', name, plural)),
  kind('networking.istio.io', 'v1alpha3', 'EnvoyFilter', 'envoyfilters'), kind('networking.istio.io', 'v1beta1', 'ProxyConfig', 'proxyconfigs'),
  ...[['PeerAuthentication', 'peerauthentications'], ['RequestAuthentication', 'requestauthentications'], ['AuthorizationPolicy', 'authorizationpolicies']].map(([name = '', plural = '']) => kind('security.istio.io', 'v1', name, plural)),
  kind('telemetry.istio.io', 'v1', 'Telemetry', 'telemetries'), kind('extensions.istio.io', 'v1alpha1', 'WasmPlugin', 'wasmplugins'),
  kind('gateway.networking.k8s.io', 'v1', 'GatewayClass', 'gatewayclasses', false), kind('gateway.networking.k8s.io', 'v1', 'Gateway', 'gateways'), kind('gateway.networking.k8s.io', 'v1', 'HTTPRoute', 'httproutes'),
  kind('gateway.networking.k8s.io', 'v1beta1', 'ReferenceGrant', 'referencegrants'),
];

export const kindKey = (group: string, kindName: string): string => `${group}/${kindName}`;
