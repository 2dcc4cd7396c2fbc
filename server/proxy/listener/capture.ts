import type { Socket } from 'node:net';
import { findOutboundListener, matchFilterChain } from '#shared/evaluator';
import { compileHttp } from '../filter/http-config.ts';
import type { HttpConfig } from '../filter/http-config.ts';
import type { OriginalDestination } from '../filter/stream.ts';
import type { Runtime, Snapshot } from '../filter/runtime.ts';
import { parseRequestHead, readTarget, REQUEST_HEAD_BYTES_MAX } from '../http1/head.ts';
import type { RequestHead } from '../http1/head.ts';
import { ServerConnection } from '../http1/server-connection.ts';
import { proxyTcp } from '../tcp/tcp-proxy.ts';
import type { TcpConfig } from '../tcp/tcp-config.ts';
import { infoOf } from './accept.ts';
import { sniff } from './client-hello.ts';
import { httpHandlers, refuseRequest } from './http-handlers.ts';
import type { Resolved } from './http-handlers.ts';
import type { ChainConfig } from './listener-runtime.ts';

/** After CONNECT the client speaks first on HTTP ports; where it says nothing for this long the bytes are passed as they are. */
const TUNNEL_SNIFF_MS = 300;
const HEAD_END = Buffer.from('\r\n\r\n');
const PLAIN = { transport: 'raw_buffer', serverName: '' } as const;
const TCP_DEFAULTS = { weights: [1], totalWeight: 1, idleTimeoutMs: 3_600_000, logs: [] } as const;
const NOT_A_PROXY_REQUEST = { status: 400, details: 'not_a_proxy_request', body: 'This port takes HTTP proxy requests: send an absolute URL or CONNECT.' } as const;

/** Authority to host and port ("[::1]:80", "reviews:9080", "reviews"). */
export function splitAuthority(authority: string, defaultPort: number): OriginalDestination {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(authority);
  const host = match?.[1] ?? authority;
  return { host: (host.startsWith('[') ? host.slice(1, -1) : host).toLowerCase(), port: match?.[2] === undefined ? defaultPort : Number(match[2]) };
}

/**
 * The outbound side without iptables: applications are told to use this port as their HTTP proxy. Authority and port of a request stand for the
 * original destination, and from there on everything is as istiod configured it.
 */
