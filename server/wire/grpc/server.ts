import { constants, createSecureServer, createServer } from 'node:http2';
import type { Http2Server, Http2Session, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { TLSSocket } from 'node:tls';
import { errorText } from '#shared/base';
import { alternativeNames } from '../x509/index.ts';
import { frame, FrameReader } from './frames.ts';
import { GRPC, GrpcStatus } from './status.ts';

/** A discovery request with the versions of 10 000 resources is below 1 MB. */
const REQUEST_BYTES_MAX = 16 * 1024 * 1024;
/** A ping this often finds a client that went away without a word. */
const PING_MS = 30_000;
/** What may be sent before the client has read it, bytes a connection; Node's default is 64 KiB a stream. */
const WINDOW_BYTES = 4 * 1024 * 1024;

/** Who calls: headers, address, and the names of a client certificate that the server's roots vouch for. */
export type Caller = { header(name: string): string | undefined; readonly address: string; readonly encrypted: boolean; readonly identities: readonly string[] };
export type ServerCall<Q, A> = {
  readonly caller: Caller;
  send(answer: A): void;
  /** Ends the call; without a status it went well. */
  end(status?: GrpcStatus): void;
  onMessage(handler: (request: Q) => void): void;
  /** Runs once when the call is over, whoever ended it. */
  onClose(handler: () => void): void;
};
type Codec<Q, A> = { readonly path: string; requestDeserialize(bytes: Buffer): Q; responseSerialize(answer: A): Buffer };
export type GrpcMethod = { readonly path: string; open(stream: ServerHttp2Stream, caller: Caller): void };

/** A method with a stream both ways. */
export const streaming = <Q, A>(codec: Codec<Q, A>, handle: (call: ServerCall<Q, A>) => void, endsWithClient = true): GrpcMethod => ({ path: codec.path, open: (stream, caller) => openStream(stream, caller, codec, handle, endsWithClient) });
/** A method with one request and one answer. */
export const unary = <Q, A>(codec: Codec<Q, A>, handle: (request: Q, caller: Caller) => Promise<A>): GrpcMethod => streaming(codec, (call) => {
  let asked = false;
  call.onMessage((request) => {
    if (asked) return call.end(new GrpcStatus(GRPC.invalidArgument, 'one request is expected'));
    asked = true;
    handle(request, call.caller).then((answer) => {
      call.send(answer);
      call.end();
    }, (error: unknown) => call.end(statusOf(error)));
  });
}, false);
const statusOf = (error: unknown): GrpcStatus => (error instanceof GrpcStatus ? error : new GrpcStatus(GRPC.internal, errorText(error)));
/** grpc-message: printable ASCII but "%" stands as it is, every other byte of UTF-8 percent-encoded. */
const encodeMessage = (text: string): string => text.slice(0, 1000).replaceAll(/[^ -$&-~]+/g, (part) => [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''));
const trailers = (status: GrpcStatus | undefined): Record<string, string> => (status === undefined ? { 'grpc-status': '0' } : { 'grpc-status': String(status.code), 'grpc-message': encodeMessage(status.message) });

/** A client that has not finished its own side must not hold the stream open: RST_STREAM with NO_ERROR once the status is out (RFC 9113 §8.1). */
const closeSoon = (stream: ServerHttp2Stream): void => void setImmediate(() => {
  if (!stream.destroyed && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
});
function refuse(stream: ServerHttp2Stream, status: GrpcStatus): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers(status) }, { endStream: true });
  closeSoon(stream);
}

