import { compileChains, ConfigProblem, isHttpManager, isTcpProxy, tlsViewOf } from '#shared/evaluator';
import type { CompiledChains, TlsView } from '#shared/evaluator';
import type { FilterChain, Listener } from '#shared/xds';
import { compileHttp } from '../filter/http-config.ts';
import type { Direction, HttpConfig } from '../filter/http-config.ts';
import { compileAccessLogs } from '../stats/access-log.ts';
import type { Formatter } from '../stats/access-log.ts';
import type { ListenerStats, ProxyStats } from '../stats/counters.ts';
import { compileTcp } from '../tcp/tcp-config.ts';
import type { TcpConfig } from '../tcp/tcp-config.ts';

/** What a filter chain does with a connection. */
export type ChainConfig = { readonly name: string; readonly tls: TlsView; readonly http: HttpConfig | undefined; readonly tcp: TcpConfig | undefined };

/** A listener, compiled. Connections keep the one they were accepted by and look for its successor by name. */
export type ListenerRuntime = {
  readonly name: string; readonly resource: Listener; readonly direction: Direction; readonly chains: CompiledChains; readonly configs: ReadonlyMap<FilterChain, ChainConfig>; readonly stats: ListenerStats;
  readonly address: string; readonly port: number; readonly binds: boolean;
  /** Loggers of the listener itself: connections that no filter chain takes. */
  readonly logs: readonly { readonly format: Formatter; readonly onlyFlag: string | undefined }[];
  /** Whether the first bytes have to be looked at before a chain can be picked. */
  readonly needsBytes: boolean; readonly sniffTimeoutMs: number; readonly routeNames: ReadonlySet<string>;
};

/** Envoy waits this long for listener filters. Istio sets 0 = for ever; a connection that says nothing is then bounded by this all the same. */
const SNIFF_MS = 15_000;
const SNIFF_MS_MAX = 60_000;

function compileChain(chain: FilterChain, direction: Direction, stats: ProxyStats, field: string): ChainConfig {
  const tls = tlsViewOf(chain.transport_socket);
  const http = (chain.filters ?? []).map((filter) => filter.typed_config).find(isHttpManager);
  const tcp = (chain.filters ?? []).map((filter) => filter.typed_config).find(isTcpProxy);
  try {
    if (http !== undefined) return { name: chain.name ?? '', tls, http: compileHttp(http, direction, (prefix) => stats.httpFor(prefix)), tcp: undefined };
    if (tcp !== undefined) return { name: chain.name ?? '', tls, http: undefined, tcp: compileTcp(tcp) };
  } catch (error) {
    if (error instanceof ConfigProblem) throw new ConfigProblem(`${field}.${error.field}`, error.message.replace(`${error.field}: `, ''));
    throw error;
  }
  throw new ConfigProblem(field, 'a filter chain needs an HTTP connection manager or a TCP proxy');
}

const directionOf = (listener: Listener): Direction => (listener.traffic_direction === 'INBOUND' ? 'inbound' : listener.traffic_direction === 'OUTBOUND' ? 'outbound' : 'none');

/** Compiles a listener; a problem names the field. */
export function compileListener(listener: Listener, stats: ProxyStats): ListenerRuntime {
  const socket = listener.address?.socket_address;
  if (socket === undefined) throw new ConfigProblem('address', `listener ${listener.name} has no socket address`);
  const chains = compileChains(listener);
  const direction = directionOf(listener);
  const configs = new Map<FilterChain, ChainConfig>();
  for (const [i, chain] of chains.chains.entries()) configs.set(chain, compileChain(chain, direction, stats, `filter_chains[${i}]`));
  if (chains.fallback !== undefined) configs.set(chains.fallback, compileChain(chains.fallback, direction, stats, 'default_filter_chain'));
  const timeout = listener.listener_filters_timeout;
  const sniffTimeoutMs = timeout === undefined ? SNIFF_MS : timeout === '0s' ? SNIFF_MS_MAX : Math.min(SNIFF_MS_MAX, Number.parseFloat(timeout) * 1000);
  const all = [...chains.chains, ...(chains.fallback === undefined ? [] : [chains.fallback])];
  const needsBytes = all.some((chain) => {
    const match = chain.filter_chain_match ?? {};
    return (match.transport_protocol ?? '') !== '' || (match.application_protocols ?? []).length > 0 || (match.server_names ?? []).length > 0;
  }) || all.some((chain) => configs.get(chain)?.tls.kind === 'tls');
  return {
    name: listener.name, resource: listener, direction, chains, configs, stats: stats.listener(`${socket.address}_${socket.port_value ?? 0}`), address: socket.address, port: socket.port_value ?? 0, binds: listener.bind_to_port !== false,
    logs: compileAccessLogs(listener.access_log), needsBytes, sniffTimeoutMs, routeNames: new Set([...configs.values()].flatMap((config) => (config.http === undefined || config.http.inlineRoutes !== undefined ? [] : [config.http.routeName]))),
  };
}
