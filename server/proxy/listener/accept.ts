import type { Socket } from 'node:net';
import { matchFilterChain } from '#shared/evaluator';
import type { ConnectionView } from '#shared/evaluator';
import type { Runtime } from '../filter/runtime.ts';
import { ServerConnection } from '../http1/server-connection.ts';
import type { ConnectionInfo } from '../http1/server-connection.ts';
import type { PeerCertificate } from '../tls/spiffe.ts';
import { TlsTerminator } from '../tls/terminator.ts';
import { connectionEntry, proxyTcp } from '../tcp/tcp-proxy.ts';
import { HELLO_BYTES_MAX, sniff } from './client-hello.ts';
import type { Sniffed } from './client-hello.ts';
import { httpHandlers } from './http-handlers.ts';
import type { ChainConfig, ListenerRuntime } from './listener-runtime.ts';
import type { RefusedConnections } from './refused.ts';

/** Takes connections in: first bytes, filter chain, TLS, and then HTTP or TCP. */
export class Acceptor {
  readonly #runtime: Runtime;
  readonly #refused: RefusedConnections;
  readonly #terminators = new Map<string, TlsTerminator>();
  readonly connections = new Map<ServerConnection, { readonly listener: string; readonly view: ConnectionView; config: ChainConfig }>();
  constructor(runtime: Runtime, refused: RefusedConnections) {
    this.#runtime = runtime;
    this.#refused = refused;
  }
  /** A new connection of a bound port. `destinationPort` is where it wanted to go: its own port, there is no redirect. */
  accept(socket: Socket, listenerName: string, destinationPort: number): void {
    const listener = this.#runtime.snapshot.listeners.get(listenerName);
    if (listener === undefined) return void socket.destroy();
    const { stats } = listener;
    stats.cxTotal++;
    stats.cxActive++;
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      stats.cxActive--;
      stats.cxDestroy++;
    });
    if (!listener.needsBytes) return this.#pick(socket, listener, destinationPort, { kind: 'plain', applicationProtocols: [] });
    this.#sniff(socket, listener, destinationPort);
  }
  #sniff(socket: Socket, listener: ListenerRuntime, port: number): void {
    let seen: Buffer | undefined;
    const done = (found: Sniffed): void => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.pause();
      if (seen !== undefined) socket.unshift(seen);
      this.#pick(socket, listener, port, found);
    };
    const timer = setTimeout(() => (listener.resource.continue_on_listener_filters_timeout === true ? done({ kind: 'plain', applicationProtocols: [] }) : socket.destroy()), listener.sniffTimeoutMs);
    timer.unref();
    const onData = (data: Buffer): void => {
      seen = seen === undefined ? data : Buffer.concat([seen, data]);
      const found = sniff(seen);
      if (found.kind !== 'more') done(found);
      else if (seen.length > HELLO_BYTES_MAX) done({ kind: 'plain', applicationProtocols: [] });
    };
    // a probe that only connects: nothing more will come
    const onEnd = (): void => void socket.destroy();
    socket.on('data', onData);
    socket.once('end', onEnd);
    socket.once('close', () => clearTimeout(timer));
  }
  #pick(socket: Socket, listener: ListenerRuntime, destinationPort: number, found: Sniffed): void {
    const view: ConnectionView = {
      destinationPort, transport: found.kind === 'tls' ? 'tls' : 'raw_buffer', applicationProtocols: found.kind === 'more' ? [] : found.applicationProtocols, serverName: found.kind === 'tls' ? found.serverName : '',
    };
    const chain = matchFilterChain(listener.chains, view);
    const config = chain === undefined ? undefined : listener.configs.get(chain);
    if (config === undefined) return this.#refuse(socket, listener, view);
    if (config.tls.kind === 'plain') return this.#serve(socket, listener, view, config, undefined);
    const key = `${listener.name} ${config.tls.key}`;
    let terminator = this.#terminators.get(key);
    if (terminator === undefined) {
      terminator = new TlsTerminator(config.tls, this.#runtime.secrets, listener.stats);
      this.#terminators.set(key, terminator);
    }
    const raw = infoOf(socket, destinationPort, view, undefined);
    terminator.accept(socket, {
      done: (secured) => this.#serve(secured.socket, listener, view, config, secured.peer),
      failed: (reason) => this.#log(listener, raw, { transportFailure: `TLS_error:_${reason.replaceAll(/\s+/g, '_')}` }),
    });
  }
  /** No filter chain takes it: under STRICT that is plain text to a port of the mesh. Closed, counted with the caller's address, logged. */
  #refuse(socket: Socket, listener: ListenerRuntime, view: ConnectionView): void {
    listener.stats.noFilterChainMatch++;
    const info = infoOf(socket, view.destinationPort, view, undefined);
    this.#refused.count(info.remoteIp, view.destinationPort, view.transport === 'tls' ? 'no_filter_chain' : 'plaintext');
    this.#log(listener, info, { flags: 'NR', details: 'filter_chain_not_found' });
    socket.resetAndDestroy();
  }
  #log(listener: ListenerRuntime, info: ConnectionInfo, over: Parameters<typeof connectionEntry>[1]): void {
    const entry = connectionEntry(info, over);
    if (listener.logs.length === 0) {
      if (this.#runtime.defaultLog !== undefined) this.#runtime.writeLog(this.#runtime.defaultLog(entry), entry);
    } else for (const log of listener.logs) if (log.onlyFlag === undefined || entry.flags.includes(log.onlyFlag)) this.#runtime.writeLog(log.format(entry), entry);
  }
  #serve(socket: Socket, listener: ListenerRuntime, view: ConnectionView, config: ChainConfig, peer: PeerCertificate | undefined): void {
    const info = infoOf(socket, view.destinationPort, view, peer);
    const runtime = this.#runtime;
    if (config.tcp !== undefined) return void proxyTcp({ runtime, config: config.tcp, socket, info, direction: listener.direction, destination: undefined });
    const { http } = config;
    if (http === undefined) return void socket.destroy();
    const entry = { listener: listener.name, view, config };
    const connection = new ServerConnection(socket, info, httpHandlers(runtime, {
      first: http,
      resolve: () => (entry.config.http === undefined ? undefined : { config: entry.config.http, destination: undefined }),
      closed: (closed) => void this.connections.delete(closed),
    }));
    if (socket.destroyed) return;
    this.connections.set(connection, entry);
    socket.resume();
  }
  /** After a change of listeners: connections move to the chain that takes them now; those that none takes end when their request is done. */
  reconcile(): void {
    for (const [connection, entry] of this.connections) {
      const listener = this.#runtime.snapshot.listeners.get(entry.listener);
      const chain = listener === undefined ? undefined : matchFilterChain(listener.chains, entry.view);
      const next = listener === undefined || chain === undefined ? undefined : listener.configs.get(chain);
      if (next === undefined || next.http === undefined || next.tls.key !== entry.config.tls.key) connection.drain();
      else if (next !== entry.config) entry.config = next;
    }
    const wanted = new Set([...this.#runtime.snapshot.listeners.values()].flatMap((listener) => [...listener.configs.values()].map((config) => `${listener.name} ${config.tls.key}`)));
    for (const [key, terminator] of this.#terminators) {
      if (wanted.has(key)) continue;
      terminator.stop();
      this.#terminators.delete(key);
    }
  }
  sweep(now: number): void {
    for (const connection of this.connections.keys()) connection.sweep(now);
  }
  /** Whether any request is being worked on. */
  get busy(): boolean {
    for (const connection of this.connections.keys()) if (connection.stream !== undefined) return true;
    return false;
  }
}

const plainIp = (ip: string | undefined): string => (ip === undefined ? '' : ip.startsWith('::ffff:') ? ip.slice(7) : ip);

export function infoOf(socket: Socket, destinationPort: number, view: { readonly transport: string; readonly serverName: string }, peer: PeerCertificate | undefined): ConnectionInfo {
  const remoteIp = plainIp(socket.remoteAddress);
  return { remoteIp, remoteAddress: `${remoteIp}:${socket.remotePort ?? 0}`, localAddress: `${plainIp(socket.localAddress)}:${socket.localPort ?? destinationPort}`, localPort: destinationPort, secure: view.transport === 'tls', serverName: view.serverName, peer };
}