export class OutboundCapture {
  readonly #runtime: Runtime;
  readonly connections = new Set<ServerConnection>();
  readonly #known = new WeakMap<Snapshot, Map<string, ChainConfig | undefined>>();
  readonly #passthrough: HttpConfig;
  readonly #blackhole: HttpConfig;
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    const manager = (name: string, action: object): HttpConfig => compileHttp({
      stat_prefix: name, http_filters: [{ name: 'envoy.filters.http.router' }], stream_idle_timeout: '0s',
      route_config: { name, virtual_hosts: [{ name, domains: ['*'], routes: [{ name, match: { prefix: '/' }, ...action }] }] },
    }, 'outbound', (prefix) => runtime.stats.httpFor(prefix));
    this.#passthrough = manager('allow_any', { route: { cluster: 'PassthroughCluster', timeout: '0s' } });
    this.#blackhole = manager('block_all', { direct_response: { status: 502 } });
  }
  accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    let seen: Buffer | undefined;
    const onData = (data: Buffer): void => {
      seen = seen === undefined ? data : Buffer.concat([seen, data]);
      const isConnect = seen.toString('latin1', 0, 8).startsWith('CONNECT '.slice(0, seen.length));
      const end = isConnect ? seen.indexOf(HEAD_END) : 0;
      if (isConnect && (seen.length < 8 || end < 0) && seen.length <= REQUEST_HEAD_BYTES_MAX) return;
      socket.off('data', onData);
      socket.pause();
      if (isConnect && end >= 0) this.#connectMethod(socket, seen, end);
      else {
        socket.unshift(seen);
        this.#serve(socket, undefined);
      }
    };
    socket.on('data', onData);
  }
  #connectMethod(socket: Socket, seen: Buffer, end: number): void {
    const head = parseRequestHead(seen.toString('latin1', 0, end));
    const target = 'details' in head ? head : readTarget(head);
    if ('details' in target) return void socket.end(`HTTP/1.1 ${target.status} Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    const destination = splitAuthority(target.authority, 443);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (end + 4 < seen.length) socket.unshift(seen.subarray(end + 4));
    this.#tunnel(socket, destination);
  }
  /** What goes through a CONNECT is looked at like any captured connection: HTTP to an HTTP port is routed, the rest is passed on. */
  #tunnel(socket: Socket, destination: OriginalDestination): void {
    let seen: Buffer | undefined;
    const done = (protocols: readonly string[], transport: 'tls' | 'raw_buffer'): void => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.pause();
      if (seen !== undefined) socket.unshift(seen);
      const chain = this.#chain(destination, protocols, transport);
      if (chain?.http !== undefined && (protocols.includes('http/1.1') || protocols.includes('http/1.0'))) return this.#serve(socket, destination);
      const info = infoOf(socket, destination.port, { ...PLAIN, transport }, undefined);
      void proxyTcp({ runtime: this.#runtime, config: chain?.tcp ?? this.#catchAll(), socket, info, direction: 'outbound', destination });
    };
    const onData = (data: Buffer): void => {
      seen = seen === undefined ? data : Buffer.concat([seen, data]);
      const found = sniff(seen);
      if (found.kind !== 'more') done(found.applicationProtocols, found.kind === 'tls' ? 'tls' : 'raw_buffer');
    };
    const timer = setTimeout(() => done([], 'raw_buffer'), TUNNEL_SNIFF_MS);
    socket.on('data', onData);
    socket.once('close', () => clearTimeout(timer));
    socket.resume();
  }
  /** virtualOutbound's catch-all: PassthroughCluster, or BlackHoleCluster where only known services may be reached. */
  #catchAll(): TcpConfig {
    const listener = this.#runtime.snapshot.listeners.get('virtualOutbound');
    const chain = listener?.chains.otherPorts[0] ?? listener?.chains.fallback;
    return (chain === undefined ? undefined : listener?.configs.get(chain)?.tcp) ?? { statPrefix: 'PassthroughCluster', clusters: ['PassthroughCluster'], ...TCP_DEFAULTS };
  }
  #chain(destination: OriginalDestination, protocols: readonly string[], transport: 'tls' | 'raw_buffer'): ChainConfig | undefined {
    const { snapshot } = this.#runtime;
    const ip = this.#runtime.resolveNow(destination.host);
    const listener = findOutboundListener(snapshot.listeners, ip, destination.port);
    if (listener === undefined) return undefined;
    const chain = matchFilterChain(listener.chains, { destinationPort: destination.port, transport, applicationProtocols: protocols, serverName: '' });
    return chain === undefined ? undefined : listener.configs.get(chain);
  }
  #serve(socket: Socket, fixed: OriginalDestination | undefined): void {
    const info = infoOf(socket, fixed?.port ?? socket.localPort ?? 0, PLAIN, undefined);
    const connection = new ServerConnection(socket, info, httpHandlers(this.#runtime, {
      first: this.#passthrough, resolve: (one, head) => this.#resolve(one, head, fixed), closed: (closed) => void this.connections.delete(closed),
    }));
    this.connections.add(connection);
    socket.resume();
  }
  #resolve(connection: ServerConnection, head: RequestHead, fixed: OriginalDestination | undefined): Resolved | undefined {
    const target = fixed === undefined ? readTarget(head) : undefined;
    if (target !== undefined && 'details' in target) {
      refuseRequest(this.#runtime, this.#passthrough, connection, target, head.bytes);
      return undefined;
    }
    if (target !== undefined && target.scheme !== 'http') {
      refuseRequest(this.#runtime, this.#passthrough, connection, NOT_A_PROXY_REQUEST, head.bytes); // origin form would be a loop: port 15001 is no destination
      return undefined;
    }
    const destination = fixed ?? splitAuthority(target?.authority ?? '', 80);
    return { config: this.#config(destination), destination };
  }
  #config(destination: OriginalDestination): HttpConfig {
    const { snapshot } = this.#runtime;
    let known = this.#known.get(snapshot);
    if (known === undefined) {
      known = new Map();
      this.#known.set(snapshot, known);
    }
    const key = `${destination.host}:${destination.port}`;
    let chain = known.get(key);
    if (chain === undefined && !known.has(key)) {
      chain = this.#chain(destination, ['http/1.1'], 'raw_buffer');
      if (known.size < 1000) known.set(key, chain);
    }
    if (chain?.http !== undefined) return chain.http;
    return (chain?.tcp ?? this.#catchAll()).clusters[0] === 'BlackHoleCluster' ? this.#blackhole : this.#passthrough;
  }
  sweep(now: number): void {
    for (const connection of this.connections) connection.sweep(now);
  }
  get busy(): boolean {
    for (const connection of this.connections) if (connection.stream !== undefined) return true;
    return false;
  }
}
