const POD = ['Pod'] as const;
const sidecar = (...names: readonly string[]): readonly (readonly [string, readonly string[]])[] => names.map((name) => [name, POD]);

/** Annotations Istio reads, with the kinds it reads them from. */
export const KNOWN_ANNOTATIONS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...sidecar(
    'sidecar.istio.io/inject', 'sidecar.istio.io/status', 'sidecar.istio.io/rewriteAppHTTPProbers', 'sidecar.istio.io/controlPlaneAuthPolicy', 'sidecar.istio.io/discoveryAddress', 'sidecar.istio.io/proxyImage',
    'sidecar.istio.io/proxyImageType', 'sidecar.istio.io/proxyCPU', 'sidecar.istio.io/proxyCPULimit', 'sidecar.istio.io/proxyMemory', 'sidecar.istio.io/proxyMemoryLimit', 'sidecar.istio.io/interceptionMode',
    'sidecar.istio.io/bootstrapOverride', 'sidecar.istio.io/statsInclusionPrefixes', 'sidecar.istio.io/statsInclusionSuffixes', 'sidecar.istio.io/statsInclusionRegexps', 'sidecar.istio.io/statsHistogramBuckets',
    'sidecar.istio.io/statsCompression', 'sidecar.istio.io/extraStatTags', 'sidecar.istio.io/userVolume', 'sidecar.istio.io/userVolumeMount', 'sidecar.istio.io/enableCoreDump', 'sidecar.istio.io/logLevel',
    'sidecar.istio.io/componentLogLevel', 'sidecar.istio.io/agentLogLevel', 'sidecar.istio.io/nativeSidecar', 'status.sidecar.istio.io/port',
  ),
  ...['initialDelaySeconds', 'periodSeconds', 'failureThreshold', 'applicationPorts'].map((name) => [`readiness.status.sidecar.istio.io/${name}`, POD] as const),
  ...['includeOutboundIPRanges', 'excludeOutboundIPRanges', 'includeInboundPorts', 'excludeInboundPorts', 'includeOutboundPorts', 'excludeOutboundPorts', 'kubevirtInterfaces', 'excludeInterfaces'].map((name) => [`traffic.sidecar.istio.io/${name}`, POD] as const),
  ...sidecar(
    'prometheus.istio.io/merge-metrics', 'proxy.istio.io/config', 'proxy.istio.io/overrides', 'inject.istio.io/templates', 'alpha.istio.io/identity', 'istio.io/reroute-virtual-interfaces', 'istio.io/rev', 'ambient.istio.io/redirection',
    'ambient.istio.io/bypass-inbound-capture', 'ambient.istio.io/dns-capture',
  ),
  ['alpha.istio.io/kubernetes-serviceaccounts', ['Service']], ['alpha.istio.io/canonical-serviceaccounts', ['Service']], ['networking.istio.io/exportTo', ['Service']],
  ['networking.istio.io/traffic-distribution', ['Service', 'Namespace']], ['ambient.istio.io/waypoint-inbound-binding', ['Gateway', 'GatewayClass']],
  ['networking.istio.io/service-type', ['Gateway']], ['networking.istio.io/address-type', ['Gateway']], ['gateway.istio.io/controller-version', ['Any']], ['gateway.istio.io/name-override', ['Gateway']], ['gateway.istio.io/service-account', ['Gateway']],
  ['istio.io/dry-run', ['AuthorizationPolicy']], ['istio.io/autoRegistrationGroup', ['WorkloadEntry']], ['istio.io/workloadController', ['WorkloadEntry']], ['istio.io/connectedAt', ['WorkloadEntry']], ['istio.io/disconnectedAt', ['WorkloadEntry']],
  ...['chart-owner', 'owner-generation', 'version'].map((name) => [`install.operator.istio.io/${name}`, ['Any']] as const), ['galley.istio.io/analyze-suppress', ['Any']], ['kubernetes.io/ingress.class', ['Ingress']],
]);
export const DEPRECATED_ANNOTATIONS: ReadonlySet<string> = new Set([
  'sidecar.istio.io/inject', 'sidecar.istio.io/controlPlaneAuthPolicy', 'sidecar.istio.io/discoveryAddress', 'sidecar.istio.io/statsInclusionPrefixes', 'sidecar.istio.io/statsInclusionSuffixes', 'sidecar.istio.io/statsInclusionRegexps',
  'sidecar.istio.io/enableCoreDump', 'alpha.istio.io/identity', 'alpha.istio.io/kubernetes-serviceaccounts', 'alpha.istio.io/canonical-serviceaccounts', 'traffic.sidecar.istio.io/kubevirtInterfaces',
]);
