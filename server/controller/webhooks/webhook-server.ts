import { closerOf, keepPausedBytes, nodeHttps } from '#server/lib';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorText } from '#shared/base';
import type { Logger } from '#server/lib';
import type { KeyPair } from '#server/wire';
import { readReview, writeReview } from './admission.ts';
import type { AdmissionAnswer, AdmissionRequest } from './admission.ts';

/** An object of 3 MiB, twice (new and old), with its review around it. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;
const BODY_MS_MAX = 10_000;

export type WebhookServer = { readonly port: number; renew(pair: KeyPair): void; stop(): Promise<void> };
export type WebhookHandlers = { inject(request: AdmissionRequest): AdmissionAnswer; validate(request: AdmissionRequest): AdmissionAnswer; unreadable(path: string): void };

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop must not destroy the request, or the answer would have no way out.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    const piece = Buffer.isBuffer(part) ? part : Buffer.from(String(part));
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    parts.push(piece);
  }
  return Buffer.concat(parts).toString('utf8');
}
function answer(response: ServerResponse, code: number, body: string, type = 'text/plain'): void {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function handle(request: IncomingMessage, response: ServerResponse, handlers: WebhookHandlers): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (path === '/httpsReady') return answer(response, 200, 'ok');
  const run = path === '/inject' || path.startsWith('/inject/') ? handlers.inject : path === '/validate' ? handlers.validate : undefined;
  if (run === undefined) return answer(response, 404, `there is nothing at ${path}`);
  if (request.method !== 'POST') return answer(response, 405, 'a review is sent by POST');
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) {
    handlers.unreadable(path);
    return answer(response, 415, 'invalid Content-Type, want application/json');
  }
  const body = await bodyOf(request);
  if (body === undefined) {
    handlers.unreadable(path);
    response.setHeader('connection', 'close'); // the rest of the body is not read
    return answer(response, 413, `a review is at most ${BODY_BYTES_MAX} bytes`);
  }
  const review = readReview(body);
  if (review === undefined) {
    handlers.unreadable(path);
    return answer(response, 400, 'the body is no AdmissionReview with a request');
  }
  answer(response, 200, writeReview(review.uid, run(review)), 'application/json');
}

/** Serves /inject and /validate over HTTPS. */
export async function startWebhookServer(options: { readonly host: string; readonly port: number; readonly pair: KeyPair; readonly handlers: WebhookHandlers; readonly log: Logger }): Promise<WebhookServer> {
  const server = nodeHttps().createServer({ cert: options.pair.certPem, key: options.pair.keyPem, minVersion: 'TLSv1.2', requestTimeout: BODY_MS_MAX }, (request, response) => {
    handle(request, response, options.handlers).catch((error: unknown) => {
      options.log.error({ path: request.url, error: errorText(error) }, 'an admission request failed');
      if (!response.headersSent) answer(response, 500, 'internal error');
      else response.destroy();
    });
  });
  keepPausedBytes(server);
  const close = closerOf(server);
  server.on('tlsClientError', () => undefined); // a client that does not trust us says so itself
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    renew: (pair) => server.setSecureContext({ cert: pair.certPem, key: pair.keyPem, minVersion: 'TLSv1.2' }),
    stop: close,
  };
}