function openStream<Q, A>(stream: ServerHttp2Stream, caller: Caller, codec: Codec<Q, A>, handle: (call: ServerCall<Q, A>) => void, endsWithClient: boolean): void {
  const reader = new FrameReader(REQUEST_BYTES_MAX);
  let onMessage: ((request: Q) => void) | undefined;
  const closed: (() => void)[] = [];
  let ended = false;
  let final: GrpcStatus | undefined;
  const end = (status?: GrpcStatus): void => {
    if (ended) return;
    ended = true;
    final = status;
    if (stream.destroyed) return;
    if (stream.headersSent) stream.end();
    else refuse(stream, status ?? new GrpcStatus(GRPC.ok, ''));
  };
  stream.on('wantTrailers', () => {
    stream.sendTrailers(trailers(final));
    closeSoon(stream);
  });
  stream.on('data', (chunk: Buffer) => {
    if (ended) return;
    try {
      for (const bytes of reader.push(chunk)) onMessage?.(codec.requestDeserialize(bytes));
    } catch (error) {
      end(error instanceof GrpcStatus ? error : new GrpcStatus(GRPC.invalidArgument, errorText(error)));
    }
  });
  stream.on('end', () => void (endsWithClient ? end() : undefined)); // the client has nothing more to say
  stream.on('error', () => undefined); // 'close' follows and tells
  stream.on('close', () => {
    ended = true;
    for (const run of closed.splice(0)) run();
  });
  handle({
    caller, end, onMessage: (handler) => void (onMessage = handler), onClose: (handler) => void closed.push(handler),
    send: (answer) => {
      if (ended || stream.destroyed) return;
      if (!stream.headersSent) stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-accept-encoding': 'identity' }, { waitForTrailers: true });
      stream.write(frame(codec.responseSerialize(answer)));
    },
  });
}

function callerOf(session: Http2Session | undefined, headers: IncomingHttpHeaders): Caller {
  const socket = session?.socket;
  const secure = socket instanceof TLSSocket;
  // `authorized` is false without a certificate and for one that our roots do not vouch for.
  const certificate = secure && socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return {
    header: (name) => {
      const v = headers[name];
      return Array.isArray(v) ? v[0] : v;
    },
    address: socket?.remoteAddress ?? '', encrypted: secure, identities: certificate === undefined ? [] : alternativeNames(certificate.raw).uris,
  };
}

/** `ca`: roots of client certificates; a client without one is let in and has no identity. */
export type GrpcTls = { readonly cert: string; readonly key: string; readonly ca: string };
export type GrpcServer = { readonly port: number; /** New connections get this certificate. */ renew(tls: GrpcTls): void; stop(): Promise<void> };

/** A gRPC server on node:http2: two services need no library of 9 MB. */
export async function startGrpcServer(options: { readonly host: string; readonly port: number; readonly methods: readonly GrpcMethod[]; readonly tls?: GrpcTls }): Promise<GrpcServer> {
  const methods = new Map(options.methods.map((method) => [method.path, method]));
  const settings = { settings: { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: 1000 } };
  const secure = options.tls === undefined ? undefined : createSecureServer({ ...settings, ...options.tls, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' });
  const server: Http2Server = secure ?? createServer(settings);
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.setLocalWindowSize(WINDOW_BYTES);
    const timer = setInterval(() => {
      if (!session.destroyed) session.ping((error) => void (error === null ? undefined : session.destroy()));
    }, PING_MS);
    timer.unref();
    session.on('error', () => undefined); // 'close' follows
    session.on('close', () => {
      clearInterval(timer);
      sessions.delete(session);
    });
  });
  server.on('stream', (stream, headers) => {
    const method = methods.get(headers[':path'] ?? '');
    const isGrpc = headers[':method'] === 'POST' && (headers['content-type'] ?? '').startsWith('application/grpc');
    if (!isGrpc) return void stream.respond({ ':status': 415 }, { endStream: true });
    if (method === undefined) return refuse(stream, new GrpcStatus(GRPC.unimplemented, `unknown method ${headers[':path'] ?? ''}`));
    method.open(stream, callerOf(stream.session, headers));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    renew: (tls) => secure?.setSecureContext({ cert: tls.cert, key: tls.key, ca: tls.ca, minVersion: 'TLSv1.2' }),
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const session of sessions) session.destroy();
    }),
  };
}
