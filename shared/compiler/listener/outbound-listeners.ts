import { isHttp } from '#shared/mesh';
import type { MeshPort, MeshService, MeshSnapshot } from '#shared/mesh';
import { clusterName } from '#shared/xds';
import type { FilterChain, Listener } from '#shared/xds';
import { duration } from '../values.ts';
import type { ProxyNode } from '../proxy-node.ts';
import { servicesByPort, visibleServices } from '../scope/services.ts';
import { listenerLog } from './access-log.ts';
import { httpManager } from './http-manager.ts';
import { HTTP_INSPECTOR } from './listener-filters.ts';
import { tcpFilters } from './tcp-filter.ts';

const PLAIN_HTTP = ['http/1.1', 'h2c'];
/** How long the handshake of a new connection may take. */
const CONNECT_TIMEOUT = '15s';
/** A headless service of TCP has a listener for each of its endpoints, up to this many. */
const HEADLESS_LISTENERS_MAX = 8;

const outsideCluster = (snapshot: MeshSnapshot): string => (snapshot.mesh.outboundTrafficPolicy === 'ALLOW_ANY' ? 'PassthroughCluster' : 'BlackHoleCluster');
const tcp = (snapshot: MeshSnapshot, proxy: ProxyNode, cluster: string): NonNullable<FilterChain['filters']> => tcpFilters(snapshot.mesh, cluster, { istioFilters: proxy.istioFilters, inbound: false });
const detection = (snapshot: MeshSnapshot): string => duration(snapshot.mesh.protocolDetectionTimeout) ?? '0s';

/** Shared by all HTTP services of a port; what is no HTTP goes where the client wanted. */
function httpListener(snapshot: MeshSnapshot, proxy: ProxyNode, port: number): Listener {
  return {
    name: `0.0.0.0_${port}`, address: { socket_address: { address: '0.0.0.0', port_value: port } }, traffic_direction: 'OUTBOUND', bind_to_port: false,
    filter_chains: [{
      filter_chain_match: { application_protocols: PLAIN_HTTP, transport_protocol: 'raw_buffer' }, transport_socket_connect_timeout: CONNECT_TIMEOUT,
      filters: [httpManager(snapshot, proxy, { kind: 'outbound', statPrefix: `outbound_0.0.0.0_${port};`, rds: String(port) })],
    }],
    default_filter_chain: { name: 'PassthroughFilterChain', filter_chain_match: {}, filters: tcp(snapshot, proxy, outsideCluster(snapshot)) },
    listener_filters: [HTTP_INSPECTOR], listener_filters_timeout: detection(snapshot), continue_on_listener_filters_timeout: true, ...listenerLog(snapshot.mesh),
  };
}
/** A port whose protocol nobody said: HTTP when it looks so, else bytes to the service. */
function sniffedListener(snapshot: MeshSnapshot, proxy: ProxyNode, service: MeshService, port: MeshPort, address: string): Listener {
  const cluster = clusterName({ direction: 'outbound', port: port.port, subset: '', host: service.host });
  const base = httpListener(snapshot, proxy, port.port);
  return {
    ...base, name: `${address}_${port.port}`, address: { socket_address: { address, port_value: port.port } },
    filter_chains: [{
      filter_chain_match: { application_protocols: PLAIN_HTTP, transport_protocol: 'raw_buffer' }, transport_socket_connect_timeout: CONNECT_TIMEOUT,
      filters: [httpManager(snapshot, proxy, { kind: 'outbound', statPrefix: `outbound_${address}_${port.port};`, rds: `${service.host}:${port.port}` })],
    }],
    default_filter_chain: { filters: tcp(snapshot, proxy, cluster), transport_socket_connect_timeout: CONNECT_TIMEOUT },
  };
}
function tcpListener(snapshot: MeshSnapshot, proxy: ProxyNode, service: MeshService, port: MeshPort, address: string): Listener {
  const cluster = clusterName({ direction: 'outbound', port: port.port, subset: '', host: service.host });
  return {
    name: `${address}_${port.port}`, address: { socket_address: { address, port_value: port.port } }, traffic_direction: 'OUTBOUND', bind_to_port: false,
    filter_chains: [{ filters: tcp(snapshot, proxy, cluster), transport_socket_connect_timeout: CONNECT_TIMEOUT }], listener_filters_timeout: detection(snapshot), continue_on_listener_filters_timeout: true, ...listenerLog(snapshot.mesh),
  };
}
/** Where everything arrives that no other listener takes. */
function virtualOutbound(snapshot: MeshSnapshot, proxy: ProxyNode): Listener {
  const port = snapshot.mesh.proxyListenPort;
  return {
    name: 'virtualOutbound', address: { socket_address: { address: '0.0.0.0', port_value: port } }, traffic_direction: 'OUTBOUND', use_original_dst: true, max_connections_to_accept_per_socket_event: 1,
    filter_chains: [
      { name: 'virtualOutbound-blackhole', filter_chain_match: { destination_port: port }, filters: tcp(snapshot, proxy, 'BlackHoleCluster') },
      { name: 'virtualOutbound-catchall-tcp', filters: tcp(snapshot, proxy, outsideCluster(snapshot)) },
    ],
    ...listenerLog(snapshot.mesh),
  };
}

/** The addresses at which a service is called: its cluster addresses, or those of its endpoints when it is headless. */
function addressesOf(snapshot: MeshSnapshot, service: MeshService): readonly string[] {
  if (!service.headless) return service.addresses.slice(0, 1);
  const endpoints = (snapshot.endpoints.get(service.host) ?? []).map((endpoint) => endpoint.address);
  return endpoints.length <= HEADLESS_LISTENERS_MAX ? endpoints : ['0.0.0.0'];
}

/** One wildcard listener for each port with HTTP services, one for each address of other services, and virtualOutbound. */
export function outboundListeners(snapshot: MeshSnapshot, proxy: ProxyNode): readonly Listener[] {
  const listeners = new Map<string, Listener>();
  const put = (listener: Listener): void => {
    if (!listeners.has(listener.name)) listeners.set(listener.name, listener);
  };
  for (const [port, entries] of servicesByPort(visibleServices(snapshot.services, proxy.namespace))) {
    if (entries.some((entry) => isHttp(entry.port.protocol))) put(httpListener(snapshot, proxy, port));
    for (const { service, port: own } of entries) {
      if (isHttp(own.protocol) || own.protocol === 'UDP' || service.externalName !== undefined) continue;
      // A sidecar's own pod must not catch calls to its own address.
      for (const address of addressesOf(snapshot, service)) if (address !== proxy.ip) put(own.protocol === 'auto' && !service.headless ? sniffedListener(snapshot, proxy, service, own, address) : tcpListener(snapshot, proxy, service, own, address));
    }
  }
  return [...listeners.values(), virtualOutbound(snapshot, proxy)];
}
