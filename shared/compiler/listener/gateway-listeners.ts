import type { MeshSnapshot } from '#shared/mesh';
import type { FilterChain, Listener } from '#shared/xds';
import type { ProxyNode } from '../proxy-node.ts';
import { gatewayPorts, terminatesTls } from '../scope/gateway-servers.ts';
import type { BoundServer, GatewayPort } from '../scope/gateway-servers.ts';
import { gatewayTls } from '../tls-context.ts';
import { originOf } from '../provenance.ts';
import { listenerLog } from './access-log.ts';
import { httpManager } from './http-manager.ts';
import { TLS_INSPECTOR } from './listener-filters.ts';

const CONNECT_TIMEOUT = '15s';

/** Server names of a chain; "*" takes any, so it names none. */
function serverNames(bound: BoundServer): { readonly filter_chain_match?: { readonly server_names: readonly string[] } } {
  const hosts = [...new Set(bound.hosts.map(({ host }) => host))].sort();
  return hosts.includes('*') ? {} : { filter_chain_match: { server_names: hosts } };
}
function chainsOf(snapshot: MeshSnapshot, proxy: ProxyNode, entry: GatewayPort, name: string): readonly FilterChain[] {
  const manager = (rds: string): NonNullable<FilterChain['filters']> => [httpManager(snapshot, proxy, { kind: 'gateway', statPrefix: `outbound_${name};`, rds })];
  const [first] = entry.servers;
  if (entry.kind === 'http') return first === undefined ? [] : [{ filters: manager(first.routeName), transport_socket_connect_timeout: CONNECT_TIMEOUT }];
  return entry.servers.filter((bound) => terminatesTls(bound.server)).map((bound) => ({
    ...serverNames(bound), filters: manager(bound.routeName), transport_socket_connect_timeout: CONNECT_TIMEOUT,
    transport_socket: gatewayTls(bound.server.tls ?? {}, [snapshot.mesh.trustDomain, ...snapshot.mesh.trustDomainAliases]),
  }));
}

/** One listener for each port of the Gateways that select this proxy. TLS that is passed on and plain TCP have none yet. */
export function gatewayListeners(snapshot: MeshSnapshot, proxy: ProxyNode): readonly Listener[] {
  return gatewayPorts(snapshot, proxy).flatMap((entry): readonly Listener[] => {
    const address = entry.bind === '' ? '0.0.0.0' : entry.bind;
    const name = `${address}_${entry.port}`;
    const chains = chainsOf(snapshot, proxy, entry, name);
    const [first] = entry.servers;
    if (chains.length === 0 || first === undefined) return [];
    return [{
      name, address: { socket_address: { address, port_value: entry.port } }, traffic_direction: 'OUTBOUND', max_connections_to_accept_per_socket_event: 1, filter_chains: chains,
      ...(entry.kind === 'http' ? {} : { listener_filters: [TLS_INSPECTOR] }), ...listenerLog(snapshot.mesh), metadata: { filter_metadata: { pharos: originOf(first.gateway, `spec.servers[${first.index}]`) } },
    }];
  });
}
