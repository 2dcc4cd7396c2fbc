import { isRecord } from '#shared/base';
import type { FilterChain, FilterChainMatch, Listener } from '#shared/xds';
import { ConfigProblem } from '../problem.ts';
import type { Trace } from '../reasons.ts';

/** What is known of a connection when its filter chain is picked. */
export type ConnectionView = {
  readonly destinationPort: number;
  /** "tls" when the first bytes were a ClientHello, else "raw_buffer". */
  readonly transport: 'tls' | 'raw_buffer';
  /** What the client offers by ALPN, or what was sniffed of plain text ("http/1.1", "http/1.0", "h2c"). */
  readonly applicationProtocols: readonly string[];
  readonly serverName: string;
};

/** The matches of a listener, ready to be asked for each connection. */
export type CompiledChains = {
  readonly listener: string;
  readonly chains: readonly FilterChain[];
  readonly fallback: FilterChain | undefined;
  /** Destination ports that chains name. */
  readonly ports: ReadonlySet<number>;
  readonly byPort: ReadonlyMap<number, readonly FilterChain[]>;
  readonly otherPorts: readonly FilterChain[];
};

const matchOf = (chain: FilterChain): FilterChainMatch => chain.filter_chain_match ?? {};

/** The destination port to chain names of a `filter_chain_matcher` tree keyed by port and then by name (istiod's virtualInbound). */
function portsOfMatcher(matcher: unknown): ReadonlyMap<number, readonly string[]> {
  const out = new Map<number, string[]>();
  const names = (v: unknown, into: string[]): void => {
    if (Array.isArray(v)) for (const item of v) names(item, into);
    else if (isRecord(v)) {
      if (isRecord(v['action']) && typeof v['action']['name'] === 'string') into.push(v['action']['name']);
      for (const item of Object.values(v)) names(item, into);
    }
  };
  const tree = isRecord(matcher) && isRecord(matcher['matcher_tree']) ? matcher['matcher_tree'] : undefined;
  const map = tree !== undefined && isRecord(tree['exact_match_map']) ? tree['exact_match_map']['map'] : undefined;
  if (isRecord(map)) {
    for (const [port, v] of Object.entries(map)) {
      const found: string[] = [];
      names(v, found);
      if (/^\d+$/.test(port)) out.set(Number(port), found);
    }
  }
  return out;
}

export function compileChains(listener: Listener): CompiledChains {
  const chains = listener.filter_chains ?? [];
  if (chains.length === 0 && listener.default_filter_chain === undefined) throw new ConfigProblem('filter_chains', `error adding listener '${listener.name}': no filter chains specified`);
  const byPort = new Map<number, FilterChain[]>();
  const put = (port: number, chain: FilterChain): void => void byPort.set(port, [...(byPort.get(port) ?? []), chain]);
  const treePorts = portsOfMatcher(listener.filter_chain_matcher);
  const named = new Set([...treePorts.values()].flat());
  const seen = new Set<string>();
  for (const [i, chain] of chains.entries()) {
    const key = JSON.stringify(matchOf(chain));
    if (treePorts.size === 0 && seen.has(key)) throw new ConfigProblem(`filter_chains[${i}]`, `error adding listener '${listener.name}': filter chain '${chain.name ?? ''}' has the same matching rules defined as another one`);
    seen.add(key);
    const port = matchOf(chain).destination_port;
    if (port !== undefined && port !== 0) put(port, chain);
    for (const [treePort, list] of treePorts) if (chain.name !== undefined && list.includes(chain.name)) put(treePort, chain);
  }
  const otherPorts = chains.filter((chain) => (matchOf(chain).destination_port ?? 0) === 0 && !(chain.name !== undefined && named.has(chain.name)));
  return { listener: listener.name, chains, fallback: listener.default_filter_chain, ports: new Set(byPort.keys()), byPort, otherPorts };
}

/** The chains whose server name is the most specific one that matches: exact, then the longest `*.suffix`, then none. */
function byServerName(chains: readonly FilterChain[], serverName: string): readonly FilterChain[] {
  const having = (name: string): readonly FilterChain[] => chains.filter((chain) => matchOf(chain).server_names?.some((wanted) => wanted.toLowerCase() === name) ?? false);
  if (serverName !== '') {
    const lower = serverName.toLowerCase();
    const exact = having(lower);
    if (exact.length > 0) return exact;
    for (let dot = lower.indexOf('.'); dot >= 0; dot = lower.indexOf('.', dot + 1)) {
      const wildcard = having(`*${lower.slice(dot)}`);
      if (wildcard.length > 0) return wildcard;
    }
  }
  return chains.filter((chain) => (matchOf(chain).server_names ?? []).length === 0);
}

function byTransport(chains: readonly FilterChain[], transport: string): readonly FilterChain[] {
  const exact = chains.filter((chain) => matchOf(chain).transport_protocol === transport);
  return exact.length > 0 ? exact : chains.filter((chain) => (matchOf(chain).transport_protocol ?? '') === '');
}

function byProtocol(chains: readonly FilterChain[], protocols: readonly string[]): FilterChain | undefined {
  for (const protocol of protocols) {
    const found = chains.find((chain) => matchOf(chain).application_protocols?.includes(protocol) ?? false);
    if (found !== undefined) return found;
  }
  return chains.find((chain) => (matchOf(chain).application_protocols ?? []).length === 0);
}

const describe = (view: ConnectionView): string =>
  `port ${view.destinationPort}, ${view.transport === 'tls' ? `TLS${view.serverName === '' ? '' : ` for ${view.serverName}`}` : 'plain text'}${view.applicationProtocols.length === 0 ? '' : ` offering ${view.applicationProtocols.join(', ')}`}`;

/**
 * Envoy's filter chain match: destination port, server name, transport, application protocol, each step taking the most specific group
 * and never going back. So plain text to a port whose chains all want TLS finds none, even when a catch-all chain takes plain text.
 */
export function matchFilterChain(compiled: CompiledChains, view: ConnectionView, trace?: Trace): FilterChain | undefined {
  const group = compiled.byPort.get(view.destinationPort) ?? compiled.otherPorts;
  const found = byProtocol(byTransport(byServerName(group, view.serverName), view.transport), view.applicationProtocols);
  const picked = found ?? compiled.fallback;
  trace?.push({
    step: 'filter-chain', outcome: picked === undefined ? 'passed-over' : 'chosen', code: found !== undefined ? 'chain-match' : picked !== undefined ? 'chain-default' : 'chain-none',
    subject: compiled.listener, field: 'filter_chains', params: { name: picked?.name ?? '', seen: describe(view) },
  });
  return picked;
}

/** The listener that takes outbound traffic to an address: `<ip>_<port>` first, then the wildcard of the port (istiod's names). */
export function findOutboundListener<T>(byAddress: ReadonlyMap<string, T>, ip: string | undefined, port: number, trace?: Trace): T | undefined {
  const exact = ip === undefined ? undefined : byAddress.get(`${ip}_${port}`);
  const found = exact ?? byAddress.get(`0.0.0.0_${port}`);
  trace?.push({
    step: 'listener', outcome: found === undefined ? 'passed-over' : 'chosen', code: found === undefined ? 'listener-none' : 'listener-port',
    subject: exact === undefined ? `0.0.0.0_${port}` : `${ip}_${port}`, field: 'address', params: { port, name: exact === undefined ? `0.0.0.0_${port}` : `${ip}_${port}` },
  });
  return found;
}
