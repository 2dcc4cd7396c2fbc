import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import { errorText, isRecord } from '#shared/base';
import { nodeHttp, nodeHttps } from '../http.ts';
import type { KubeConnection } from './connection.ts';
import { keepTlsContext } from './tls-context.ts';

/** Largest answer that is read whole, bytes. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
/** Connections of ordinary requests to one server. */
const SOCKETS_MAX = 64;
/** How long a request may go without a byte from the server, ms. */
const REQUEST_MS_MAX = 30_000;

export type KubeQuery = Readonly<Record<string, string | number | boolean | undefined>>;
export type KubeRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with a leading slash, already encoded. */
  readonly path: string;
  readonly query?: KubeQuery;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};
export type KubeClient = {
  readonly connection: KubeConnection;
  /** The parsed JSON answer; a `KubeError` for every status of 400 and more and for a server that cannot be reached (code 0). */
  request(request: KubeRequest): Promise<unknown>;
  /** The answer as text (logs, proxied pages). */
  text(request: KubeRequest): Promise<string>;
  /** The answer as a stream, once its head is in; the caller must read or destroy it. */
  stream(request: KubeRequest): Promise<IncomingMessage>;
  close(): void;
};

/** What the API server said when it refused: HTTP code (0 when it was not reached), reason and message of its Status. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: number;
  readonly reason: string;
  readonly details: unknown;
  readonly retryAfterMs: number | undefined;
  constructor(options: { readonly code: number; readonly reason: string; readonly message: string; readonly details?: unknown; readonly retryAfterMs?: number; readonly cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.reason = options.reason;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export const isKubeError = (error: unknown, code: number): boolean => error instanceof KubeError && error.code === code;

function errorOf(code: number, text: string, retryAfter: string | undefined): KubeError {
  let status: unknown;
  try {
    status = JSON.parse(text);
  } catch {
    status = undefined; // some paths answer plain text
  }
  const field = (name: string): string | undefined => (isRecord(status) && typeof status[name] === 'string' ? status[name] : undefined);
  const seconds = Number(retryAfter);
  return new KubeError({
    code, reason: field('reason') ?? 'Unknown', message: field('message') ?? (text.trim().slice(0, 500) || `HTTP ${code}`),
    ...(isRecord(status) && status['details'] !== undefined ? { details: status['details'] } : {}), ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  });
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX) throw new KubeError({ code: 0, reason: 'TooLarge', message: `the answer is over ${ANSWER_BYTES_MAX} bytes` });
    chunks.push(piece);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function queryText(query: KubeQuery = {}): string {
  const params = new URLSearchParams();
  for (const [name, v] of Object.entries(query)) if (v !== undefined) params.set(name, String(v));
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** A client of one API server over kept-alive connections; a small `socketsMax` saves handshakes where requests come in bursts. */
export function createKubeClient(connection: KubeConnection, { socketsMax = SOCKETS_MAX }: { readonly socketsMax?: number } = {}): KubeClient {
  const secure = connection.server.protocol === 'https:';
  const agent = secure ? new (nodeHttps().Agent)({ keepAlive: true, maxSockets: socketsMax }) : new (nodeHttp().Agent)({ keepAlive: true, maxSockets: socketsMax });
  const useContext = keepTlsContext();
  // A watch holds its connection for minutes: streams must not use up the connections of ordinary requests, nor wait for one.
  const streamAgent = secure ? new (nodeHttps().Agent)() : new (nodeHttp().Agent)();
  const send = async (request: KubeRequest, whole: boolean): Promise<IncomingMessage> => {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const base = connection.server.pathname === '/' ? '' : connection.server.pathname.replace(/\/$/, '');
    const options: RequestOptions = {
      method: request.method, host: connection.server.hostname.replace(/^\[|\]$/g, ''), port: connection.server.port || (secure ? 443 : 80), path: `${base}${request.path}${queryText(request.query)}`,
      headers: { accept: request.accept ?? 'application/json', ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }) },
      ...(request.signal === undefined ? {} : { signal: request.signal }), ...(whole ? { timeout: request.timeoutMs ?? REQUEST_MS_MAX } : {}),
    };
    await connection.prepare(options);
    options.agent = whole ? agent : streamAgent;
    if (secure) useContext(options);
    return new Promise((resolve, reject) => {
      const outgoing = secure ? nodeHttps().request(options, resolve) : nodeHttp().request(options, resolve);
      outgoing.once('timeout', () => outgoing.destroy(new Error(`no answer within ${request.timeoutMs ?? REQUEST_MS_MAX} ms`)));
      outgoing.once('error', (error) => reject(new KubeError({ code: 0, reason: 'Unreachable', message: errorText(error), cause: error })));
      outgoing.end(body);
    });
  };
  const checked = async (request: KubeRequest, whole: boolean): Promise<IncomingMessage> => {
    const answer = await send(request, whole);
    const code = answer.statusCode ?? 0;
    if (code >= 200 && code < 300) return answer;
    throw errorOf(code, await readText(answer), answer.headers['retry-after']);
  };
  const text = async (request: KubeRequest): Promise<string> => readText(await checked(request, true));
  return {
    connection, text,
    request: async (request) => {
      const answer = await text(request);
      try {
        return answer === '' ? undefined : (JSON.parse(answer) as unknown);
      } catch (error) {
        throw new KubeError({ code: 0, reason: 'NotJson', message: `the API server answered ${request.path} with something that is not JSON`, cause: error });
      }
    },
    stream: (request) => checked(request, false),
    close: () => {
      agent.destroy();
      streamAgent.destroy();
    },
  };
}
