import { byAge, gatewayProtocol, isHttp, selects } from '#shared/mesh';
import type { Gateway, GatewayServer, MeshSnapshot } from '#shared/mesh';
import { labelsOf, serviceTargets } from '../proxy-node.ts';
import type { ProxyNode } from '../proxy-node.ts';

/** A server of a Gateway on one port of a gateway proxy. */
export type BoundServer = { readonly gateway: Gateway; /** "namespace/name". */ readonly gatewayName: string; readonly server: GatewayServer; readonly index: number; readonly hosts: readonly ServerHost[]; readonly routeName: string };
/** A host of a server and the namespaces whose VirtualServices may bind to it ("*" for all). */
export type ServerHost = { readonly namespace: string; readonly host: string };
/** Servers that share one address and port; all plain HTTP, or all TLS or TCP. */
export type GatewayPort = { readonly port: number; readonly bind: string; readonly kind: 'http' | 'other'; readonly servers: readonly BoundServer[] };

function serverHost(text: string, ownNamespace: string): ServerHost {
  const slash = text.indexOf('/');
  if (slash < 0) return { namespace: '*', host: text.toLowerCase() };
  const namespace = text.slice(0, slash);
  return { namespace: namespace === '.' ? ownNamespace : namespace, host: text.slice(slash + 1).toLowerCase() };
}
/** HTTPS whose TLS ends at the gateway. */
export const terminatesTls = (server: GatewayServer): boolean =>
  gatewayProtocol(server.port.protocol) === 'HTTPS' && server.tls !== undefined && server.tls.mode !== undefined && server.tls.mode !== 'PASSTHROUGH' && server.tls.mode !== 'AUTO_PASSTHROUGH';

function routeNameOf(gateway: Gateway, server: GatewayServer, port: number): string {
  const bind = server.bind === undefined || server.bind === '' ? '' : `.${server.bind}`;
  if (isHttp(gatewayProtocol(server.port.protocol))) return `http.${port}${bind}`;
  return `https.${port}.${server.port.name}.${gateway.metadata.name}.${gateway.metadata.namespace ?? ''}${bind}`;
}

/** The Gateways that select a proxy, oldest first, their servers joined by port. A server that clashes with an older one on its port is left out. */
export function gatewayPorts(snapshot: MeshSnapshot, proxy: ProxyNode): readonly GatewayPort[] {
  const labels = labelsOf(snapshot, proxy);
  const targets = serviceTargets(snapshot, proxy);
  const ports = new Map<string, { port: number; bind: string; kind: 'http' | 'other'; servers: BoundServer[] }>();
  for (const gateway of byAge.gateways(snapshot.gateways)) {
    if (!selects(gateway.spec.selector, labels)) continue;
    for (const [index, server] of (gateway.spec.servers ?? []).entries()) {
      // The number is that of a port of the gateway's Service first; the proxy listens on its target port.
      const port = targets.find((target) => target.port.port === server.port.number)?.targetPort ?? server.port.number;
      const kind = isHttp(gatewayProtocol(server.port.protocol)) ? 'http' : 'other';
      const bind = server.bind ?? '';
      const entry = ports.get(`${bind}|${port}`) ?? { port, bind, kind, servers: [] };
      if (entry.kind !== kind || (kind === 'other' && hasSameHost(entry.servers, server))) continue;
      const { namespace = '', name } = gateway.metadata;
      entry.servers.push({ gateway, gatewayName: `${namespace}/${name}`, server, index, hosts: server.hosts.map((host) => serverHost(host, namespace)), routeName: routeNameOf(gateway, server, port) });
      ports.set(`${bind}|${port}`, entry);
    }
  }
  return [...ports.values()].sort((a, b) => a.port - b.port || (a.bind < b.bind ? -1 : 1));
}
const hostOnly = (text: string): string => text.slice(text.indexOf('/') + 1).toLowerCase();
/** Two TLS servers of a port must differ in their hosts, else no chain could be picked. */
const hasSameHost = (servers: readonly BoundServer[], server: GatewayServer): boolean => {
  const taken = new Set(servers.flatMap((bound) => bound.server.hosts.map(hostOnly)));
  return server.hosts.some((host) => taken.has(hostOnly(host)));
};
