import { isRecord } from '#shared/base';
import { ConfigProblem, createBalancer, durationMs, eligibleHosts, healthOf, panicThresholdOf, pickAvoiding, policyOf, tlsViewOf, transportSocketFor } from '#shared/evaluator';
import type { Balancer, Dice, TlsView } from '#shared/evaluator';
import type { Cluster, ClusterLoadAssignment, Metadata } from '#shared/xds';
import { Host } from '../endpoint/host.ts';
import type { HostOptions } from '../endpoint/host.ts';
import type { ClusterStats } from '../stats/counters.ts';
import type { ServiceIdentity } from '../stats/istio-metrics.ts';
import type { SecretStore } from '../tls/secrets.ts';
import { Pool } from './pool.ts';
import type { PoolContext } from './pool.ts';

/** Envoy's defaults. */
const CONNECT_TIMEOUT_MS = 5000;
const IDLE_TIMEOUT_MS = 3_600_000;
/** Addresses remembered of a cluster that connects where the caller wanted to go. */
const ORIGINAL_HOSTS_MAX = 1000;

export type ClusterContext = { readonly secrets: SecretStore; readonly dice: Dice; readonly statsFor: (name: string) => ClusterStats; readonly sourceAddress: string | undefined; dial(cluster: Cluster, host: Host): { readonly ip: string; readonly port: number } };

const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});
const protocolOptions = (config: Cluster): Record<string, unknown> => record(config.typed_extension_protocol_options?.['envoy.extensions.upstreams.http.v3.HttpProtocolOptions']);
const text = (v: unknown): string | undefined => (typeof v === 'string' ? v : undefined);

function serviceOf(metadata: Metadata | undefined): ServiceIdentity | undefined {
  const services = metadata?.filter_metadata?.['istio']?.['services'];
  const first = Array.isArray(services) ? record(services[0]) : {};
  return typeof first['host'] === 'string' ? { host: first['host'], name: String(first['name'] ?? ''), namespace: String(first['namespace'] ?? '') } : undefined;
}

/** Checks a cluster; the problem names the field. */
export function checkCluster(config: Cluster): void {
  if (config.name === '') throw new ConfigProblem('name', 'a cluster needs a name');
  policyOf(config);
  durationMs(config.connect_timeout, 'connect_timeout', CONNECT_TIMEOUT_MS);
  if (config.connect_timeout === '0s') throw new ConfigProblem('connect_timeout', 'value must be greater than 0s');
}

