import { connect, createServer, Socket } from 'node:net';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint } from './service-table.ts';

/** Connections one listener holds at once; more are refused by the system. */
const CONNECTIONS_MAX = 10_000;
/** How long a connection to an endpoint may take to stand. */
const CONNECT_MS_MAX = 5000;
/** Endpoints tried for one connection. */
const TRIES_MAX = 3;

const breakOff = (stream: Duplex): void => void (stream instanceof Socket ? stream.resetAndDestroy() : stream.destroy());

/** Joins two streams: bytes flow both ways at the pace of the slower side, an end of one direction is passed on, a break of one breaks the other. */
export function joinStreams(a: Duplex, b: Duplex): void {
  for (const [from, to] of [[a, b], [b, a]] as const) {
    from.on('error', () => breakOff(to));
    from.once('close', () => {
      if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
}

export type Dial = { readonly endpoint: Endpoint; readonly localAddress?: string | undefined };

/** Connects; `localAddress` is the address the other side sees. Rejects when it does not stand in time. */
export function dial({ endpoint, localAddress }: Dial): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.address, port: endpoint.port, allowHalfOpen: true, noDelay: true, ...(localAddress === undefined ? {} : { localAddress }) });
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${CONNECT_MS_MAX} ms`)), CONNECT_MS_MAX);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

/** Connects to the first of the candidates that answers. */
export async function dialFirst(candidates: readonly Endpoint[], localAddress?: string): Promise<Socket> {
  let last: unknown = new Error('there is no ready endpoint');
  for (const endpoint of candidates.slice(0, TRIES_MAX)) {
    try {
      return await dial({ endpoint, localAddress: endpoint.address.startsWith('127.') ? localAddress : undefined });
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** Forwards one accepted connection to the first candidate that answers; with none it is reset, as kube-proxy rejects. */
export async function forwardConnection(client: Socket, candidates: readonly Endpoint[]): Promise<void> {
  client.on('error', () => client.destroy());
  try {
    const upstream = await dialFirst(candidates);
    if (client.destroyed) upstream.destroy();
    else joinStreams(client, upstream);
  } catch {
    client.resetAndDestroy(); // refused: the client sees it as it would without the forward
  }
}

/** Listens and hands each connection to `onConnection`; the sockets are not read before that. */
export function listen(host: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, onConnection);
    server.maxConnections = CONNECTIONS_MAX;
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      server.on('error', () => {}); // accept failures (no more file handles) pass; the next accept tries again
      resolve(server);
    });
  });
}
