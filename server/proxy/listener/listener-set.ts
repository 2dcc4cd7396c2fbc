import { createServer } from 'node:net';
import type { Server } from 'node:net';
import type { Runtime } from '../filter/runtime.ts';
import type { Acceptor } from './accept.ts';
import type { OutboundCapture } from './capture.ts';

export type ListenerSetOptions = {
  readonly runtime: Runtime; readonly acceptor: Acceptor; readonly capture: OutboundCapture;
  /** The pod's address: virtual listeners are emulated there. Undefined: listeners are bound as they are written (static bootstrap). */
  readonly podIp: string | undefined;
  /** Container ports of the pod, so that ports without a Service can be reached too (through the catch-all chains). */
  readonly podPorts: readonly number[]; onProblem(text: string): void;
};
type Wanted = { readonly listener: string; readonly ip: string; readonly port: number; readonly kind: 'direct' | 'capture' };

const INBOUND = 'virtualInbound';
const OUTBOUND = 'virtualOutbound';
/** Ports that belong to the proxy itself. */
const RESERVED: ReadonlySet<number> = new Set([15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090]);
const BACKLOG = 1024;

/**
 * Bound sockets. In the portable tier nothing redirects traffic: each destination port of `virtualInbound` is bound at the pod address and its
 * own port is the original destination; `virtualOutbound` is the proxy port that applications are told by HTTP_PROXY.
 */
export class ListenerSet {
  readonly #options: ListenerSetOptions;
  readonly #servers = new Map<string, { readonly server: Server; readonly wanted: Wanted }>();
  readonly #failed = new Map<string, string>();
  #stopped = false;
  constructor(options: ListenerSetOptions) {
    this.#options = options;
  }
  #wanted(): ReadonlyMap<string, Wanted> {
    const out = new Map<string, Wanted>();
    const { podIp, runtime, podPorts } = this.#options;
    const put = (wanted: Wanted): void => void out.set(`${wanted.ip}:${wanted.port}`, wanted);
    for (const listener of runtime.snapshot.listeners.values()) {
      if (podIp !== undefined && listener.name === INBOUND) {
        const ports = new Set([...listener.chains.ports, ...podPorts]);
        for (const port of ports) if (!RESERVED.has(port)) put({ listener: listener.name, ip: podIp, port, kind: 'direct' });
      } else if (podIp !== undefined && listener.name === OUTBOUND) put({ listener: listener.name, ip: podIp, port: listener.port, kind: 'capture' });
      else if (listener.binds) put({ listener: listener.name, ip: podIp !== undefined && listener.address === '0.0.0.0' ? podIp : listener.address, port: listener.port, kind: 'direct' });
    }
    return out;
  }
  /** Binds what is new and closes what is gone. Connections of a closed socket live on. */
  sync(): void {
    if (this.#stopped) return;
    const wanted = this.#wanted();
    for (const [key, { server }] of this.#servers) {
      if (wanted.has(key)) continue;
      server.close();
      this.#servers.delete(key);
    }
    for (const [key, one] of wanted) {
      const existing = this.#servers.get(key);
      if (existing !== undefined && existing.wanted.listener === one.listener) continue;
      existing?.server.close();
      this.#bind(key, one);
    }
  }
  #bind(key: string, wanted: Wanted): void {
    const { acceptor, capture, runtime, onProblem } = this.#options;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => (wanted.kind === 'capture' ? capture.accept(socket) : acceptor.accept(socket, wanted.listener, wanted.port)));
    server.on('error', (error) => { // a taken port, or no descriptor left: the other listeners go on
      runtime.stats.listenerCreateFailures++;
      this.#failed.set(key, error.message);
      onProblem(`listener ${wanted.listener} at ${key}: ${error.message}`);
    });
    server.on('listening', () => this.#failed.delete(key));
    server.listen({ host: wanted.ip, port: wanted.port, backlog: BACKLOG });
    this.#servers.set(key, { server, wanted });
  }
  /** Bound addresses by listener name, for the admin page. */
  bound(): readonly { readonly listener: string; readonly address: string }[] {
    return [...this.#servers.values()].map(({ server, wanted }) => {
      const address = server.address();
      return { listener: wanted.listener, address: typeof address === 'object' && address !== null ? `${wanted.ip}:${address.port}` : `${wanted.ip}:${wanted.port}` };
    });
  }
  get allListening(): boolean {
    return [...this.#servers.values()].every(({ server }) => server.listening);
  }
  get problems(): readonly string[] {
    return [...this.#failed].map(([key, text]) => `${key}: ${text}`);
  }
  /** No new connections; with `inboundOnly` applications may still call out. */
  close(inboundOnly: boolean): void {
    this.#stopped = true;
    for (const [key, { server, wanted }] of this.#servers) {
      if (inboundOnly && wanted.kind === 'capture') continue;
      server.close();
      this.#servers.delete(key);
    }
  }
}