/** A cluster at work: its hosts, which of them may be used, and their pools. */
export class ClusterRuntime {
  readonly config: Cluster;
  readonly name: string;
  readonly stats: ClusterStats;
  readonly service: ServiceIdentity | undefined;
  readonly isOriginal: boolean;
  readonly external: boolean;
  hosts: readonly Host[] = [];
  panic = false;
  version = '';
  readonly #pools = new Map<Host, Pool>();
  readonly #pool: PoolContext;
  readonly #context: ClusterContext;
  readonly #tls = new Map<unknown, TlsView>();
  readonly #original = new Map<string, Host>();
  #balancer: Balancer<Host> = { pick: () => undefined };
  constructor(config: Cluster, context: ClusterContext) {
    checkCluster(config);
    this.config = config;
    this.name = config.name;
    this.#context = context;
    this.stats = context.statsFor(config.name);
    this.service = serviceOf(config.metadata);
    this.isOriginal = config.type === 'ORIGINAL_DST';
    this.external = config.metadata?.filter_metadata?.['istio']?.['external'] === true;
    const common = record(protocolOptions(config)['common_http_protocol_options'] ?? record(config)['common_http_protocol_options']);
    const bind = text(record(record(config.upstream_bind_config)['source_address'])['address']);
    const maxRequests = common['max_requests_per_connection'];
    this.#pool = {
      stats: this.stats, secrets: context.secrets, connectTimeoutMs: durationMs(config.connect_timeout, 'connect_timeout', CONNECT_TIMEOUT_MS),
      idleTimeoutMs: durationMs(text(common['idle_timeout']), 'idle_timeout', IDLE_TIMEOUT_MS), localAddress: bind ?? context.sourceAddress,
      maxRequestsPerConnection: typeof maxRequests === 'number' ? maxRequests : 0, dial: (host) => context.dial(config, host),
    };
    if (config.load_assignment !== undefined) this.setAssignment(config.load_assignment);
  }
  #tlsFor(metadata: Metadata | undefined): TlsView {
    const socket = transportSocketFor(this.config, metadata);
    let view = this.#tls.get(socket);
    if (view === undefined) {
      view = tlsViewOf(socket);
      this.#tls.set(socket, view);
    }
    return view;
  }
  /** New endpoints. Hosts that stay keep their pools; removed ones finish what they are at. */
  setAssignment(assignment: ClusterLoadAssignment): void {
    const old = new Map(this.hosts.map((host) => [host.address, host]));
    const next: Host[] = [];
    for (const locality of assignment.endpoints ?? []) {
      for (const endpoint of locality.lb_endpoints ?? []) {
        const socket = endpoint.endpoint?.address.socket_address;
        if (socket === undefined) continue;
        const options: HostOptions = {
          ip: socket.address, port: socket.port_value ?? 0, weight: endpoint.load_balancing_weight ?? 1, health: healthOf(endpoint), priority: locality.priority ?? 0,
          hostname: endpoint.endpoint?.hostname, metadata: endpoint.metadata, tls: this.#tlsFor(endpoint.metadata),
        };
        const known = old.get(`${options.ip}:${options.port}`);
        if (known !== undefined && known.isSame(options)) {
          known.weight = options.weight;
          known.health = options.health;
          known.priority = options.priority;
          next.push(known);
        } else next.push(new Host(options));
      }
    }
    const kept = new Set(next);
    for (const host of this.hosts) if (!kept.has(host)) this.#retire(host);
    this.hosts = next;
    const eligible = eligibleHosts(next, panicThresholdOf(this.config));
    this.panic = eligible.panic;
    this.#balancer = createBalancer(policyOf(this.config), eligible.hosts, this.#context.dice);
  }
  #retire(host: Host): void {
    host.removed = true;
    const pool = this.#pools.get(host);
    pool?.drain(false);
    this.#pools.delete(host);
  }
  /** A host for one try; `tried` are avoided as far as `picksMax` draws allow. */
  pick(tried: readonly Host[], picksMax: number): Host | undefined {
    if (this.panic) this.stats.panic++;
    const { dice } = this.#context;
    return tried.length === 0 ? this.#balancer.pick(dice) : pickAvoiding(this.#balancer, dice, tried, picksMax);
  }
  /** The host at the address the caller wanted to reach (ORIGINAL_DST). */
  originalHost(ip: string, port: number): Host {
    const key = `${ip}:${port}`;
    let host = this.#original.get(key);
    if (host === undefined) {
      host = new Host({ ip, port, weight: 1, health: 'UNKNOWN', priority: 0, hostname: undefined, metadata: undefined, tls: this.#tlsFor(undefined) });
      this.#original.set(key, host);
      const oldest = this.#original.size > ORIGINAL_HOSTS_MAX ? this.#original.entries().next().value : undefined;
      if (oldest !== undefined) {
        this.#original.delete(oldest[0]);
        this.#retire(oldest[1]);
      }
    }
    return host;
  }
  /** Hosts as the admin page shows them. */
  allHosts(): readonly Host[] {
    return this.isOriginal ? [...this.#original.values()] : this.hosts;
  }
  pool(host: Host): Pool {
    let pool = this.#pools.get(host);
    if (pool === undefined) {
      pool = new Pool(host, this.#pool);
      if (!host.removed) this.#pools.set(host, pool);
    }
    return pool;
  }
  /** Where a host is dialled in truth, and from which address. */
  dial(host: Host): { readonly ip: string; readonly port: number; readonly localAddress: string | undefined; readonly timeoutMs: number } {
    return { ...this.#pool.dial(host), localAddress: this.#pool.localAddress, timeoutMs: this.#pool.connectTimeoutMs };
  }
  sweep(now: number): void {
    for (const pool of this.#pools.values()) pool.sweep(now);
  }
  drainStale(): void {
    for (const pool of this.#pools.values()) pool.drain(true);
  }
  /** The cluster is gone or replaced: idle connections close, busy ones finish. */
  retire(): void {
    for (const host of [...this.hosts, ...this.#original.values()]) this.#retire(host);
  }
  destroy(): void {
    for (const pool of this.#pools.values()) pool.destroy();
  }
}
