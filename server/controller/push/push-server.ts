import { affected, COMPILED_KINDS, Compiler } from '#shared/compiler';
import type { CompiledKind, ProxyNode } from '#shared/compiler';
import type { MeshSnapshot } from '#shared/mesh';
import type { ClusterLoadAssignment, RouteConfiguration, Secret } from '#shared/xds';
import type { AdsConnection, ResourceSource, Wanted } from '../ads/connection.ts';
import type { ControllerMetrics } from '../metrics.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { encoded, isEncoded } from './encoded.ts';
import type { Encoded, ServedKind, Unencodable } from './encoded.ts';

/** Secrets a proxy may have by the names Istio gives them (`kubernetes://<name>`). */
export type SecretSource = { secret(proxy: ProxyNode, name: string): Secret | undefined };

function mapped<T>(resources: ReadonlyMap<string, T>, names: ReadonlySet<string> | undefined, encode: (v: T) => Encoded | Unencodable, missing: (name: string) => T | undefined): Wanted {
  const items = new Map<string, Encoded>();
  const broken = new Map<string, Unencodable>();
  const add = (name: string, v: T): void => {
    const one = encode(v);
    if (isEncoded(one)) items.set(name, one);
    else broken.set(name, one);
  };
  if (names === undefined) for (const [name, v] of resources) add(name, v);
  else for (const name of names) {
    const v = resources.get(name) ?? missing(name);
    if (v !== undefined) add(name, v);
  }
  return { items, broken };
}
/** What a proxy gets for a name that does not exist (any more): an empty one, so that nothing waits for ever. */
const emptyRoutes = new Map<string, RouteConfiguration>();
const emptyEndpoints = new Map<string, ClusterLoadAssignment>();
function remembered<T>(map: Map<string, T>, name: string, make: () => T): T {
  const known = map.get(name);
  if (known !== undefined) return known;
  if (map.size > EMPTY_MAX) map.clear();
  const made = make();
  map.set(name, made);
  return made;
}
const EMPTY_MAX = 10_000;
const none = (): undefined => undefined;

/** Holds the present snapshot and every connected proxy, and tells the proxies what a change means for them. */
export class PushServer implements ResourceSource {
  readonly compiler = new Compiler();
  readonly connections = new Set<AdsConnection>();
  readonly acknowledgements = new Acknowledgements((revision) => this.connections.size > 0 && [...this.connections].every((connection) => connection.ackedRevision >= revision));
  readonly #metrics: ControllerMetrics;
  readonly #secrets: SecretSource;
  readonly #startedAt: string;
  #snapshot: MeshSnapshot;
  #pushes = 0;
  constructor(options: { readonly snapshot: MeshSnapshot; readonly metrics: ControllerMetrics; readonly secrets: SecretSource; readonly startedAt: string }) {
    this.#snapshot = options.snapshot;
    this.#metrics = options.metrics;
    this.#secrets = options.secrets;
    this.#startedAt = options.startedAt;
  }
  get snapshot(): MeshSnapshot {
    return this.#snapshot;
  }
  get revision(): number {
    return this.#snapshot.revision;
  }
  get version(): string {
    return `${this.#startedAt}/${this.#pushes}`;
  }

  resources(proxy: ProxyNode, kind: ServedKind, names: ReadonlySet<string> | undefined): Wanted {
    const snapshot = this.#snapshot;
    const start = performance.now();
    try {
      switch (kind) {
        case 'cluster': return mapped(this.compiler.clusters(snapshot, proxy), names, encoded.cluster, none);
        case 'endpoint': return mapped(this.compiler.endpoints(snapshot, proxy), names, encoded.endpoint, (name) => remembered(emptyEndpoints, name, () => ({ cluster_name: name })));
        case 'listener': return mapped(this.compiler.listeners(snapshot, proxy), names, encoded.listener, none);
        case 'route': return mapped(this.compiler.routes(snapshot, proxy), names, encoded.route, (name) => remembered(emptyRoutes, name, () => ({ name, validate_clusters: false })));
        case 'secret': return mapped(new Map<string, Secret>(), names ?? new Set(), encoded.secret, (name) => this.#secrets.secret(proxy, name));
      }
    } finally {
      this.#metrics.pushTime.observe((performance.now() - start) / 1000, { type: this.#metrics.typeName(kind) });
    }
  }

  /** The next snapshot. `changedAt` is when the first change of it was seen (ms, monotonic). */
  update(next: MeshSnapshot, changedAt: number): void {
    const before = this.#snapshot;
    this.#snapshot = next;
    this.#pushes += 1;
    this.#push(affected(before, next), changedAt);
  }
  /** Secrets of gateways changed. */
  secretsChanged(changedAt: number): void {
    this.#pushes += 1;
    for (const connection of this.connections) connection.push(new Set<ServedKind>(['secret']), changedAt);
  }
  /** Everything is looked at again, whatever changed. */
  pushAll(changedAt: number): void {
    this.#pushes += 1;
    this.#push(new Set(COMPILED_KINDS), changedAt);
  }
  #push(kinds: ReadonlySet<CompiledKind>, changedAt: number): void {
    for (const connection of this.connections) {
      this.#metrics.queueTime.observe((performance.now() - changedAt) / 1000);
      connection.push(kinds, changedAt);
    }
    this.acknowledgements.changed(); // what concerns no proxy is acknowledged by being looked at
  }

  add(connection: AdsConnection): void {
    this.connections.add(connection);
    this.#metrics.connected.set(this.connections.size, { version: connection.options.proxyVersion });
  }
  remove(connection: AdsConnection): void {
    this.connections.delete(connection);
    this.#metrics.connected.set(this.connections.size, { version: connection.options.proxyVersion });
    this.acknowledgements.changed();
    const { id } = connection.proxy;
    if (![...this.connections].some((other) => other.proxy.id === id)) this.compiler.forget(id);
  }
}
