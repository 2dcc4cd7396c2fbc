import type { MeshConfig } from '#shared/mesh';
import type { Any, TcpProxy } from '#shared/xds';
import { TCP_EXCHANGE } from '../istio-filters.ts';
import { accessLog } from './access-log.ts';

type NetworkFilter = { readonly name: string; readonly typed_config?: Any };
const STATS: NetworkFilter = { name: 'istio.stats', typed_config: { '@type': 'type.googleapis.com/stats.PluginConfig' } };
const proxyTo = (mesh: MeshConfig, cluster: string, log: boolean): NetworkFilter => {
  const typed_config: Any<TcpProxy> = { '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', stat_prefix: cluster, cluster, ...(log ? accessLog(mesh) : {}) };
  return { name: 'envoy.filters.network.tcp_proxy', typed_config };
};
/** Filters of a chain that passes bytes on. */
export const tcpFilters = (mesh: MeshConfig, cluster: string, options: { readonly istioFilters: boolean; readonly inbound: boolean }): readonly NetworkFilter[] => [
  ...(options.istioFilters && options.inbound ? [TCP_EXCHANGE] : []), ...(options.istioFilters ? [STATS] : []), proxyTo(mesh, cluster, cluster !== 'BlackHoleCluster'),
];
/** HTTP chains of servers learn the caller of a TCP connection too, so that refused connections can be told apart. */
export const beforeHttp = (istioFilters: boolean): readonly NetworkFilter[] => (istioFilters ? [TCP_EXCHANGE] : []);
