import { fullHost as hostIn } from '#shared/mesh';
import type { HTTPRoute, Labels, MeshService, MeshSnapshot } from '#shared/mesh';
import { clusterName } from '#shared/xds';
import type { RouteConfiguration, VirtualHost } from '#shared/xds';
import { Memo } from '../memo.ts';
import { serviceOrigin } from '../provenance.ts';
import { destinationRuleFor, hasWorkloadRules, portPolicy, subsetPolicy } from '../scope/destination-rules.ts';
import type { Client } from '../scope/destination-rules.ts';
import { indexRules } from '../scope/rule-index.ts';
import type { RuleIndex } from '../scope/rule-index.ts';
import { meshRules } from '../scope/routing-rules.ts';
import type { RoutingRule } from '../scope/routing-rules.ts';
import { servicesByPort, speaksHttp, visibleServices } from '../scope/services.ts';
import type { ServiceOnPort } from '../scope/services.ts';
import type { ConsistentHash, RouteContext } from './context.ts';
import { catchAllHost, defaultRoute } from './default-routes.ts';
import { hashPolicy, translateRule } from './translate-route.ts';

/** Bodies of direct responses may be as long as validation allows. Envoy's default is 4 KiB. */
export const BODY_BYTES_MAX = 1_048_576;
export const wrapHosts = (name: string, hosts: readonly VirtualHost[]): RouteConfiguration => ({ name, virtual_hosts: hosts, validate_clusters: false, max_direct_response_body_size_bytes: BODY_BYTES_MAX, ignore_port_in_host_matching: true });

/** Names under which a service is called from a namespace: the full one, the shorter ones of the cluster's domain, its addresses. */
export function domainsOf(service: MeshService, namespace: string): readonly string[] {
  const { host, name } = service;
  const svc = `${name}.${service.namespace}.svc`;
  const short = service.namespace === namespace ? [name, svc, `${name}.${service.namespace}`] : [`${name}.${service.namespace}`, svc];
  const names = host.startsWith(`${svc}.`) ? [host, `${host}.`, ...short] : [host];
  return service.headless ? [...names, ...names.map((domain) => `*.${domain}`)] : [...names, ...service.addresses];
}

/** The consistent hash a client uses for a destination. */
export function hashFor(snapshot: MeshSnapshot, service: MeshService | undefined, client: Client, port: number | undefined, subset: string | undefined): ConsistentHash | undefined {
  const rule = service === undefined ? undefined : destinationRuleFor(snapshot, service, client);
  if (rule === undefined) return undefined;
  const base = portPolicy(rule.policy, port ?? 0);
  const entry = subset === undefined || subset === '' ? undefined : rule.subsets.find((known) => known.subset.name === subset);
  return (entry === undefined ? base : subsetPolicy(base, entry.subset, port ?? 0)).loadBalancer?.consistentHash;
}

/** Hosts a rule sends to. */
export const destinationHosts = (route: HTTPRoute): readonly string[] =>
  [...(route.route ?? []).map((entry) => entry.destination.host), ...(route.mirror === undefined ? [] : [route.mirror.host]), ...(route.mirrors ?? []).map((entry) => entry.destination.host)];

/** A domain belongs to the first host that has it; a proxy refuses a table in which it stands twice. */
export function withoutDoubles(hosts: readonly VirtualHost[]): readonly VirtualHost[] {
  const seen = new Set<string>();
  return hosts.flatMap((host) => {
    const fresh = host.domains.filter((domain) => !seen.has(domain));
    for (const domain of fresh) seen.add(domain);
    return fresh.length === host.domains.length ? [host] : fresh.length === 0 ? [] : [{ ...host, domains: fresh }];
  });
}

type Scope = { readonly snapshot: MeshSnapshot; readonly namespace: string; readonly labels: Labels; readonly index: RuleIndex; readonly services: readonly MeshService[] };

/** Builds the route configurations of sidecars; virtual hosts are kept between snapshots. */
export class SidecarRoutes {
  readonly #hosts = new Memo<VirtualHost | undefined>();
  readonly #tables = new Memo<RouteConfiguration>();
  readonly #all = new Memo<ReadonlyMap<string, RouteConfiguration>>();
  readonly #indexes = new Memo<RuleIndex>();

  /** Virtual hosts made so far. */
  get made(): number {
    return this.#hosts.made;
  }

