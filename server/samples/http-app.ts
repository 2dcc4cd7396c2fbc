import { nodeHttp } from '#server/lib';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Headers each bookinfo service passes on, so that traces hang together and rules on users work at every hop. */
const FORWARDED = [
  'x-request-id', 'x-ot-span-context', 'x-datadog-trace-id', 'x-datadog-parent-id', 'x-datadog-sampling-priority', 'traceparent', 'tracestate', 'x-cloud-trace-context', 'grpc-trace-bin',
  'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags', 'sw8', 'end-user', 'user-agent', 'cookie', 'authorization', 'jwt',
] as const;
/** Largest request or response body an app reads, bytes. */
const BODY_BYTES_MAX = 1024 * 1024;

export type Handler = (request: AppRequest, response: ServerResponse) => Promise<void> | void;
export type AppRequest = { readonly method: string; readonly url: URL; readonly headers: IncomingMessage['headers']; body(): Promise<string> };
export type RunningApp = { readonly port: number; stop(): Promise<void> };

/** The headers of a request that the next service must see. */
export function forwardedHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of FORWARDED) {
    const v = headers[name];
    if (typeof v === 'string') out[name] = v;
  }
  return out;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
}

async function readBody(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`body over ${BODY_BYTES_MAX} bytes`);
    chunks.push(piece);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Serves `handler` at host:port (port 0 takes a free one). An error of the handler is a 500, never a crash. */
export async function serveApp(options: { readonly host: string; readonly port: number; readonly handler: Handler }): Promise<RunningApp> {
  const server = nodeHttp().createServer((incoming, response) => {
    const app: AppRequest = { method: incoming.method ?? 'GET', url: new URL(incoming.url ?? '/', 'http://app'), headers: incoming.headers, body: () => readBody(incoming) };
    Promise.resolve().then(() => options.handler(app, response)).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) });
      else response.destroy();
    });
  });
  server.keepAliveTimeout = 75_000; // longer than a proxy's pool keeps a connection, so that the proxy closes first
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await closed;
  };
  return { port, stop };
}

export type Fetched = { readonly status: number; readonly text: string };

/** One HTTP call with a timeout in milliseconds (headers and body together). Rejects when there is no whole answer in time. */
export function callHttp(options: { readonly url: string; readonly headers: Record<string, string>; readonly timeoutMs: number; readonly method?: string; readonly body?: string }): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const outgoing = nodeHttp().request(options.url, { method: options.method ?? 'GET', headers: options.headers, signal: AbortSignal.timeout(options.timeoutMs) }, (answer) => {
      readBody(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
    });
    outgoing.once('error', reject);
    outgoing.end(options.body);
  });
}
