// `npm run generate:xds`: reads Envoy's .proto files (from @grpc/grpc-js-xds) and Istio's (protos/), keeps what the messages of ROOTS reach
// and writes generated/descriptor.json: message → fields as "number name type[ flags]", enum → [name, number] pairs.
// Flags: r repeated, p packed, x explicit presence (oneof or optional), m:<key type> map.
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const require = createRequire(import.meta.url);
const here = fileURLToPath(new URL('./', import.meta.url));
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const dirs = [...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((dir) => `${modules}@grpc/grpc-js-xds/deps/${dir}`), `${here}protos`];

/** Messages the product sends or reads; what they refer to comes along. An Any may hold any message of the result. */
const ROOTS = [
  'envoy.service.discovery.v3.DiscoveryRequest', 'envoy.service.discovery.v3.DiscoveryResponse', 'envoy.service.discovery.v3.DeltaDiscoveryRequest', 'envoy.service.discovery.v3.DeltaDiscoveryResponse',
  'envoy.config.listener.v3.Listener', 'envoy.config.route.v3.RouteConfiguration', 'envoy.config.cluster.v3.Cluster', 'envoy.config.endpoint.v3.ClusterLoadAssignment',
  'envoy.extensions.transport_sockets.tls.v3.Secret', 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector', 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector', 'envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
  'envoy.extensions.filters.http.router.v3.Router', 'envoy.extensions.filters.http.fault.v3.HTTPFault', 'envoy.extensions.filters.http.cors.v3.Cors', 'envoy.extensions.filters.http.cors.v3.CorsPolicy',
  'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig', 'envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig', 'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate', 'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
  'envoy.extensions.access_loggers.file.v3.FileAccessLog', 'envoy.config.trace.v3.OpenTelemetryConfig', 'envoy.config.trace.v3.ZipkinConfig', 'envoy.extensions.tracers.opentelemetry.resource_detectors.v3.EnvironmentResourceDetectorConfig',
  'envoy.extensions.tracers.opentelemetry.samplers.v3.AlwaysOnSamplerConfig', 'xds.type.v3.TypedStruct', 'udpa.type.v1.TypedStruct', 'google.rpc.Status',
  'istio.v1.auth.IstioCertificateRequest', 'istio.v1.auth.IstioCertificateResponse', 'stats.PluginConfig', 'istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig',
];
/** Google's messages that have a JSON form of their own; the codec knows them. */
const SPECIAL = /^google\.protobuf\.(Any|Duration|Timestamp|Struct|Value|ListValue|Empty|FieldMask|[A-Za-z0-9]+Value)$/;

const descriptorRoots = require('protobufjs/google/protobuf/descriptor.json').nested.google.nested.protobuf.nested;
protobuf.common('descriptor', descriptorRoots);
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => {
  if (isAbsolute(target)) return target;
  for (const dir of dirs) if (existsSync(join(dir, target))) return join(dir, target);
  return target;
};
const fileOf = (message) => {
  const parts = message.split('.');
  const dir = parts.slice(0, -1).join('/');
  const snake = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  const named = { DiscoveryRequest: 'discovery', DiscoveryResponse: 'discovery', DeltaDiscoveryRequest: 'discovery', DeltaDiscoveryResponse: 'discovery', RouteConfiguration: 'route', ClusterLoadAssignment: 'endpoint', UpstreamTlsContext: 'tls', DownstreamTlsContext: 'tls', HTTPFault: 'fault', FileAccessLog: 'file', CorsPolicy: 'cors', FilterConfig: 'config', UuidRequestIdConfig: 'uuid', PreviousHostsPredicate: 'previous_hosts', PreviousPrioritiesConfig: 'previous_priorities_config', OpenTelemetryConfig: 'opentelemetry', ZipkinConfig: 'zipkin', EnvironmentResourceDetectorConfig: 'environment_resource_detector', AlwaysOnSamplerConfig: 'always_on_sampler' };
  if (message.startsWith('istio.v1.auth')) return 'istio/istio.proto';
  if (message.startsWith('stats.')) return 'istio/stats.proto';
  if (message.startsWith('istio.envoy')) return 'istio/alpn.proto';
  return `${dir}/${named[parts.at(-1)] ?? snake(parts.at(-1))}.proto`;
};
root.loadSync([...new Set(ROOTS.map(fileOf))].map((file) => root.resolvePath('', file)), { keepCase: true });

const messages = {};
const enums = {};
const nameOf = (type) => type.fullName.slice(1);
function addEnum(type) {
  enums[nameOf(type)] ??= Object.entries(type.values).map(([name, number]) => `${number} ${name}`);
}
function typeText(field) {
  if (field.resolvedType === null) return field.type;
  if (field.resolvedType instanceof protobuf.Enum) addEnum(field.resolvedType);
  else add(field.resolvedType);
  return `${field.resolvedType instanceof protobuf.Enum ? '%' : '.'}${nameOf(field.resolvedType)}`;
}
function add(type) {
  const name = nameOf(type);
  if (messages[name] !== undefined || SPECIAL.test(name)) return;
  messages[name] = [];
  messages[name] = type.fieldsArray.toSorted((a, b) => a.id - b.id).map((field) => {
    field.resolve();
    const flags = [
      ...(field.map ? [`m:${field.keyType}`] : []), ...(field.repeated ? ['r'] : []), ...(field.repeated && field.packed && protobuf.types.packed[field.resolvedType instanceof protobuf.Enum ? 'int32' : field.type] !== undefined ? ['p'] : []),
      ...(!field.repeated && !field.map && (field.partOf !== null || field.options?.proto3_optional) ? ['x'] : []),
    ];
    return [field.id, field.name, typeText(field), ...flags].join(' ');
  });
}
for (const name of ROOTS) add(root.lookupType(name));
const sorted = (record) => Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(`${here}generated/descriptor.json`, `${JSON.stringify({ messages: sorted(messages), enums: sorted(enums) }, undefined, 1)}\n`);
process.stdout.write(`${Object.keys(messages).length} messages, ${Object.keys(enums).length} enums\n`);
