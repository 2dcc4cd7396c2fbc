import type { MeshConfig, MeshSnapshot } from '#shared/mesh';
import type { Any, HttpConnectionManager, HttpFilter, RouteConfiguration } from '#shared/xds';
import { ALPN, INBOUND_EXCHANGE, INBOUND_STATS, OUTBOUND_EXCHANGE, OUTBOUND_STATS } from '../istio-filters.ts';
import type { ProxyNode } from '../proxy-node.ts';
import { accessLog } from './access-log.ts';
import { tracingOf } from './tracing.ts';

export type ListenerClass = 'inbound' | 'outbound' | 'gateway';
const filter = (name: string, type: string, fields: object = {}): HttpFilter => ({ name, typed_config: { '@type': `type.googleapis.com/${type}`, ...fields } });
const GRPC_STATS = filter('envoy.filters.http.grpc_stats', 'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig', { emit_filter_state: true, stats_for_all_methods: false });
const FAULT = filter('envoy.filters.http.fault', 'envoy.extensions.filters.http.fault.v3.HTTPFault');
const CORS = filter('envoy.filters.http.cors', 'envoy.extensions.filters.http.cors.v3.Cors');
const ROUTER = filter('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router');
const REQUEST_ID = { typed_config: { '@type': 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig', use_request_id_for_trace_sampling: true } };
export const HTTP_MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
export type HttpManagerFilter = { readonly name: string; readonly typed_config: Any<HttpConnectionManager> };

/** Istio's order: metadata exchange, statistics of gRPC, alpn (client), fault, cors, Istio's metrics, router. */
function httpFilters(kind: ListenerClass, istioFilters: boolean): readonly HttpFilter[] {
  const own = (items: readonly HttpFilter[]): readonly HttpFilter[] => (istioFilters ? items : []);
  return [
    ...own([kind === 'inbound' ? INBOUND_EXCHANGE : OUTBOUND_EXCHANGE]), GRPC_STATS, ...(kind === 'inbound' ? [] : own([ALPN])), FAULT, CORS,
    ...own([kind === 'inbound' ? INBOUND_STATS : kind === 'gateway' ? { ...OUTBOUND_STATS, ...(INBOUND_STATS.typed_config === undefined ? {} : { typed_config: INBOUND_STATS.typed_config }) } : OUTBOUND_STATS]), ROUTER,
  ];
}
function normalization(mesh: MeshConfig): Pick<HttpConnectionManager, 'normalize_path' | 'merge_slashes' | 'path_with_escaped_slashes_action'> {
  switch (mesh.pathNormalization) {
    case 'NONE': return { normalize_path: false, path_with_escaped_slashes_action: 'KEEP_UNCHANGED' };
    case 'MERGE_SLASHES': return { normalize_path: true, merge_slashes: true, path_with_escaped_slashes_action: 'KEEP_UNCHANGED' };
    case 'DECODE_AND_MERGE_SLASHES': return { normalize_path: true, merge_slashes: true, path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD' };
    default: return { normalize_path: true, path_with_escaped_slashes_action: 'KEEP_UNCHANGED' };
  }
}
/** How each kind of listener treats the address and certificate of the client. */
const BY_CLASS: Readonly<Record<ListenerClass, Partial<HttpConnectionManager>>> = {
  outbound: { use_remote_address: false },
  inbound: { use_remote_address: false, server_name: 'istio-envoy', forward_client_cert_details: 'APPEND_FORWARD', set_current_client_cert_details: { subject: true, dns: true, uri: true } },
  gateway: {
    use_remote_address: true, server_name: 'istio-envoy', http_protocol_options: {}, forward_client_cert_details: 'SANITIZE_SET', set_current_client_cert_details: { subject: true, cert: true, dns: true, uri: true },
  },
};

export type ManagerOptions = { readonly kind: ListenerClass; readonly statPrefix: string; readonly http2?: boolean } & ({ readonly rds: string } | { readonly routes: RouteConfiguration });
/** The HTTP connection manager of a filter chain. */
export function httpManager(snapshot: MeshSnapshot, proxy: ProxyNode, options: ManagerOptions): HttpManagerFilter {
  const routes = 'rds' in options ? { rds: { route_config_name: options.rds, config_source: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' } } } : { route_config: options.routes };
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': HTTP_MANAGER, stat_prefix: options.statPrefix, ...BY_CLASS[options.kind], ...routes, http_filters: httpFilters(options.kind, proxy.istioFilters), ...normalization(snapshot.mesh),
      proxy_100_continue: true, request_id_extension: REQUEST_ID, stream_idle_timeout: '0s', upgrade_configs: [{ upgrade_type: 'websocket' }], ...(options.http2 === true ? { http2_protocol_options: {} } : {}),
      ...accessLog(snapshot.mesh), ...tracingOf(snapshot, proxy),
    },
  };
}
