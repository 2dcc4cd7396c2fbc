/**
 * Envoy v3 resources in protobuf's JSON form with the original (snake_case) field names, as a real istiod's config_dump shows them:
 * an Any is an object with "@type", a Duration is "1.5s", an enum is its name, wrappers are bare values, 64-bit integers may be strings.
 * These types name only what Pharos reads or writes; unknown fields stay in the object and on the wire.
 */
export type Any<T = unknown> = { readonly '@type': string } & T;
export type SocketAddress = { readonly address: string; readonly port_value?: number; readonly protocol?: 'TCP' | 'UDP' };
export type Address = { readonly socket_address?: SocketAddress; readonly pipe?: { readonly path: string }; readonly envoy_internal_address?: { readonly server_listener_name: string } };
export type Metadata = { readonly filter_metadata?: { readonly [filter: string]: { readonly [key: string]: unknown } } };

export type StringMatcher = { readonly exact?: string; readonly prefix?: string; readonly suffix?: string; readonly contains?: string; readonly safe_regex?: RegexMatcher; readonly ignore_case?: boolean };
export type RegexMatcher = { readonly regex: string; readonly google_re2?: object };
export type HeaderMatcher = {
  readonly name: string; readonly string_match?: StringMatcher; readonly exact_match?: string; readonly prefix_match?: string; readonly safe_regex_match?: RegexMatcher;
  readonly present_match?: boolean; readonly invert_match?: boolean; readonly treat_missing_header_as_empty?: boolean;
};
export type QueryParameterMatcher = { readonly name: string; readonly string_match?: StringMatcher; readonly present_match?: boolean };
export type FractionalPercent = { readonly numerator?: number; readonly denominator?: 'HUNDRED' | 'TEN_THOUSAND' | 'MILLION' };

export type RouteMatch = {
  readonly prefix?: string; readonly path?: string; readonly safe_regex?: RegexMatcher; readonly path_separated_prefix?: string; readonly connect_matcher?: object;
  readonly case_sensitive?: boolean; readonly headers?: readonly HeaderMatcher[]; readonly query_parameters?: readonly QueryParameterMatcher[];
  readonly runtime_fraction?: { readonly default_value: FractionalPercent }; readonly grpc?: object;
};
export type HeaderValueOption = { readonly header: { readonly key: string; readonly value?: string }; readonly append?: boolean; readonly append_action?: string; readonly keep_empty_value?: boolean };
export type HeaderOps = {
  readonly request_headers_to_add?: readonly HeaderValueOption[]; readonly request_headers_to_remove?: readonly string[];
  readonly response_headers_to_add?: readonly HeaderValueOption[]; readonly response_headers_to_remove?: readonly string[];
};
export type RetryPolicy = {
  readonly retry_on?: string; readonly num_retries?: number; readonly per_try_timeout?: string; readonly retriable_status_codes?: readonly number[];
  readonly host_selection_retry_max_attempts?: number | string; readonly retry_host_predicate?: readonly { readonly name: string; readonly typed_config?: Any }[];
  readonly retry_back_off?: { readonly base_interval: string; readonly max_interval?: string }; readonly retry_priority?: { readonly name: string; readonly typed_config?: Any };
};
export type ClusterWeight = HeaderOps & { readonly name: string; readonly weight?: number; readonly host_rewrite_literal?: string; readonly typed_per_filter_config?: { readonly [filter: string]: Any } };
export type HashPolicy = { readonly header?: { readonly header_name: string }; readonly cookie?: { readonly name: string; readonly ttl?: string; readonly path?: string }; readonly connection_properties?: { readonly source_ip?: boolean }; readonly query_parameter?: { readonly name: string }; readonly terminal?: boolean };
export type RouteAction = {
  readonly cluster?: string; readonly weighted_clusters?: { readonly clusters: readonly ClusterWeight[]; readonly total_weight?: number };
  readonly cluster_not_found_response_code?: string; readonly timeout?: string; readonly idle_timeout?: string; readonly max_grpc_timeout?: string;
  readonly max_stream_duration?: { readonly max_stream_duration?: string; readonly grpc_timeout_header_max?: string };
  readonly retry_policy?: RetryPolicy; readonly prefix_rewrite?: string; readonly regex_rewrite?: { readonly pattern: RegexMatcher; readonly substitution: string };
  readonly host_rewrite_literal?: string; readonly auto_host_rewrite?: boolean; readonly request_mirror_policies?: readonly { readonly cluster: string; readonly runtime_fraction?: { readonly default_value: FractionalPercent }; readonly trace_sampled?: boolean; readonly disable_shadow_host_suffix_append?: boolean }[];
  readonly cors?: object; readonly hash_policy?: readonly HashPolicy[]; readonly upgrade_configs?: readonly object[];
};
export type RedirectAction = {
  readonly path_redirect?: string; readonly prefix_rewrite?: string; readonly host_redirect?: string; readonly port_redirect?: number; readonly scheme_redirect?: string; readonly https_redirect?: boolean;
  readonly response_code?: 'MOVED_PERMANENTLY' | 'FOUND' | 'SEE_OTHER' | 'TEMPORARY_REDIRECT' | 'PERMANENT_REDIRECT';
};
export type Route = HeaderOps & {
  readonly name?: string; readonly match: RouteMatch; readonly route?: RouteAction; readonly redirect?: RedirectAction;
  readonly direct_response?: { readonly status: number; readonly body?: { readonly inline_string?: string; readonly inline_bytes?: string } };
  readonly metadata?: Metadata; readonly decorator?: { readonly operation: string }; readonly typed_per_filter_config?: { readonly [filter: string]: Any }; readonly stat_prefix?: string;
};
export type VirtualHost = HeaderOps & { readonly name: string; readonly domains: readonly string[]; readonly routes?: readonly Route[]; readonly retry_policy?: RetryPolicy; readonly include_request_attempt_count?: boolean; readonly require_tls?: string; readonly typed_per_filter_config?: { readonly [filter: string]: Any } };
export type RouteConfiguration = HeaderOps & { readonly name: string; readonly virtual_hosts?: readonly VirtualHost[]; readonly ignore_port_in_host_matching?: boolean; readonly validate_clusters?: boolean; readonly max_direct_response_body_size_bytes?: number };

