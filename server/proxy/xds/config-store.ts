import { compileRouteTable, ConfigProblem, loadRegexEngine, tlsViewOf, usesRegex } from '#shared/evaluator';
import type { RouteTable } from '#shared/evaluator';
import type { Cluster, ClusterLoadAssignment, Listener, ResourceKind, ResourceOf, RouteConfiguration, Secret } from '#shared/xds';
import { ClusterRuntime } from '../cluster/cluster.ts';
import type { ClusterContext } from '../cluster/cluster.ts';
import type { Runtime } from '../filter/runtime.ts';
import { compileListener } from '../listener/listener-runtime.ts';
import type { ListenerRuntime } from '../listener/listener-runtime.ts';

export type Stored<T> = { readonly name: string; readonly version: string; readonly updatedAt: number; readonly resource: T };
type Tables = { readonly [K in ResourceKind]: Map<string, Stored<ResourceOf[K]>> };
export type Update<K extends ResourceKind> = { readonly kind: K; readonly upserts: readonly { readonly version: string; readonly resource: ResourceOf[K] }[]; readonly removed: readonly string[]; /** State of the world: what is not named is gone (listeners and clusters only). */ readonly full: boolean };
/** One update of any kind. */
export type AnyUpdate = { readonly [K in ResourceKind]: Update<K> }[ResourceKind];

export const nameOf = (resource: { readonly name: string } | ClusterLoadAssignment): string => ('cluster_name' in resource ? resource.cluster_name : resource.name);
const edsName = (cluster: Cluster): string => cluster.eds_cluster_config?.service_name ?? cluster.name;

/**
 * The configuration that was accepted, and the snapshot made of it. An update is checked as a whole before anything of it is used:
 * one bad resource and everything stays as it was.
 */
