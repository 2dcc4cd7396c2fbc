import { connect as connectPlain } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { TlsView } from '#shared/evaluator';
import type { Host } from '../endpoint/host.ts';
import { ClientConnection } from '../http1/client-connection.ts';
import type { ConnectionOwner } from '../http1/client-connection.ts';
import type { ClusterStats } from '../stats/counters.ts';
import type { SecretStore } from '../tls/secrets.ts';
import { compileSans, readPeerCertificate } from '../tls/spiffe.ts';

/** Why no connection could be had. `reason` is what Envoy calls it, `transport` the text of the transport. */
export type ConnectFailure = { readonly reason: 'remote connection failure' | 'local connection failure' | 'connection timeout' | 'connection termination'; readonly transport: string };
export type Waiter = { onConnection(connection: ClientConnection): void; onConnectFailure(failure: ConnectFailure): void };
export type PoolContext = {
  readonly stats: ClusterStats; readonly secrets: SecretStore; readonly connectTimeoutMs: number; readonly idleTimeoutMs: number;
  /** The address connections come from; undefined lets the kernel choose. */
  readonly localAddress: string | undefined; readonly maxRequestsPerConnection: number;
  /** Where a host is dialled in truth (the portable tier dials an application beside its pod address). */
  dial(host: Host): { readonly ip: string; readonly port: number };
};

/** An idle connection is not used any more this long before its peer closes it. */
const KEEP_ALIVE_MARGIN_MS = 1000;
/**
 * A connection that came too late for its request and has served none is kept this long. Servers count from the connection to the end of the
 * first head (Node: 60 s, then 408 to whatever request comes at that moment), so it must not wait until then.
 */
const UNUSED_MS_MAX = 5000;
const words: ReadonlyMap<string, string> = new Map([['ECONNREFUSED', 'Connection refused'], ['EHOSTUNREACH', 'No route to host'], ['ENETUNREACH', 'Network is unreachable'], ['ECONNRESET', 'Connection reset by peer'], ['ETIMEDOUT', 'Connection timed out'], ['EADDRNOTAVAIL', 'Cannot assign requested address']]);

/** What the transport said, in the words of Envoy's `UPSTREAM_TRANSPORT_FAILURE_REASON`. */
function transportReason(error: Error, secure: boolean): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = words.get(code);
  if (known !== undefined) return `delayed_connect_error:_${known.replaceAll(' ', '_')}`;
  return secure ? `TLS_error:_${(code === '' ? error.message : code).replaceAll(/[\s"|{}]+/g, '_')}` : `delayed_connect_error:_${(code === '' ? error.message : code).replaceAll(/\s+/g, '_')}`;
}