export type HttpFilter = { readonly name: string; readonly typed_config?: Any<{ readonly [field: string]: unknown }>; readonly is_optional?: boolean; readonly disabled?: boolean };
export type HttpConnectionManager = {
  readonly stat_prefix?: string; readonly codec_type?: string; readonly route_config?: RouteConfiguration; readonly rds?: { readonly route_config_name: string; readonly config_source?: object };
  readonly http_filters?: readonly HttpFilter[]; readonly tracing?: { readonly [field: string]: unknown }; readonly access_log?: readonly object[]; readonly server_name?: string;
  readonly use_remote_address?: boolean; readonly normalize_path?: boolean; readonly path_with_escaped_slashes_action?: string; readonly forward_client_cert_details?: string;
  readonly set_current_client_cert_details?: { readonly subject?: boolean; readonly cert?: boolean; readonly dns?: boolean; readonly uri?: boolean };
  readonly upgrade_configs?: readonly object[]; readonly stream_idle_timeout?: string; readonly request_timeout?: string; readonly http_protocol_options?: { readonly [field: string]: unknown };
  readonly generate_request_id?: boolean; readonly common_http_protocol_options?: { readonly [field: string]: unknown };
  readonly proxy_100_continue?: boolean; readonly merge_slashes?: boolean; readonly request_id_extension?: { readonly typed_config?: Any<{ readonly [field: string]: unknown }> }; readonly http2_protocol_options?: { readonly [field: string]: unknown };
};
export type TcpProxy = { readonly stat_prefix?: string; readonly cluster?: string; readonly weighted_clusters?: { readonly clusters: readonly { readonly name: string; readonly weight: number }[] }; readonly access_log?: readonly object[]; readonly idle_timeout?: string; readonly max_downstream_connection_duration?: string };
export type FilterChainMatch = {
  readonly destination_port?: number; readonly prefix_ranges?: readonly { readonly address_prefix: string; readonly prefix_len?: number }[]; readonly server_names?: readonly string[];
  readonly transport_protocol?: string; readonly application_protocols?: readonly string[]; readonly source_type?: string;
};
export type TransportSocket = { readonly name: string; readonly typed_config?: Any<{ readonly [field: string]: unknown }> };
export type FilterChain = { readonly name?: string; readonly filter_chain_match?: FilterChainMatch; readonly filters?: readonly { readonly name: string; readonly typed_config?: Any }[]; readonly transport_socket?: TransportSocket; readonly transport_socket_connect_timeout?: string; readonly metadata?: Metadata };
export type Listener = {
  readonly name: string; readonly address: Address; readonly additional_addresses?: readonly { readonly address: Address }[]; readonly filter_chains?: readonly FilterChain[]; readonly default_filter_chain?: FilterChain;
  /** A xds.type.matcher.v3 tree keyed by destination port and then by name of a filter chain, as istiod writes for virtualInbound. */
  readonly filter_chain_matcher?: { readonly [field: string]: unknown };
  readonly listener_filters?: readonly { readonly name: string; readonly typed_config?: Any; readonly filter_disabled?: object }[]; readonly max_connections_to_accept_per_socket_event?: number; readonly listener_filters_timeout?: string; readonly continue_on_listener_filters_timeout?: boolean;
  readonly traffic_direction?: 'INBOUND' | 'OUTBOUND' | 'UNSPECIFIED'; readonly use_original_dst?: boolean; readonly bind_to_port?: boolean; readonly access_log?: readonly object[]; readonly metadata?: Metadata;
};

