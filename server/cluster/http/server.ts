import { closerOf, keepPausedBytes, nodeHttps } from '#server/lib';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '#server/lib';
import { errorText } from '#shared/base';
import { ANONYMOUS, authenticate } from '../auth/authenticate.ts';
import { attributesOf } from '../auth/attributes.ts';
import { forbiddenFor } from '../auth/forbidden.ts';
import { impersonate } from '../auth/impersonate.ts';
import type { Rbac } from '../auth/rbac.ts';
import { badRequest, internal, notImplemented, StatusError } from '../status/status-error.ts';
import type { Certificates } from '../tls/certificates.ts';
import { Exchange } from './exchange.ts';
import { handleResource } from './handle-resource.ts';
import type { ResourceHandlers } from './handle-resource.ts';
import { countRequest } from './request-counters.ts';
import { parsePath } from './request-info.ts';
import { answerPage } from './routes.ts';
import type { Pages } from './routes.ts';

/** All headers of a request, bytes. */
const HEADER_BYTES_MAX = 64 * 1024;
/** How long a client may take to send its head, ms. */
const HEAD_MS_MAX = 10_000;
/** Idle connections are kept this long, ms. */
const IDLE_MS_MAX = 120_000;

export type ServerParts = { readonly certificates: Certificates; readonly handlers: ResourceHandlers; readonly pages: () => Pages; readonly rbac: Rbac; readonly log: Logger };
export type RunningServer = { readonly port: number; stop(): Promise<void> };

/** Listens over TLS with optional client certificates. HTTP/1.1 alone: kubectl and every client library speak it, and it is lighter than HTTP/2 here (docs/adr). */
export async function listen(parts: ServerParts, address: { readonly host: string; readonly port: number }): Promise<RunningServer> {
  const { ca, server: pair } = parts.certificates;
  const server = nodeHttps().createServer({ key: pair.keyPem, cert: pair.certPem, ca: ca.certPem, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'], maxHeaderSize: HEADER_BYTES_MAX, keepAlive: true, noDelay: true });
  server.headersTimeout = HEAD_MS_MAX;
  server.requestTimeout = 0;
  server.timeout = 0;
  server.keepAliveTimeout = IDLE_MS_MAX;
  keepPausedBytes(server);
  const close = closerOf(server);
  server.on('request', (request, response) => {
    handle(parts, request, response).catch((error: unknown) => {
      parts.log.error({ err: error, url: request.url }, 'a request could not be answered');
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => socket.destroy());
    const body = JSON.stringify(notImplemented('upgrading a connection (exec, attach, port-forward)').toStatus());
    socket.end(`HTTP/1.1 501 Not Implemented\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
    parts.log.debug({ url: request.url }, 'an upgrade was refused');
  });
  server.on('clientError', (error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
    else socket.destroy(error);
  });
  server.on('tlsClientError', (error) => parts.log.debug({ error: errorText(error) }, 'a TLS handshake failed'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address();
  return { port: isAddress(bound) ? bound.port : address.port, stop: close };
}
const isAddress = (v: AddressInfo | string | null): v is AddressInfo => typeof v === 'object' && v !== null;

async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '/', search = ''] = splitUrl(request.url ?? '/');
  const info = parsePath(path);
  const exchange = new Exchange(request, response, info ?? { isResource: false, path, group: '', version: '', namespace: '', resource: '', name: '', subresource: '', rest: '', isOldWatch: false }, new URLSearchParams(search));
  response.on('error', () => response.destroy());
  response.once('close', () => countRequest(exchange));
  try {
    if (info === undefined) throw badRequest('the path of the request is not valid percent-encoding');
    await authorize(parts, exchange);
    if (info.isResource) await handleResource(parts.handlers, exchange);
    else answerPage(parts.pages(), exchange);
  } catch (error) {
    answerError(parts, exchange, error);
  }
}

/** The path and the query; double slashes in a path are one, as in the real server. */
function splitUrl(url: string): readonly [string, string] {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return [path.replaceAll(/\/{2,}/g, '/'), at < 0 ? '' : url.slice(at + 1)];
}

async function authorize(parts: ServerParts, exchange: Exchange): Promise<void> {
  const { core } = parts.handlers;
  const { tokens } = parts.pages();
  const sender = await authenticate(exchange.request, tokens, core.now());
  exchange.user = impersonate(exchange.request, sender, parts.rbac);
  const asked = attributesOf(exchange.info, exchange.method, exchange.flag('watch'));
  const verdict = parts.rbac.authorize(exchange.user, asked);
  if (!verdict.allowed) throw forbiddenFor(exchange.user, asked, verdict.reason);
}

function answerError(parts: ServerParts, exchange: Exchange, error: unknown): void {
  if (error instanceof StatusError) return exchange.fail(error);
  // Only the response tells that the client left: a request whose body was read counts as destroyed, and an error after that must be answered.
  if (exchange.response.destroyed) return;
  parts.log.error({ err: error, url: exchange.request.url, user: exchange.user.name === ANONYMOUS.name ? '' : exchange.user.name }, 'a request failed');
  exchange.fail(internal(errorText(error), error));
}
