import { randomBytes } from 'node:crypto';
import { createServer } from 'node:tls';
import type { Server, TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import type { TlsView } from '#shared/evaluator';
import type { ListenerStats } from '../stats/counters.ts';
import type { SecretStore } from './secrets.ts';
import { compileSans, readPeerCertificate } from './spiffe.ts';
import type { PeerCertificate } from './spiffe.ts';

export type Secured = { readonly socket: TLSSocket; readonly peer: PeerCertificate | undefined };
type Waiter = { done(secured: Secured): void; failed(reason: string): void };

/** ALPN names that a client of the mesh offers beside the real ones, in the order in which one is agreed on. HTTP/2 is not spoken yet, so it is never agreed on. */
const PROTOCOLS = ['http/1.1', 'http/1.0', 'istio', 'istio-peer-exchange', 'istio-http/1.1', 'istio-http/1.0'];
const HANDSHAKE_MS_MAX = 15_000;
const keyOf = (socket: Socket): string => `${socket.remoteAddress}:${socket.remotePort}>${socket.localAddress}:${socket.localPort}`;

/**
 * Ends TLS for connections whose first bytes were read already and put back. One for each downstream TLS context. The handshake runs in a
 * `tls.Server` that never listens, because only there does Node compute `authorized`.
 */
export class TlsTerminator {
  readonly #view: TlsView;
  readonly #secrets: SecretStore;
  readonly #stats: ListenerStats;
  readonly #waiting = new Map<string, Waiter>();
  readonly #accepts: (peer: PeerCertificate) => boolean;
  #server: Server | undefined;
  #unwatch: () => void;
  #roots: unknown;
  constructor(view: TlsView, secrets: SecretStore, stats: ListenerStats) {
    this.#view = view;
    this.#secrets = secrets;
    this.#stats = stats;
    this.#accepts = compileSans(view.sanMatchers);
    this.#unwatch = secrets.watch(() => this.#renew());
  }
  #renew(): void {
    const options = this.#secrets.optionsFor(this.#view);
    if (options === undefined || this.#server === undefined) return;
    this.#server.setSecureContext(options);
    if (this.#roots !== options.ca) this.#server.setTicketKeys(randomBytes(48)); // a resumed session would skip the new roots (CVE-2022-21654)
    this.#roots = options.ca;
  }
  #start(): Server | undefined {
    if (this.#server !== undefined) return this.#server;
    const options = this.#secrets.optionsFor(this.#view);
    if (options === undefined) return undefined;
    this.#roots = options.ca;
    const server = createServer({
      ...options, requestCert: this.#view.requiresClientCertificate || this.#view.sanMatchers.length > 0, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE_MS_MAX,
      ALPNCallback: ({ protocols }) => PROTOCOLS.find((known) => protocols.includes(known)),
    });
    server.on('secureConnection', (socket) => this.#secured(socket));
    server.on('tlsClientError', (error, socket) => this.#failed(socket, error));
    this.#server = server;
    return server;
  }
  #take(socket: Socket): Waiter | undefined {
    const key = keyOf(socket);
    const waiter = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiter;
  }
  #secured(socket: TLSSocket): void {
    const waiter = this.#take(socket);
    if (waiter === undefined) {
      socket.destroy();
      return;
    }
    const refuse = (reason: string): void => {
      socket.destroy();
      waiter.failed(reason);
    };
    const certificate = socket.getPeerX509Certificate();
    const peer = certificate === undefined ? undefined : readPeerCertificate(certificate);
    if (this.#view.requiresClientCertificate && peer === undefined) {
      this.#stats.sslFailVerifyNoCert++;
      return refuse('no client certificate');
    }
    if (peer !== undefined && !socket.authorized) {
      this.#stats.sslFailVerifyError++;
      return refuse(String(socket.authorizationError));
    }
    if (peer !== undefined && !this.#accepts(peer)) {
      this.#stats.sslFailVerifySan++;
      return refuse(`${peer.uris.join(' ')} is not an accepted identity`);
    }
    this.#stats.sslHandshake++;
    waiter.done({ socket, peer });
  }
  #failed(socket: TLSSocket, error: Error): void {
    this.#stats.sslConnectionError++;
    this.#take(socket)?.failed(error.message);
    socket.destroy();
  }
  /** Takes over a connection; its first bytes must have been put back by `unshift`. */
  accept(socket: Socket, waiter: Waiter): void {
    const server = this.#start();
    if (server === undefined) {
      socket.destroy();
      waiter.failed('the certificate has not come yet');
      return;
    }
    const key = keyOf(socket);
    this.#waiting.set(key, waiter);
    socket.once('close', () => {
      if (this.#waiting.get(key) !== waiter) return;
      this.#waiting.delete(key);
      this.#stats.sslConnectionError++;
      waiter.failed('closed during the handshake');
    });
    server.emit('connection', socket);
  }
  stop(): void {
    this.#unwatch();
  }
}
