import type { Agent } from 'node:http';
import { nodeHttp } from '#server/lib';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import { errorText } from '#shared/base';
import { dialFirst, joinStreams } from './forward.ts';
import { rotate } from './service-proxy.ts';
import type { Endpoint, ServiceTable } from './service-table.ts';

/** Where the proxy of a pod without sidecar listens on the pod's address; a sidecar uses the same port. */
export const EGRESS_PORT = 15001;
const SOCKETS_MAX = 512;
/** Headers that speak to the next hop only (RFC 9110, 7.6.1) and those of a proxy. */
const HOP_HEADERS: ReadonlySet<string> = new Set(['connection', 'proxy-connection', 'keep-alive', 'proxy-authorization', 'proxy-authenticate', 'transfer-encoding', 'upgrade']);

export type EgressOptions = { readonly table: ServiceTable; readonly namespace: string; readonly podIP: string };
type Target = { readonly candidates: readonly Endpoint[]; readonly why: string };

/** Raw headers without those of the hop. */
function endToEnd(raw: readonly string[]): string[] {
  const named = new Set<string>();
  for (let i = 0; i + 1 < raw.length; i += 2) if (raw[i]?.toLowerCase() === 'connection') for (const name of (raw[i + 1] ?? '').split(',')) named.add(name.trim().toLowerCase());
  const out: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (!HOP_HEADERS.has(name) && !(named.has(name) && name !== 'te')) out.push(raw[i] ?? '', raw[i + 1] ?? '');
  }
  return out;
}

/** The plain way out of a pod without sidecar: an HTTP proxy that knows Service names and calls from the pod's own address, so that the other side sees which pod it is. */
export class EgressProxy {
  readonly #options: EgressOptions;
  readonly #agent: Agent;
  readonly #server: Server;
  readonly #tunnels = new Set<Duplex>();
  #turn = 0;

  constructor(options: EgressOptions) {
    this.#options = options;
    this.#agent = new (nodeHttp().Agent)({ keepAlive: true, maxSockets: SOCKETS_MAX });
    this.#server = nodeHttp().createServer({ requestTimeout: 0, keepAliveTimeout: 65_000, requireHostHeader: false }, (incoming, response) => this.#onRequest(incoming, response, true));
    this.#server.on('connect', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void this.#onConnect(incoming, socket, head));
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void this.#onUpgrade(incoming, socket, head));
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Listens on the pod's address. Rejects when the port is taken. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: this.#options.podIP, port: EGRESS_PORT, exclusive: true }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', () => {}); // accept failures pass
        resolve();
      });
    });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#tunnels) socket.destroy();
    this.#agent.destroy();
  }

  /** Where a host and port lead: a Service's ready endpoints, or the host itself. */
  #resolve(host: string, port: number): Target {
    const { table, namespace } = this.#options;
    const service = table.find(namespace, host);
    if (service === undefined) return { candidates: [{ address: host, port }], why: '' };
    if (service.type === 'ExternalName') return { candidates: [{ address: service.externalName, port }], why: '' };
    const endpoints = table.endpoints(service, port);
    const name = `${service.name}.${service.namespace}`;
    if (endpoints === undefined) return { candidates: [], why: `service ${name} has no port ${port}` };
    return { candidates: rotate(endpoints, this.#turn++), why: `service ${name} has no ready endpoint` };
  }

  #localAddress(endpoint: Endpoint): { readonly localAddress?: string } {
    return endpoint.address.startsWith('127.') ? { localAddress: this.#options.podIP } : {};
  }

  #onRequest(incoming: IncomingMessage, response: ServerResponse, mayRetry: boolean): void {
    const url = parseUrl(incoming.url ?? '');
    if (url === undefined) {
      refuse(response, 400, 'this is a proxy: the request line must hold a whole http:// URL');
      return;
    }
    const target = this.#resolve(url.hostname.replaceAll(/^\[|\]$/g, ''), Number(url.port === '' ? 80 : url.port));
    const [endpoint] = target.candidates;
    if (endpoint === undefined) {
      refuse(response, 503, target.why);
      return;
    }
    const hasBody = incoming.headers['content-length'] !== undefined || incoming.headers['transfer-encoding'] !== undefined;
    const outgoing = nodeHttp().request({
      agent: this.#agent, host: endpoint.address, port: endpoint.port, method: incoming.method ?? 'GET', path: `${url.pathname}${url.search}`, headers: endToEnd(incoming.rawHeaders), setHost: incoming.headers.host === undefined, ...this.#localAddress(endpoint),
    });
    outgoing.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
      pipeline(answer, response, (error) => {
        if (error !== null && error !== undefined) outgoing.destroy();
      });
    });
    outgoing.once('error', (error) => {
      // A kept-alive connection that the other side closed as we took it: nothing of the request was lost yet.
      if (mayRetry && !hasBody && outgoing.reusedSocket && !response.headersSent && !response.destroyed) this.#onRequest(incoming, response, false);
      else if (response.headersSent || wasReset(error)) response.destroy(); // a reset is passed on as one: without this proxy the pod would see it
      else refuse(response, 502, errorText(error));
    });
    response.once('close', () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    if (hasBody) incoming.pipe(outgoing);
    else outgoing.end();
  }

  async #open(host: string, port: number): Promise<Socket> {
    const { candidates, why } = this.#resolve(host, port);
    if (candidates.length === 0) throw new Error(why);
    return dialFirst(candidates, this.#options.podIP);
  }

  #tunnel(client: Duplex, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.#tunnels.add(socket);
      socket.once('close', () => this.#tunnels.delete(socket));
    }
  }

  async #onConnect(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(incoming.url ?? '');
    try {
      if (match === null) throw new Error('CONNECT takes host:port');
      const upstream = await this.#open(match[1] ?? '', Number(match[2]));
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      this.#tunnel(client, upstream);
      joinStreams(client, upstream);
    } catch (error) {
      client.end(`HTTP/1.1 ${match === null ? '400 Bad Request' : '503 Service Unavailable'}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${errorText(error)}\n`);
    }
  }

  /** Upgrade (WebSocket): the request goes on as it came, then bytes flow. */
  async #onUpgrade(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on('error', () => client.destroy());
    const url = parseUrl(incoming.url ?? '');
    try {
      if (url === undefined) throw new Error('this is a proxy: the request line must hold a whole http:// URL');
      const upstream = await this.#open(url.hostname, Number(url.port === '' ? 80 : url.port));
      const lines: string[] = [];
      for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) if (incoming.rawHeaders[i]?.toLowerCase() !== 'proxy-connection') lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
      upstream.write(`${incoming.method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      if (head.length > 0) upstream.write(head);
      this.#tunnel(client, upstream);
      joinStreams(client, upstream);
    } catch (error) {
      client.end(`HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${errorText(error)}\n`);
    }
  }
}

/** The other side took the connection and dropped it before an answer, as a sidecar under STRICT does with plain text. */
const wasReset = (error: Error): boolean => 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

function parseUrl(text: string): URL | undefined {
  if (!text.startsWith('http://')) return undefined;
  return URL.canParse(text) ? new URL(text) : undefined;
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(`${why}\n`) }).end(`${why}\n`);
}