export type LbEndpoint = { readonly endpoint?: { readonly address: Address; readonly hostname?: string }; readonly health_status?: string; readonly metadata?: Metadata; readonly load_balancing_weight?: number };
export type LocalityLbEndpoints = { readonly locality?: { readonly region?: string; readonly zone?: string; readonly sub_zone?: string }; readonly lb_endpoints?: readonly LbEndpoint[]; readonly load_balancing_weight?: number; readonly priority?: number };
export type ClusterLoadAssignment = { readonly cluster_name: string; readonly endpoints?: readonly LocalityLbEndpoints[]; readonly policy?: object };
export type Cluster = {
  readonly name: string; readonly type?: 'STATIC' | 'STRICT_DNS' | 'LOGICAL_DNS' | 'EDS' | 'ORIGINAL_DST'; readonly eds_cluster_config?: { readonly eds_config?: object; readonly service_name?: string };
  readonly load_assignment?: ClusterLoadAssignment; readonly connect_timeout?: string; readonly lb_policy?: 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'RING_HASH' | 'RANDOM' | 'MAGLEV' | 'CLUSTER_PROVIDED';
  readonly transport_socket?: TransportSocket; readonly transport_socket_matches?: readonly { readonly name: string; readonly match?: { readonly [key: string]: unknown }; readonly transport_socket: TransportSocket }[];
  readonly typed_extension_protocol_options?: { readonly [name: string]: Any<{ readonly [field: string]: unknown }> }; readonly circuit_breakers?: object; readonly outlier_detection?: object;
  readonly common_lb_config?: object; readonly metadata?: Metadata; readonly filters?: readonly object[]; readonly upstream_bind_config?: object; readonly alt_stat_name?: string; readonly least_request_lb_config?: object;
  readonly ring_hash_lb_config?: object; readonly maglev_lb_config?: object; readonly round_robin_lb_config?: object; readonly cleanup_interval?: string; readonly upstream_connection_options?: object;
};
export type Secret = { readonly name: string; readonly tls_certificate?: { readonly certificate_chain: DataSource; readonly private_key: DataSource }; readonly validation_context?: { readonly trusted_ca: DataSource; readonly match_typed_subject_alt_names?: readonly object[] } };
export type DataSource = { readonly inline_string?: string; readonly inline_bytes?: string; readonly filename?: string };

export const TYPE_URL = {
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  route: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoint: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  secret: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
} as const;
export type ResourceKind = keyof typeof TYPE_URL;
export type ResourceOf = { listener: Listener; route: RouteConfiguration; cluster: Cluster; endpoint: ClusterLoadAssignment; secret: Secret };
