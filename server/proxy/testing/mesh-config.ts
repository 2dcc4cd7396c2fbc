import type { Cluster, ClusterLoadAssignment, Listener, RouteConfiguration } from '#shared/xds';

// Resources as istiod writes them, as small as the tests allow.
const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3';
const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const FILTERS = [
  { name: 'envoy.filters.http.fault', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault' } },
  { name: 'envoy.filters.http.router', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' } },
];
const SDS = { resource_api_version: 'V3', initial_fetch_timeout: '0s', api_config_source: { api_type: 'GRPC', transport_api_version: 'V3', grpc_services: [{ envoy_grpc: { cluster_name: 'sds-grpc' } }] } };
const common = (names: readonly object[], alpn: readonly string[]): object => ({
  alpn_protocols: alpn, tls_certificate_sds_secret_configs: [{ name: 'default', sds_config: SDS }],
  combined_validation_context: { default_validation_context: { match_subject_alt_names: names }, validation_context_sds_secret_config: { name: 'ROOTCA', sds_config: SDS } },
});
const manager = (fields: object): { readonly name: string; readonly typed_config: { readonly '@type': string; readonly [field: string]: unknown } } => ({ name: 'envoy.filters.network.http_connection_manager', typed_config: { '@type': MANAGER, http_filters: FILTERS, normalize_path: true, proxy_100_continue: true, stream_idle_timeout: '0s', ...fields } });

const tcpProxy = (cluster: string): { readonly name: string; readonly typed_config: { readonly '@type': string; readonly [field: string]: unknown } } => ({ name: 'envoy.filters.network.tcp_proxy', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', stat_prefix: cluster, cluster } });
const PASSTHROUGH = tcpProxy('PassthroughCluster');

export const outboundName = (host: string, port: number, subset = ''): string => `outbound|${port}|${subset}|${host}.default.svc.cluster.local`;

/** virtualInbound for one HTTP port, PERMISSIVE or STRICT. */
export function inboundListener(port: number, strict: boolean): Listener {
  const filters = [manager({
    stat_prefix: `inbound_0.0.0.0_${port};`, server_name: 'istio-envoy', forward_client_cert_details: 'APPEND_FORWARD', set_current_client_cert_details: { subject: true, uri: true, dns: true },
    route_config: { name: `inbound|${port}||`, virtual_hosts: [{ name: `inbound|http|${port}`, domains: ['*'], routes: [{ name: 'default', match: { prefix: '/' }, route: { cluster: `inbound|${port}||`, timeout: '0s', retry_policy: { retry_on: 'reset-before-request', num_retries: 2 } } }] }] },
  })];
  const transport_socket = { name: 'envoy.transport_sockets.tls', typed_config: { '@type': `${TLS}.DownstreamTlsContext`, require_client_certificate: true, common_tls_context: common([{ prefix: 'spiffe://cluster.local/' }], ['h2', 'http/1.1']) } };
  const mutual = { name: `0.0.0.0_${port}`, filter_chain_match: { destination_port: port, transport_protocol: 'tls', ...(strict ? {} : { application_protocols: ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2'] }) }, filters, transport_socket };
  const plain = { name: `0.0.0.0_${port}`, filter_chain_match: { destination_port: port, transport_protocol: 'raw_buffer' }, filters };
  return { name: 'virtualInbound', address: { socket_address: { address: '0.0.0.0', port_value: 15006 } }, traffic_direction: 'INBOUND', filter_chains: strict ? [mutual] : [mutual, plain] };
}
export const inboundCluster = (port: number, host: string): Cluster => ({
  name: `inbound|${port}||`, type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', connect_timeout: '10s', upstream_bind_config: { source_address: { address: '127.0.0.6', port_value: 0 } },
  metadata: { filter_metadata: { istio: { services: [{ host: `${host}.default.svc.cluster.local`, name: host, namespace: 'default' }] } } },
});
export const outboundListener = (port: number): Listener => ({
  name: `0.0.0.0_${port}`, address: { socket_address: { address: '0.0.0.0', port_value: port } }, bind_to_port: false, traffic_direction: 'OUTBOUND',
  filter_chains: [{ filter_chain_match: { transport_protocol: 'raw_buffer', application_protocols: ['http/1.1', 'h2c'] }, filters: [manager({ stat_prefix: `outbound_0.0.0.0_${port};`, rds: { route_config_name: String(port), config_source: { ads: {}, resource_api_version: 'V3' } } })] }],
  default_filter_chain: { name: 'PassthroughFilterChain', filters: [PASSTHROUGH] },
});
export const virtualOutbound: Listener = {
  name: 'virtualOutbound', address: { socket_address: { address: '0.0.0.0', port_value: 15001 } }, traffic_direction: 'OUTBOUND', use_original_dst: true,
  filter_chains: [{ name: 'virtualOutbound-catchall-tcp', filters: [PASSTHROUGH] }],
};
export const passthroughCluster: Cluster = { name: 'PassthroughCluster', type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', connect_timeout: '10s' };
export const outboundCluster = (host: string, port: number, subset = '', account = host): Cluster => ({
  name: outboundName(host, port, subset), type: 'EDS', eds_cluster_config: { eds_config: { ads: {}, resource_api_version: 'V3' }, service_name: outboundName(host, port, subset) }, lb_policy: 'LEAST_REQUEST', connect_timeout: '2s', common_lb_config: { healthy_panic_threshold: {} },
  metadata: { filter_metadata: { istio: { services: [{ host: `${host}.default.svc.cluster.local`, name: host, namespace: 'default' }] } } },
  transport_socket_matches: [
    { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transport_socket: { name: 'envoy.transport_sockets.tls', typed_config: { '@type': `${TLS}.UpstreamTlsContext`, sni: `outbound_.${port}_.${subset}_.${host}.default.svc.cluster.local`, common_tls_context: common([{ exact: `spiffe://cluster.local/ns/default/sa/${account}` }], ['istio']) } } },
    { name: 'tlsMode-disabled', match: {}, transport_socket: { name: 'envoy.transport_sockets.raw_buffer', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer' } } },
  ],
});
export const assignment = (name: string, addresses: readonly (readonly [ip: string, port: number])[], tls: boolean): ClusterLoadAssignment => ({
  cluster_name: name, endpoints: [{ lb_endpoints: addresses.map(([address, port_value]) => ({ endpoint: { address: { socket_address: { address, port_value } } }, health_status: 'HEALTHY', load_balancing_weight: 1, metadata: { filter_metadata: tls ? { 'envoy.transport_socket_match': { tlsMode: 'istio' }, istio: { workload: 'server-v1;default;server;v1;Kubernetes' } } : {} } })) }],
});
/** Routes of a port: host names to weighted clusters. */
export const routes = (port: number, host: string, weights: Readonly<Record<string, number>>, more: object = {}): RouteConfiguration => ({
  name: String(port), validate_clusters: false, ignore_port_in_host_matching: true, virtual_hosts: [
    { name: `${host}.default.svc.cluster.local:${port}`, domains: [host, `${host}.default`, `${host}.default.svc.cluster.local`], include_request_attempt_count: true, routes: [{
      name: 'default', match: { prefix: '/' }, decorator: { operation: `${host}.default.svc.cluster.local:${port}/*` },
      route: { weighted_clusters: { clusters: Object.entries(weights).map(([name, weight]) => ({ name, weight })) }, timeout: '0s', retry_policy: { retry_on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes', num_retries: 2, host_selection_retry_max_attempts: '5', retry_host_predicate: [{ name: 'envoy.retry_host_predicates.previous_hosts', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate' } }] }, ...more },
    }] },
    { name: 'allow_any', domains: ['*'], routes: [{ name: 'allow_any', match: { prefix: '/' }, route: { cluster: 'PassthroughCluster', timeout: '0s' } }] },
  ],
});
