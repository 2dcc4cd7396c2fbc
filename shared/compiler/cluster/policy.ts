import { parseDuration } from '#shared/base';
import { isHttp } from '#shared/mesh';
import type { MeshConfig, MeshPort } from '#shared/mesh';
import type { Any, Cluster } from '#shared/xds';
import type { PolicyBlocks } from '../scope/destination-rules.ts';
import { duration, isSet } from '../values.ts';

/** Istio switches Envoy's limits (1024) off: 2^32 - 1. */
const NO_LIMIT = 4_294_967_295;
/** Least size of a hash ring, Istio's default. */
const RING_SIZE = 1024;
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
type Fields = { readonly [field: string]: unknown };
const limit = (v: number | undefined): number => (v !== undefined && v > 0 ? v : NO_LIMIT);
const httpOptions = (fields: Fields): NonNullable<Cluster['typed_extension_protocol_options']> => ({ [HTTP_OPTIONS]: { '@type': `type.googleapis.com/${HTTP_OPTIONS}`, ...fields } satisfies Any<Fields> });

export const circuitBreakers = (pool: PolicyBlocks['connectionPool']): object => ({
  thresholds: [{
    max_connections: limit(pool?.tcp?.maxConnections), max_pending_requests: limit(pool?.http?.http1MaxPendingRequests), max_requests: limit(pool?.http?.http2MaxRequests), max_retries: limit(pool?.http?.maxRetries),
  }],
});

/** PassthroughCluster and its like: whatever protocol the client used, idle connections for five minutes. */
export const PASSTHROUGH_OPTIONS = httpOptions({ common_http_protocol_options: { idle_timeout: '300s' }, use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} } });

function upgrades(pool: PolicyBlocks['connectionPool'], port: MeshPort, mesh: MeshConfig): boolean {
  if (pool?.http?.useClientProtocol === true) return false;
  const policy = pool?.http?.h2UpgradePolicy;
  if (policy === 'UPGRADE') return true;
  return policy !== 'DO_NOT_UPGRADE' && isHttp(port.protocol) && mesh.raw['h2UpgradePolicy'] === 'UPGRADE';
}
/** Whether HTTP/2 is spoken to the upstream whatever the client speaks. */
export const usesHttp2 = (port: MeshPort, pool: PolicyBlocks['connectionPool'], mesh: MeshConfig): boolean =>
  port.protocol === 'HTTP2' || port.protocol === 'GRPC' || port.protocol === 'GRPC-Web' || upgrades(pool, port, mesh);

/** Protocol and timeouts of connections to an upstream; undefined when Envoy's defaults are meant. */
export function protocolOptions(port: MeshPort | undefined, pool: PolicyBlocks['connectionPool'], mesh: MeshConfig): NonNullable<Cluster['typed_extension_protocol_options']> | undefined {
  const idle = duration(pool?.http?.idleTimeout) ?? duration(pool?.tcp?.idleTimeout);
  const life = duration(pool?.tcp?.maxConnectionDuration);
  const perConnection = pool?.http?.maxRequestsPerConnection ?? 0;
  const common = {
    ...(idle === undefined ? {} : { idle_timeout: idle }), ...(life === undefined ? {} : { max_connection_duration: life }), ...(perConnection > 0 ? { max_requests_per_connection: perConnection } : {}),
  };
  const streams = pool?.http?.maxConcurrentStreams ?? 0;
  const ping = pool?.http?.http2KeepAlive;
  const http2 = {
    ...(streams > 0 ? { max_concurrent_streams: streams } : {}), ...(ping === undefined ? {} : { connection_keepalive: { ...(duration(ping.interval) === undefined ? {} : { interval: duration(ping.interval) }), ...(duration(ping.timeout) === undefined ? {} : { timeout: duration(ping.timeout) }) } }),
  };
  const downstream = pool?.http?.useClientProtocol === true || (port?.protocol === 'auto' && !upgrades(pool, port, mesh));
  const protocol = port === undefined ? {} : downstream ? { use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} } } : usesHttp2(port, pool, mesh) ? { explicit_http_config: { http2_protocol_options: http2 } } : {};
  const needsCommon = Object.keys(common).length > 0 || streams > 0 || ping !== undefined;
  if (!needsCommon && Object.keys(protocol).length === 0) return undefined;
  // Envoy refuses options that name no protocol.
  return httpOptions({ ...(needsCommon ? { common_http_protocol_options: common } : {}), ...(Object.keys(protocol).length === 0 ? { explicit_http_config: { http_protocol_options: {} } } : protocol) });
}

