import { fullHost, hostCovers, isVisible } from '#shared/mesh';
import type { MeshSnapshot } from '#shared/mesh';
import type { Route, RouteConfiguration, VirtualHost } from '#shared/xds';
import { Memo } from '../memo.ts';
import { labelsOf } from '../proxy-node.ts';
import type { ProxyNode } from '../proxy-node.ts';
import { destinationRuleFor } from '../scope/destination-rules.ts';
import { gatewayPorts, terminatesTls } from '../scope/gateway-servers.ts';
import type { BoundServer } from '../scope/gateway-servers.ts';
import { routingRules } from '../scope/routing-rules.ts';
import type { RoutingRule } from '../scope/routing-rules.ts';
import type { RouteContext } from './context.ts';
import { isCatchAll } from './match.ts';
import { destinationHosts, hashFor, wrapHosts } from './sidecar-routes.ts';
import { translateRule } from './translate-route.ts';

type HostDraft = { readonly name: string; readonly domain: string; readonly routes: Route[]; requireTls: boolean };

/** Hosts that a server and a rule have in common: the narrower of the two. */
function commonHosts(bound: BoundServer, rule: RoutingRule): readonly string[] {
  const open = bound.hosts.filter((host) => host.namespace === '*' || host.namespace === rule.namespace);
  const found = open.flatMap(({ host }) => rule.hosts.flatMap((ruleHost) => (hostCovers(host, ruleHost) ? [ruleHost] : hostCovers(ruleHost, host) ? [host] : [])));
  return [...new Set(found)];
}
/** Routes that take everything come last when rules of several objects meet on a host. */
const sortRoutes = (routes: readonly Route[]): readonly Route[] => [...routes.filter((route) => !isCatchAll(route.match)), ...routes.filter((route) => isCatchAll(route.match))];

/** Builds the route configurations of gateways. */
export class GatewayRoutes {
  readonly #rules = new Memo<readonly Route[]>();
  readonly #tables = new Memo<RouteConfiguration>();

  compile(snapshot: MeshSnapshot, proxy: ProxyNode): ReadonlyMap<string, RouteConfiguration> {
    const byName = new Map<string, { readonly port: number; readonly servers: BoundServer[] }>();
    for (const { port, servers } of gatewayPorts(snapshot, proxy)) {
      for (const bound of servers) {
        if (bound.routeName.startsWith('https.') && !terminatesTls(bound.server)) continue;
        const entry = byName.get(bound.routeName) ?? { port, servers: [] };
        entry.servers.push(bound);
        byName.set(bound.routeName, entry);
      }
    }
    const rules = routingRules(snapshot.virtualServices).filter((rule) => isVisible(rule.exportTo, rule.namespace, proxy.namespace));
    return new Map([...byName].map(([name, { servers }]) => [name, this.#table(snapshot, proxy, name, servers, rules)]));
  }

  #table(snapshot: MeshSnapshot, proxy: ProxyNode, name: string, servers: readonly BoundServer[], rules: readonly RoutingRule[]): RouteConfiguration {
    const hosts = new Map<string, HostDraft>();
    const parts: unknown[] = [];
    for (const bound of servers) {
      for (const rule of rules) {
        if (!rule.gateways.includes(bound.gatewayName)) continue;
        const common = commonHosts(bound, rule);
        if (common.length === 0) continue;
        const routes = this.#routes(snapshot, proxy, bound, rule);
        if (routes.length === 0) continue;
        for (const host of common) addRoutes(hosts, host, bound, routes);
        parts.push(bound.server, ...common, routes);
      }
      if (bound.server.tls?.httpsRedirect === true) for (const { host } of bound.hosts) addRoutes(hosts, host, bound, []);
      parts.push(bound.server);
    }
    return this.#tables.get(`${proxy.id}|${name}`, parts, () => {
      if (hosts.size === 0) return wrapHosts(name, [{ name: `blackhole:${servers[0]?.server.port.number ?? 0}`, domains: ['*'], routes: [] }]);
      const list = [...hosts.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
      return wrapHosts(name, list.map((draft): VirtualHost => ({
        name: draft.name, domains: [draft.domain], ...(draft.routes.length === 0 ? {} : { routes: sortRoutes(draft.routes) }), include_request_attempt_count: true, ...(draft.requireTls ? { require_tls: 'ALL' } : {}),
      })));
    });
  }

  #routes(snapshot: MeshSnapshot, proxy: ProxyNode, bound: BoundServer, rule: RoutingRule): readonly Route[] {
    const labels = labelsOf(snapshot, proxy);
    const client = { namespace: proxy.namespace, labels };
    const targets = rule.http.flatMap((http) => destinationHosts(http.route).map((host) => snapshot.services.get(fullHost(host, http.namespace))));
    const port = bound.server.port.number;
    const hashes = targets.map((target) => (target === undefined ? undefined : destinationRuleFor(snapshot, target, client)));
    return this.#rules.get(`${proxy.id}|${bound.gatewayName}|${port}|${rule.namespace}/${rule.name}`, [rule, snapshot.mesh, JSON.stringify(labels), ...targets, ...hashes], () => {
      const context: RouteContext = {
        mesh: snapshot.mesh, listenerPort: port, gateway: bound.gatewayName, tls: bound.server.tls !== undefined, labels, namespace: proxy.namespace,
        service: (host) => snapshot.services.get(host), onlyPort: (service) => (service.ports.length === 1 ? service.ports[0]?.port : undefined),
        hash: (host, destinationPort, subset) => hashFor(snapshot, snapshot.services.get(host), client, destinationPort ?? port, subset),
      };
      return translateRule(rule, context);
    });
  }
}

function addRoutes(hosts: Map<string, HostDraft>, host: string, bound: BoundServer, routes: readonly Route[]): void {
  const draft = hosts.get(host) ?? { name: `${host}:${bound.server.port.number}`, domain: host, routes: [], requireTls: false };
  draft.routes.push(...routes);
  if (bound.server.tls?.httpsRedirect === true) draft.requireTls = true;
  hosts.set(host, draft);
}
