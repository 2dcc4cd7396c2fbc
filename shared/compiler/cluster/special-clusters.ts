import type { MeshConfig } from '#shared/mesh';
import type { Cluster } from '#shared/xds';
import { duration } from '../values.ts';
import { circuitBreakers, PASSTHROUGH_OPTIONS } from './policy.ts';

/** Source address of what a sidecar sends to its own application, so that the redirection does not catch it again. */
export const LOOPBACK_SOURCE = { source_address: { address: '127.0.0.6', port_value: 0 } };
export const connectTimeoutOf = (mesh: MeshConfig): string => duration(mesh.connectTimeout) ?? '10s';

/** Takes what must go nowhere. */
export const blackHoleCluster = (mesh: MeshConfig): Cluster => ({ name: 'BlackHoleCluster', type: 'STATIC', alt_stat_name: 'BlackHoleCluster;', connect_timeout: connectTimeoutOf(mesh) });
/** Sends to wherever the client wanted. */
export const passthroughCluster = (mesh: MeshConfig): Cluster => ({
  name: 'PassthroughCluster', type: 'ORIGINAL_DST', alt_stat_name: 'PassthroughCluster;', connect_timeout: connectTimeoutOf(mesh), lb_policy: 'CLUSTER_PROVIDED',
  typed_extension_protocol_options: PASSTHROUGH_OPTIONS, circuit_breakers: circuitBreakers(undefined),
});
/** Sends to the port of the application that was called, where no Service names it. */
export const inboundPassthroughCluster = (mesh: MeshConfig): Cluster => ({ ...passthroughCluster(mesh), name: 'InboundPassthroughCluster', upstream_bind_config: LOOPBACK_SOURCE });