type Balancer = Pick<Cluster, 'lb_policy' | 'ring_hash_lb_config' | 'maglev_lb_config' | 'least_request_lb_config' | 'round_robin_lb_config'>;
function slowStart(balancer: PolicyBlocks['loadBalancer']): object | undefined {
  const window = duration(balancer?.warmup?.duration) ?? duration(balancer?.warmupDurationSecs);
  if (window === undefined) return undefined;
  if (balancer?.warmup === undefined) return { slow_start_window: window };
  return { slow_start_window: window, aggression: { default_value: balancer.warmup.aggression ?? 1, runtime_key: '(' }, min_weight_percent: { value: balancer.warmup.minimumPercent ?? 10 } };
}
/** How an endpoint is picked; LEAST_REQUEST (the less busy of two) where nothing is said. */
export function balancerOf(balancer: PolicyBlocks['loadBalancer']): Balancer {
  const hash = balancer?.consistentHash;
  if (hash !== undefined) {
    if (hash.maglev !== undefined) return { lb_policy: 'MAGLEV', ...(isSet(hash.maglev.tableSize) && hash.maglev.tableSize > 0 ? { maglev_lb_config: { table_size: hash.maglev.tableSize } } : {}) };
    return { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: hash.ringHash?.minimumRingSize ?? hash.minimumRingSize ?? RING_SIZE } };
  }
  const start = slowStart(balancer);
  switch (balancer?.simple) {
    case 'ROUND_ROBIN': return { lb_policy: 'ROUND_ROBIN', ...(start === undefined ? {} : { round_robin_lb_config: { slow_start_config: start } }) };
    case 'RANDOM': return { lb_policy: 'RANDOM' };
    case 'PASSTHROUGH': return { lb_policy: 'CLUSTER_PROVIDED' };
    default: return { lb_policy: 'LEAST_REQUEST', ...(start === undefined ? {} : { least_request_lb_config: { slow_start_config: start } }) };
  }
}

/** Success-rate ejection is always off; the panic threshold is 0 unless minHealthPercent says more. */
export function outlierDetection(outlier: PolicyBlocks['outlierDetection']): Pick<Cluster, 'outlier_detection'> & { readonly panic: number } | undefined {
  if (outlier === undefined) return undefined;
  const enforcing = (count: number): number => (count > 0 ? 100 : 0);
  const { consecutive5xxErrors: errors, consecutiveGatewayErrors: gateway, consecutiveLocalOriginFailures: local } = outlier;
  const split = outlier.splitExternalLocalOriginErrors === true;
  return {
    panic: outlier.minHealthPercent ?? 0,
    outlier_detection: {
      enforcing_success_rate: 0, ...(isSet(errors) ? { consecutive_5xx: errors, enforcing_consecutive_5xx: enforcing(errors) } : {}),
      ...(isSet(gateway) ? { consecutive_gateway_failure: gateway, enforcing_consecutive_gateway_failure: enforcing(gateway) } : {}),
      ...(duration(outlier.interval) === undefined ? {} : { interval: duration(outlier.interval) }), ...(duration(outlier.baseEjectionTime) === undefined ? {} : { base_ejection_time: duration(outlier.baseEjectionTime) }),
      ...((outlier.maxEjectionPercent ?? 0) > 0 ? { max_ejection_percent: outlier.maxEjectionPercent } : {}),
      ...(split ? { split_external_local_origin_errors: true, enforcing_local_origin_success_rate: 0, ...(isSet(local) && local > 0 ? { consecutive_local_origin_failure: local, enforcing_consecutive_local_origin_failure: 100 } : {}) } : {}),
    },
  };
}

/** TCP keep-alive; absent unless asked for. */
export function keepalive(pool: PolicyBlocks['connectionPool']): Pick<Cluster, 'upstream_connection_options'> {
  const alive = pool?.tcp?.tcpKeepalive;
  if (alive === undefined) return {};
  const seconds = (text: string | undefined): number | undefined => {
    const ms = text === undefined ? undefined : parseDuration(text);
    return ms === undefined ? undefined : Math.trunc(ms / 1000);
  };
  const [time, interval] = [seconds(alive.time), seconds(alive.interval)];
  return {
    upstream_connection_options: {
      tcp_keepalive: { ...((alive.probes ?? 0) > 0 ? { keepalive_probes: alive.probes } : {}), ...(time === undefined ? {} : { keepalive_time: time }), ...(interval === undefined ? {} : { keepalive_interval: interval }) },
    },
  };
}
