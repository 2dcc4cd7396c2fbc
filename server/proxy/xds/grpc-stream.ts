import { connect } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';

/** Where a gRPC server is and how it is trusted. `ca` undefined: plain HTTP/2. */
export type GrpcTarget = { readonly ip: string; readonly port: number; readonly serverName: string; readonly ca: string | undefined };
export type GrpcMethod<Q, A> = { readonly path: string; requestSerialize(request: Q): Buffer; responseDeserialize(bytes: Buffer): A };
export type GrpcCall<Q> = { send(request: Q): void; /** No more requests: a server answers a single call only then. */ finish(): void; close(): void };
export type GrpcEvents<A> = { message(answer: A): void; ended(error: Error): void };

/** Largest message that is taken, bytes: a full state of a big mesh is some megabytes. */
const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;
const CONNECT_MS_MAX = 10_000;
/** A ping this often finds a peer that went away without a word; unanswered pings end the session. */
const PING_MS = 30_000;
const PING_MS_MAX = 20_000;

/** A gRPC failure with its status code (0 = it never got one). */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** One HTTP/2 session; the proxy needs two calls of gRPC and no more, so it speaks it on node:http2 and leaves the library out of its memory. */
export async function openSession(target: GrpcTarget): Promise<ClientHttp2Session> {
  const authority = `${target.ca === undefined ? 'http' : 'https'}://${target.ip}:${target.port}`;
  const session = connect(authority, target.ca === undefined ? {} : { ca: target.ca, servername: target.serverName, ALPNProtocols: ['h2'] });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      session.destroy();
      reject(new GrpcError(14, `no connection to ${target.ip}:${target.port} within ${CONNECT_MS_MAX} ms`));
    }, CONNECT_MS_MAX);
    session.once('connect', () => {
      clearTimeout(timer);
      resolve();
    });
    session.once('error', (error) => {
      clearTimeout(timer);
      reject(new GrpcError(14, error.message));
    });
  });
  session.on('error', () => undefined); // a later failure ends the streams, and they report it
  return session;
}

/** Cuts gRPC's length-prefixed messages out of a stream. */
class MessageReader {
  #held: Buffer = Buffer.alloc(0);
  read(data: Buffer, message: (bytes: Buffer) => void): void {
    let held = this.#held.length === 0 ? data : Buffer.concat([this.#held, data]);
    while (held.length >= 5) {
      const length = held.readUInt32BE(1);
      if (length > MESSAGE_BYTES_MAX) throw new GrpcError(8, `a message of ${length} bytes is over the limit of ${MESSAGE_BYTES_MAX}`);
      if (held[0] !== 0) throw new GrpcError(12, 'compressed messages are not understood');
      if (held.length < 5 + length) break;
      message(held.subarray(5, 5 + length));
      held = held.subarray(5 + length);
    }
    this.#held = held.length === 0 ? held : Buffer.from(held);
  }
}

const frame = (bytes: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};

function statusOf(headers: IncomingHttpHeaders): GrpcError | undefined {
  const status = headers['grpc-status'];
  if (status === undefined) return undefined;
  const message = headers['grpc-message'];
  return new GrpcError(Number(status), typeof message === 'string' ? decodeURIComponent(message) : `status ${String(status)}`);
}

/** A bidirectional call. `ended` comes exactly once, whoever ended it. */
export function openCall<Q, A>(session: ClientHttp2Session, method: GrpcMethod<Q, A>, metadata: Readonly<Record<string, string>>, events: GrpcEvents<A>): GrpcCall<Q> {
  const stream: ClientHttp2Stream = session.request({ ':method': 'POST', ':path': method.path, 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'pharos-proxy', ...metadata });
  const reader = new MessageReader();
  let done = false;
  let status: GrpcError | undefined;
  const end = (error: Error): void => {
    if (done) return;
    done = true;
    clearInterval(pings);
    stream.close();
    events.ended(error);
  };
  const pings = setInterval(() => {
    const late = setTimeout(() => session.destroy(new Error('the control plane does not answer pings')), PING_MS_MAX);
    if (!session.destroyed) session.ping(() => clearTimeout(late));
  }, PING_MS).unref();
  stream.on('response', (headers) => {
    status = statusOf(headers);
    if (headers[':status'] !== 200) end(new GrpcError(14, `the server answered HTTP ${headers[':status']}`));
  });
  stream.on('trailers', (headers) => {
    status = statusOf(headers);
  });
  stream.on('data', (data: Buffer) => {
    try {
      reader.read(data, (bytes) => events.message(method.responseDeserialize(bytes)));
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
  });
  stream.on('error', (error: Error) => end(error));
  stream.on('close', () => end(status ?? new GrpcError(14, 'the stream was closed')));
  return { send: (request) => void (done || stream.write(frame(method.requestSerialize(request)))), finish: () => void stream.end(), close: () => end(new GrpcError(1, 'closed by the proxy')) };
}

/** A unary call. */
export async function callUnary<Q, A>(target: GrpcTarget, method: GrpcMethod<Q, A>, metadata: Readonly<Record<string, string>>, request: Q): Promise<A> {
  const session = await openSession(target);
  try {
    return await new Promise<A>((resolve, reject) => {
      let answer: A | undefined;
      const call = openCall(session, method, metadata, {
        message: (found) => {
          answer = found;
        },
        ended: (error) => (answer !== undefined && (!(error instanceof GrpcError) || error.code === 0 || error.code === 14) ? resolve(answer) : reject(error)),
      });
      call.send(request);
      call.finish();
    });
  } finally {
    session.close();
  }
}