export class ConfigStore {
  readonly tables: Tables = { listener: new Map(), route: new Map(), cluster: new Map(), endpoint: new Map(), secret: new Map() };
  readonly #runtime: Runtime;
  readonly #clusterContext: ClusterContext;
  readonly #changed: () => void;
  readonly #listeners = new Map<string, ListenerRuntime>();
  readonly #activeListeners = new Map<string, ListenerRuntime>();
  readonly #routes = new Map<string, RouteTable>();
  readonly #clusters = new Map<string, ClusterRuntime>();
  /** Clusters that wait for their first endpoints; until then the old ones of that name serve. */
  readonly #warming = new Map<string, ClusterRuntime>();
  #version = 0;
  constructor(runtime: Runtime, clusterContext: ClusterContext, changed: () => void) {
    this.#runtime = runtime;
    this.#clusterContext = clusterContext;
    this.#changed = changed;
  }
  /** Checks and takes an update; throws a ConfigProblem, and then nothing has changed. */
  async apply(update: AnyUpdate): Promise<void> {
    if (update.upserts.some(({ resource }) => usesRegex(resource))) await loadRegexEngine();
    switch (update.kind) {
      case 'cluster': this.#applyClusters(update); break;
      case 'endpoint': this.#applyEndpoints(update); break;
      case 'route': this.#applyRoutes(update); break;
      case 'listener': this.#applyListeners(update); break;
      case 'secret': this.#applySecrets(update); break;
    }
    this.#publish();
  }
  /** Compiles all of an update; problems of several resources come in one text, as Envoy words it. */
  #compileAll<K extends ResourceKind, C>(update: Update<K>, compile: (resource: ResourceOf[K]) => C): Map<string, { readonly compiled: C; readonly stored: Stored<ResourceOf[K]> }> {
    const out = new Map<string, { readonly compiled: C; readonly stored: Stored<ResourceOf[K]> }>();
    const problems: string[] = [];
    const updatedAt = Date.now();
    for (const { version, resource } of update.upserts) {
      const name = nameOf(resource);
      try {
        if (out.has(name)) throw new ConfigProblem('', `duplicate ${update.kind} ${name} found`);
        out.set(name, { compiled: compile(resource), stored: { name, version, updatedAt, resource } });
      } catch (error) {
        if (!(error instanceof ConfigProblem)) throw error;
        problems.push(`${name}: ${error.message}`);
      }
    }
    if (problems.length > 0) throw new ConfigProblem('', `Error adding/updating ${update.kind}(s) ${problems.join('\n')}`);
    return out;
  }
  #gone(kind: ResourceKind, update: AnyUpdate, now: ReadonlyMap<string, unknown>): readonly string[] {
    return update.full && (kind === 'listener' || kind === 'cluster') ? [...this.tables[kind].keys()].filter((name) => !now.has(name)) : update.removed;
  }
  #applyClusters(update: Update<'cluster'>): void {
    const same = (resource: Cluster): boolean => {
      const old = this.tables.cluster.get(resource.name);
      return old !== undefined && JSON.stringify(old.resource) === JSON.stringify(resource);
    };
    const compiled = this.#compileAll(update, (resource) => (same(resource) ? undefined : new ClusterRuntime(resource, this.#clusterContext)));
    for (const [name, { compiled: cluster, stored }] of compiled) {
      this.tables.cluster.set(name, stored);
      if (cluster === undefined) continue;
      cluster.version = stored.version;
      const assignment = stored.resource.type === 'EDS' ? this.tables.endpoint.get(edsName(stored.resource))?.resource : undefined;
      if (assignment !== undefined) cluster.setAssignment(assignment);
      if (stored.resource.type === 'EDS' && assignment === undefined) this.#warming.set(name, cluster);
      else this.#activate(name, cluster);
    }
    for (const name of this.#gone('cluster', update, compiled)) {
      this.tables.cluster.delete(name);
      this.#warming.delete(name);
      this.#clusters.get(name)?.retire();
      this.#clusters.delete(name);
    }
  }
  #activate(name: string, cluster: ClusterRuntime): void {
    this.#warming.delete(name);
    const old = this.#clusters.get(name);
    this.#clusters.set(name, cluster);
    old?.retire();
  }
  #applyEndpoints(update: Update<'endpoint'>): void {
    const compiled = this.#compileAll(update, checkAssignment);
    for (const [name, { stored }] of compiled) {
      this.tables.endpoint.set(name, stored);
      for (const clusters of [this.#clusters, this.#warming]) for (const cluster of clusters.values()) if (cluster.config.type === 'EDS' && edsName(cluster.config) === name) cluster.setAssignment(stored.resource);
      for (const [waiting, cluster] of this.#warming) if (edsName(cluster.config) === name) this.#activate(waiting, cluster);
    }
    for (const name of update.removed) this.tables.endpoint.delete(name); // the clusters keep the endpoints they have, as Envoy does
  }
  #applyRoutes(update: Update<'route'>): void {
    const compiled = this.#compileAll(update, (resource: RouteConfiguration) => compileRouteTable(resource));
    for (const [name, { compiled: table, stored }] of compiled) {
      this.tables.route.set(name, stored);
      this.#routes.set(name, table);
    }
  }
  #applyListeners(update: Update<'listener'>): void {
    const compiled = this.#compileAll(update, (resource: Listener) => {
      const old = this.tables.listener.get(resource.name);
      const known = this.#listeners.get(resource.name);
      return old !== undefined && known !== undefined && JSON.stringify(old.resource) === JSON.stringify(resource) ? known : compileListener(resource, this.#runtime.stats);
    });
    for (const [name, { compiled: listener, stored }] of compiled) {
      this.tables.listener.set(name, stored);
      this.#listeners.set(name, listener);
    }
    for (const name of this.#gone('listener', update, compiled)) {
      this.tables.listener.delete(name);
      this.#listeners.delete(name);
      this.#activeListeners.delete(name);
    }
  }
  #applySecrets(update: Update<'secret'>): void {
    for (const { version, resource } of update.upserts) {
      try {
        this.#runtime.secrets.set(resource);
      } catch (error) {
        throw new ConfigProblem(resource.name, `Failed to load the secret: ${error instanceof Error ? error.message : String(error)}`);
      }
      this.tables.secret.set(resource.name, { name: resource.name, version, updatedAt: Date.now(), resource: redacted(resource) });
    }
  }
  /** Makes the next snapshot. A listener goes live when the routes it names are there; until then its predecessor serves. */
  #publish(): void {
    for (const [name, listener] of this.#listeners) if ([...listener.routeNames].every((route) => this.#routes.has(route))) this.#activeListeners.set(name, listener);
    const wanted = this.wanted('route');
    for (const name of this.#routes.keys()) {
      if (wanted.has(name) || this.#listeners.size === 0) continue;
      this.#routes.delete(name);
      this.tables.route.delete(name);
    }
    this.#runtime.snapshot = { version: ++this.#version, listeners: new Map(this.#activeListeners), routes: new Map(this.#routes), clusters: new Map(this.#clusters) };
    this.#changed();
  }
  /** Names that the accepted configuration refers to and that have to be asked for. */
  wanted(kind: 'route' | 'endpoint' | 'secret'): ReadonlySet<string> {
    if (kind === 'route') return new Set([...this.#listeners.values(), ...this.#activeListeners.values()].flatMap((listener) => [...listener.routeNames]));
    if (kind === 'endpoint') return new Set([...this.tables.cluster.values()].filter(({ resource }) => resource.type === 'EDS').map(({ resource }) => edsName(resource)));
    const names = new Set<string>();
    for (const listener of this.#listeners.values()) for (const config of listener.configs.values()) for (const name of [config.tls.certificateSecret, config.tls.rootSecret]) if (name.includes('://')) names.add(name);
    for (const { resource } of this.tables.cluster.values()) {
      const tls = tlsViewOf(resource.transport_socket);
      for (const name of [tls.certificateSecret, tls.rootSecret]) if (name.includes('://')) names.add(name);
    }
    return names;
  }
  /** What is still missing before requests can be served; empty when all is there. */
  missing(): readonly string[] {
    const waiting = [...this.#listeners.keys()].filter((name) => this.#activeListeners.get(name) !== this.#listeners.get(name)).map((name) => `listener ${name} waits for its routes`);
    return [...waiting, ...[...this.#warming.keys()].map((name) => `cluster ${name} waits for its endpoints`)];
  }
  get warmingClusters(): readonly string[] {
    return [...this.#warming.keys()];
  }
}

const redacted = (secret: Secret): Secret => (secret.tls_certificate === undefined ? secret : { ...secret, tls_certificate: { ...secret.tls_certificate, private_key: { inline_string: '[redacted]' } } });

function checkAssignment(assignment: ClusterLoadAssignment): true {
  for (const [i, locality] of (assignment.endpoints ?? []).entries()) {
    for (const [j, endpoint] of (locality.lb_endpoints ?? []).entries()) {
      const at = `endpoints[${i}].lb_endpoints[${j}]`;
      const socket = endpoint.endpoint?.address?.socket_address;
      if (socket === undefined) throw new ConfigProblem(at, 'only endpoints with a socket address can be reached');
      if ((socket.port_value ?? 0) > 65_535) throw new ConfigProblem(`${at}.port_value`, 'value must be less than or equal to 65535');
      if (endpoint.load_balancing_weight !== undefined && endpoint.load_balancing_weight < 1) throw new ConfigProblem(`${at}.load_balancing_weight`, 'value must be greater than or equal to 1');
    }
  }
  return true;
}