  /** Every route configuration of a sidecar by name: `<port>` for ports that are declared HTTP, `<host>:<port>` for sniffed ones. */
  compile(snapshot: MeshSnapshot, client: Client): ReadonlyMap<string, RouteConfiguration> {
    const services = visibleServices(snapshot.services, client.namespace);
    const rules = meshRules(snapshot.virtualServices, client.namespace);
    const bySource = rules.some((rule) => rule.usesSource) || hasWorkloadRules(snapshot.destinationRules) ? JSON.stringify(client.labels) : '';
    return this.#all.get(`${client.namespace}|${bySource}`, [services, snapshot.virtualServices, snapshot.destinationRules, snapshot.mesh], () => {
      const index = this.#indexes.get(client.namespace, [services, snapshot.virtualServices], () => indexRules(rules, services));
      return this.#build({ snapshot, namespace: client.namespace, labels: client.labels, index, services }, bySource);
    });
  }

  #build(scope: Scope, bySource: string): ReadonlyMap<string, RouteConfiguration> {
    const tables = new Map<string, RouteConfiguration>();
    const put = (table: RouteConfiguration): void => void tables.set(table.name, table);
    for (const [port, entries] of servicesByPort(scope.services)) {
      const http = entries.filter(speaksHttp);
      if (http.length === 0) continue;
      const hosts = this.#hostsOf(scope, port, entries, http, bySource);
      if (entries.some((entry) => entry.port.protocol !== 'auto' && speaksHttp(entry))) {
        put(this.#tables.get(`${scope.namespace}|${bySource}|${port}`, [scope.snapshot.mesh, ...hosts], () => wrapHosts(String(port), [...hosts, catchAllHost(scope.snapshot.mesh)])));
      }
      for (const { service } of http.filter((entry) => entry.port.protocol === 'auto')) {
        const own = hosts.find((host) => host.name === `${service.host}:${port}`);
        const name = `${service.host}:${port}`;
        put(this.#tables.get(`${scope.namespace}|${bySource}|${name}`, [own], () => wrapHosts(name, own === undefined ? [] : [{ ...own, domains: ['*'] }])));
      }
    }
    return tables;
  }

  /** The virtual hosts of a port, sorted by name, no domain twice. */
  #hostsOf(scope: Scope, port: number, entries: readonly ServiceOnPort[], http: readonly ServiceOnPort[], bySource: string): readonly VirtualHost[] {
    const onPort = new Map(entries.map((entry) => [entry.service.host, entry.service]));
    const hosts: VirtualHost[] = [];
    const selected = new Set<RoutingRule>();
    for (const { service } of http) {
      const rule = scope.index.ofService.get(service.host);
      if (rule !== undefined) selected.add(rule);
      hosts.push(this.#serviceHost(scope, service, port, rule, onPort, bySource));
    }
    for (const [host, rule] of this.#otherHosts(scope, port, onPort, selected)) {
      const made = this.#ruleHost(scope, host, port, rule, onPort, bySource);
      if (made !== undefined) hosts.push(made);
    }
    hosts.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return withoutDoubles(hosts);
  }

  /** Hosts of rules that are no service of this port: on port 80 all of them, elsewhere those of rules that are about a service of the port. */
  #otherHosts(scope: Scope, port: number, onPort: ReadonlyMap<string, MeshService>, selected: ReadonlySet<RoutingRule>): ReadonlyMap<string, RoutingRule> {
    const found = new Map<string, RoutingRule>();
    if (port === 80) for (const [host, rule] of [...scope.index.otherHosts, ...scope.index.ofService]) if (!onPort.has(host) && (scope.index.otherHosts.has(host) || rule.hosts.includes(host))) found.set(host, rule);
    for (const rule of selected) for (const host of rule.hosts) if (!host.startsWith('*') && !onPort.has(host) && !found.has(host)) found.set(host, rule);
    return found;
  }

  #context(scope: Scope, port: number, onPort: ReadonlyMap<string, MeshService>): RouteContext {
    const client = { namespace: scope.namespace, labels: scope.labels };
    return {
      mesh: scope.snapshot.mesh, listenerPort: port, gateway: 'mesh', tls: false, labels: scope.labels, namespace: scope.namespace,
      service: (host) => onPort.get(host), onlyPort: () => port,
      hash: (host, destinationPort, subset) => hashFor(scope.snapshot, scope.snapshot.services.get(host), client, destinationPort ?? port, subset),
    };
  }
  /** Routes look at destination rules only where those ask for a consistent hash, so most of their changes leave routes alone. */
  #hashInputs(scope: Scope, service: MeshService | undefined, rule: RoutingRule | undefined): readonly unknown[] {
    const client = { namespace: scope.namespace, labels: scope.labels };
    const targets = rule === undefined ? [service] : rule.http.flatMap((http) => (http.route.route ?? []).map((entry) => scope.snapshot.services.get(hostIn(entry.destination.host, http.namespace))));
    return targets.map((target) => (target === undefined ? undefined : destinationRuleFor(scope.snapshot, target, client)));
  }

  #serviceHost(scope: Scope, service: MeshService, port: number, rule: RoutingRule | undefined, onPort: ReadonlyMap<string, MeshService>, bySource: string): VirtualHost {
    const name = `${service.host}:${port}`;
    const destinations = rule?.http.flatMap((http) => destinationHosts(http.route).map((host) => onPort.get(hostIn(host, http.namespace)))) ?? [];
    const made = this.#hosts.get(`${scope.namespace}|${bySource}|${name}`, [service, rule, scope.snapshot.mesh, ...this.#hashInputs(scope, service, rule), ...destinations], (): VirtualHost => {
      const routes = rule === undefined ? [] : translateRule(rule, this.#context(scope, port, onPort));
      const hash = hashPolicy(hashFor(scope.snapshot, service, { namespace: scope.namespace, labels: scope.labels }, port, undefined));
      const plain = defaultRoute(clusterName({ direction: 'outbound', port, subset: '', host: service.externalName ?? service.host }), `${service.host}:${port}/*`, scope.snapshot.mesh, serviceOrigin(service, service.ports.findIndex((own) => own.port === port)));
      const fallback = hash === undefined ? plain : { ...plain, route: { ...plain.route, hash_policy: [hash] } };
      return { name, domains: domainsOf(service, scope.namespace), routes: routes.length === 0 ? [fallback] : routes, include_request_attempt_count: true };
    });
    return made ?? { name, domains: [] };
  }
  #ruleHost(scope: Scope, host: string, port: number, rule: RoutingRule, onPort: ReadonlyMap<string, MeshService>, bySource: string): VirtualHost | undefined {
    const name = `${host}:${port}`;
    const destinations = rule.http.flatMap((http) => destinationHosts(http.route).map((target) => onPort.get(hostIn(target, http.namespace))));
    return this.#hosts.get(`${scope.namespace}|${bySource}|${name}`, [rule, scope.snapshot.mesh, ...this.#hashInputs(scope, undefined, rule), ...destinations], () => {
      const routes = translateRule(rule, this.#context(scope, port, onPort));
      return routes.length === 0 ? undefined : { name, domains: [host], routes, include_request_attempt_count: true };
    });
  }
}
