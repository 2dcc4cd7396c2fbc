import type { Any, HttpFilter } from '#shared/xds';

type Fields = Any<{ readonly [field: string]: unknown }>;
/** Istio's own filters carry their settings as a Struct, so that a control plane needs no copy of their schemas. */
const typedStruct = (type: string, value: { readonly [key: string]: unknown }): Fields => ({ '@type': 'type.googleapis.com/udpa.type.v1.TypedStruct', type_url: `type.googleapis.com/${type}`, value });
const HEADERS = { istio_headers: {} };
const DISCOVERY = [HEADERS, { workload_discovery: {} }];
export const METADATA_EXCHANGE = 'istio.metadata_exchange';
const PEER = 'io.istio.http.peer_metadata.Config';
/** Server: learns the caller from its headers and answers with its own. */
export const INBOUND_EXCHANGE: HttpFilter = { name: METADATA_EXCHANGE, typed_config: typedStruct(PEER, { downstream_discovery: DISCOVERY, downstream_propagation: [HEADERS] }) };
/** Client: says who it is and learns the server from the answer. */
export const OUTBOUND_EXCHANGE: HttpFilter = { name: METADATA_EXCHANGE, typed_config: typedStruct(PEER, { upstream_discovery: DISCOVERY, upstream_propagation: [HEADERS] }) };
/** The same for TCP, by a preamble that the ALPN istio-peer-exchange announces. */
export const TCP_EXCHANGE = { name: METADATA_EXCHANGE, typed_config: typedStruct('envoy.tcp.metadataexchange.config.MetadataExchange', { protocol: 'istio-peer-exchange', enable_discovery: true }) };

const stats = (config: { readonly disable_host_header_fallback?: boolean }): Fields => ({ '@type': 'type.googleapis.com/stats.PluginConfig', ...config });
/** Istio's metrics. Where a host header comes from outside, it must not become a label. */
export const INBOUND_STATS: HttpFilter = { name: 'istio.stats', typed_config: stats({ disable_host_header_fallback: true }) };
export const OUTBOUND_STATS: HttpFilter = { name: 'istio.stats', typed_config: stats({}) };

/** Says by ALPN inside mutual TLS that HTTP follows, so that the server's chain can tell it from TLS of the application. */
export const ALPN: HttpFilter = {
  name: 'istio.alpn',
  typed_config: {
    '@type': 'type.googleapis.com/istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig',
    alpn_override: [
      { alpn_override: ['istio-http/1.0', 'istio', 'http/1.0'] }, { upstream_protocol: 'HTTP11', alpn_override: ['istio-http/1.1', 'istio', 'http/1.1'] }, { upstream_protocol: 'HTTP2', alpn_override: ['istio-h2', 'istio', 'h2'] },
    ],
  },
};
