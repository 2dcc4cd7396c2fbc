import type { Infer } from '../../schema/schema.ts';
import { anyObject, int, list, map, obj, oneOf, present, str } from '../../schema/schema.ts';
import { atMostOne, customSchema, istioKind, istioStatus, labelsSelector, nullable, portNumber, rule, targetRefs, uint32, workloadSelector } from './common.ts';

const filter = obj({ name: str('Name of the filter.'), subFilter: obj({ name: str('Name of the HTTP filter.') }, 'A filter inside it.') }, 'A filter.');
const match = obj({
  context: oneOf(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT'], 'Which side. Default ANY.'),
  proxy: obj({ proxyVersion: str('Regular expression for the version.'), metadata: map(str(), 'Node metadata.') }, 'Which proxies.'),
  listener: obj({
    name: str('Name of the listener.'), portNumber: uint32('Port.'), portName: str('No longer used.'), listenerFilter: str('Name of a listener filter.'),
    filterChain: obj({
      name: str('Name of the chain.'), sni: str('Server name.'), transportProtocol: str('raw_buffer or tls.'), applicationProtocols: str('Protocols, comma separated.'), filter, destinationPort: uint32('Port.'),
      transportSocket: str('Name of the transport socket.'),
    }, 'Which filter chain.'),
  }, 'Which listener.'),
  routeConfiguration: obj({
    name: str('Name of the route configuration.'), portNumber: uint32('Port.'), portName: str('Port name.'), gateway: str('Gateway, namespace/name.'),
    vhost: obj({ name: str('Name of the virtual host.'), domainName: str('One of its domains.'), route: obj({ name: str('Name of the route.'), action: oneOf(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE'], 'What it does.') }, 'Which route.') }, 'Which virtual host.'),
  }, 'Which routes.'),
  cluster: obj({ name: str('Name of the cluster.'), service: str('Full host name.'), subset: str('Subset.'), portNumber: uint32('Port.') }, 'Which cluster.'),
  waypoint: obj({ portNumber: portNumber('Port.'), filter, route: obj({ name: str('Name of the route.') }, 'Which route.') }, 'What in a waypoint.'),
}, 'What is changed.', {
  'x-kubernetes-validations': [rule('has(self.context) ? ((self.context == "WAYPOINT") ? has(self.waypoint) : !has(self.waypoint)) : !has(self.waypoint)', 'only support waypointMatch when context is WAYPOINT')],
  ...atMostOne('listener', 'routeConfiguration', 'cluster', 'waypoint'),
});
const patch = obj({
  operation: oneOf(['INVALID', 'MERGE', 'ADD', 'REMOVE', 'INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE', 'MERGE_AND_REPLACE_LIST'], 'What is done.'),
  value: anyObject('The piece of Envoy configuration.'),
  filterClass: oneOf(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'], 'Where an added filter goes.'),
}, 'The change.');
const configPatch = obj({
  applyTo: oneOf(['INVALID', 'LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER', 'ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE', 'CLUSTER', 'EXTENSION_CONFIG', 'BOOTSTRAP', 'LISTENER_FILTER'], 'Which kind of thing is changed.'),
  match, patch,
}, 'One change.');
const spec = obj({
  workloadSelector: labelsSelector,
  targetRefs,
  configPatches: list(configPatch, 'The changes, in order.'),
  priority: int('Order among EnvoyFilters; smaller comes first. Default 0.'),
}, 'Changes of Envoy\'s configuration.', {
  'x-kubernetes-validations': [rule('(has(self.workloadSelector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1', 'only one of targetRefs or workloadSelector can be set')],
});
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Changes the configuration of the proxies directly. Powerful and easy to break things with.');
export type EnvoyFilter = Infer<typeof schema>;
export const envoyFilterKind = istioKind({ kind: 'EnvoyFilter', plural: 'envoyfilters', version: 'v1alpha3', otherVersions: [], schema });

const proxyConfigSpec = obj({
  selector: workloadSelector,
  concurrency: nullable(int('Worker threads of the proxy; 0: one for each core.', { minimum: 0 })),
  environmentVariables: map(str(undefined, { maxLength: 2048 }), 'Variables for the proxy.'),
  image: obj({ imageType: str('default, debug or distroless.') }, 'Image of the proxy.'),
}, 'Settings of proxies.');
const proxyConfigSchema = customSchema({ spec: present(proxyConfigSpec), status: istioStatus }, 'Settings of proxies, for workloads, a namespace or the mesh.');
export type ProxyConfig = Infer<typeof proxyConfigSchema>;
export const proxyConfigKind = istioKind({ kind: 'ProxyConfig', plural: 'proxyconfigs', version: 'v1beta1', otherVersions: [], schema: proxyConfigSchema });