/** HTTP/1.1 connections to one host: the last one that became free is used first. */
export class Pool implements ConnectionOwner {
  readonly #host: Host;
  readonly #context: PoolContext;
  readonly #tls: TlsView;
  readonly #accepts: ReturnType<typeof compileSans>;
  readonly #idle: ClientConnection[] = [];
  readonly #all = new Set<ClientConnection>();
  #waiting: Waiter[] = [];
  #connecting = 0;
  constructor(host: Host, context: PoolContext) {
    this.#host = host;
    this.#context = context;
    this.#tls = host.tls;
    this.#accepts = compileSans(host.tls.sanMatchers);
  }
  get size(): number {
    return this.#all.size;
  }
  get isEmpty(): boolean {
    return this.#all.size === 0 && this.#connecting === 0;
  }
  /** Gives a connection at once or later. `waiter` can be taken back by `cancel`. */
  acquire(waiter: Waiter): void {
    const now = performance.now();
    for (let free = this.#idle.pop(); free !== undefined; free = this.#idle.pop()) {
      if (!free.closed && now - free.idleSince < this.#idleMsMax(free)) return waiter.onConnection(free);
      free.destroy();
    }
    this.#waiting.push(waiter);
    this.#context.stats.rqPendingTotal++;
    this.#context.stats.rqPendingActive++;
    this.#connect();
  }
  #idleMsMax(connection: ClientConnection): number {
    return Math.min(connection.served === 0 ? UNUSED_MS_MAX : connection.keepAliveMs - KEEP_ALIVE_MARGIN_MS, this.#context.idleTimeoutMs);
  }
  cancel(waiter: Waiter): void {
    const at = this.#waiting.indexOf(waiter);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#context.stats.rqPendingActive--;
  }
  #next(): Waiter | undefined {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) this.#context.stats.rqPendingActive--;
    return waiter;
  }
  onIdle(connection: ClientConnection): void {
    const { stats, maxRequestsPerConnection } = this.#context;
    stats.cxRxBytes += connection.rxBytes;
    stats.cxTxBytes += connection.writer.bytes;
    connection.rxBytes = 0;
    connection.writer.bytes = 0;
    if (maxRequestsPerConnection > 0 && connection.served >= maxRequestsPerConnection) return connection.destroy();
    this.#free(connection);
  }
  /** A connection that nobody uses now: for the next in the queue, or kept. One of a removed host or of an old certificate is neither. */
  #free(connection: ClientConnection): void {
    if (this.#host.removed || connection.secretVersion !== this.#context.secrets.version) return connection.destroy();
    const waiter = this.#next();
    if (waiter !== undefined) return waiter.onConnection(connection);
    connection.idleSince = performance.now();
    this.#idle.push(connection);
  }
  onClosed(connection: ClientConnection): void {
    if (!this.#all.delete(connection)) return;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    const { stats } = this.#context;
    stats.cxRxBytes += connection.rxBytes;
    stats.cxTxBytes += connection.writer.bytes;
    stats.cxActive--;
    this.#host.cxActive--;
  }
  #connect(): void {
    const { stats, connectTimeoutMs } = this.#context;
    this.#connecting++;
    stats.cxTotal++;
    stats.cxActive++;
    this.#host.cxTotal++;
    this.#host.cxActive++;
    const started = performance.now();
    const secure = this.#tls.kind === 'tls';
    let settled = false;
    const secretVersion = this.#context.secrets.version; // of the certificate it is opened with, whatever is renewed during the handshake
    const socket = this.#open();
    const fail = (failure: ConnectFailure): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      socket?.destroy();
      this.#connecting--;
      stats.cxActive--;
      this.#host.cxActive--;
      stats.cxConnectFail++;
      this.#host.cxConnectFail++;
      this.#next()?.onConnectFailure(failure);
    };
    const timer = setTimeout(() => {
      stats.cxConnectTimeout++;
      fail({ reason: 'connection timeout', transport: '' });
    }, connectTimeoutMs);
    if (socket === undefined) return void setImmediate(() => fail({ reason: 'local connection failure', transport: 'TLS_error:_Secret_is_not_supplied_by_SDS' }));
    socket.on('error', (error) => fail({ reason: 'remote connection failure', transport: transportReason(error, secure) }));
    socket.on('close', () => fail({ reason: 'remote connection failure', transport: secure ? 'TLS_error:_closed_during_handshake' : '' }));
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      this.#connecting--;
      stats.cxConnectMs.observe(performance.now() - started);
      this.#ready(socket, secretVersion);
    });
  }
  #open(): Socket | TLSSocket | undefined {
    const { ip, port } = this.#context.dial(this.#host);
    const { localAddress, secrets, stats } = this.#context;
    const target = { host: ip, port, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) };
    if (this.#tls.kind === 'plain') return connectPlain(target);
    const secureContext = secrets.clientContext(this.#tls);
    if (secureContext === undefined) return undefined;
    return connectTls({
      ...target, secureContext, rejectUnauthorized: this.#tls.rootSecret !== '' || this.#tls.inline.trustedCa !== undefined, ALPNProtocols: [...alpnFor(this.#tls)],
      ...(this.#tls.sni === '' ? {} : { servername: this.#tls.sni }),
      checkServerIdentity: () => undefined, // names are checked in #ready against the certificate itself, not against a host name
    }).on('secureConnect', () => void stats.sslHandshakes++);
  }
  #ready(socket: Socket | TLSSocket, secretVersion: number): void {
    const { stats } = this.#context;
    let principal = '';
    if (this.#tls.kind === 'tls' && 'getPeerX509Certificate' in socket) {
      const certificate = socket.getPeerX509Certificate();
      const peer = certificate === undefined ? undefined : readPeerCertificate(certificate);
      if (this.#tls.sanMatchers.length > 0 && (peer === undefined || !this.#accepts(peer))) {
        stats.sslFailVerify++;
        stats.cxConnectFail++;
        this.#host.cxConnectFail++;
        stats.cxActive--;
        this.#host.cxActive--;
        socket.destroy();
        this.#next()?.onConnectFailure({ reason: 'remote connection failure', transport: 'TLS_error:_CERTIFICATE_VERIFY_FAILED:_verify_SAN_list' });
        return;
      }
      principal = peer?.principal ?? '';
    }
    const connection = new ClientConnection(socket, this, principal, secretVersion);
    this.#all.add(connection);
    const waiter = this.#next(); // who waited for it gets it, even if its host or certificate went meanwhile: it closes after that request
    if (waiter === undefined) return this.#free(connection);
    connection.draining = this.#host.removed || secretVersion !== this.#context.secrets.version;
    waiter.onConnection(connection);
  }
  /** Closes idle connections; busy ones close when their request is done. With `onlyStale` those of the present secrets stay. */
  drain(onlyStale: boolean): void {
    for (const connection of this.#all) {
      if (onlyStale && connection.secretVersion === this.#context.secrets.version) continue;
      if (connection.busy) connection.draining = true;
      else connection.destroy();
    }
  }
  /** Closes connections that were idle for too long. */
  sweep(now: number): void {
    for (const connection of this.#idle.slice()) if (now - connection.idleSince >= this.#idleMsMax(connection)) connection.destroy();
  }
  destroy(): void {
    for (const connection of this.#all) connection.destroy();
  }
}

/** Istio's ALPN filter: HTTP/1.1 to the mesh says so, so that the server can tell it from an end user's TLS. */
const alpnFor = (view: TlsView): readonly string[] => (view.alpn.includes('istio') ? ['istio-http/1.1', 'istio', 'http/1.1'] : view.alpn.filter((name) => name !== 'h2'));
