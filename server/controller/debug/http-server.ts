import { errorText } from '#shared/base';
import { nodeHttp } from '#server/lib';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from '#server/lib';
import type { PushServer } from '../push/push-server.ts';
import { debugPage, VERSION } from './pages.ts';
import type { Page } from './pages.ts';

export type HttpOptions = { readonly host: string; readonly port: number; readonly push: PushServer; readonly registry: Registry; /** Why it is not ready yet; undefined when it is. */ notReady(): string | undefined; beforeMetrics(): void };
export type HttpServer = { readonly port: number; stop(): Promise<void> };

function pageOf(options: HttpOptions, url: URL): Page {
  const { pathname } = url;
  if (pathname === '/ready' || pathname === '/healthz') {
    const reason = options.notReady();
    return reason === undefined ? { code: 200, body: 'ok\n', type: 'text/plain' } : { code: 503, body: `${reason}\n`, type: 'text/plain' };
  }
  if (pathname === '/version') return { code: 200, body: JSON.stringify({ version: VERSION, status: 'Clean' }), type: 'application/json' };
  if (pathname === '/metrics') {
    options.beforeMetrics();
    return { code: 200, body: options.registry.render(), type: 'text/plain; version=0.0.4; charset=utf-8' };
  }
  const page = pathname === '/debug' || pathname.startsWith('/debug/') ? debugPage(options.push, pathname.slice(7), url.searchParams) : undefined;
  return page ?? { code: 404, body: `there is nothing at ${pathname}; /debug/list names the pages\n`, type: 'text/plain' };
}
/** A page that cannot be made (a configuration that cannot be compiled) says why; it must not end the process. */
function pageOrFailure(options: HttpOptions, url: URL): Page {
  try {
    return pageOf(options, url);
  } catch (error) {
    return { code: 500, body: `${errorText(error)}\n`, type: 'text/plain' };
  }
}
function answer(request: IncomingMessage, response: ServerResponse, page: Page): void {
  response.writeHead(page.code, { 'content-type': page.type, 'content-length': Buffer.byteLength(page.body) });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}
/** `/debug/syncz?revision=<resourceVersion>&wait=<ms>` is answered when every proxy has acknowledged that revision, when one refuses, or when the time is up; istiod has no such thing and answers at once. */
function waitOf(url: URL): { readonly revision: number; readonly ms: number } | undefined {
  const [revision, ms] = [Number(url.searchParams.get('revision') ?? Number.NaN), Number(url.searchParams.get('wait') ?? Number.NaN)];
  return url.pathname === '/debug/syncz' && Number.isSafeInteger(revision) && ms > 0 ? { revision, ms } : undefined;
}
function handle(options: HttpOptions, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(request, response, { code: 405, body: 'these pages are read by GET\n', type: 'text/plain' });
  const url = new URL(request.url ?? '/', 'http://istiod');
  const wait = waitOf(url);
  if (wait === undefined) return answer(request, response, pageOrFailure(options, url));
  const giveUp = options.push.acknowledgements.wait(wait.revision, wait.ms, () => answer(request, response, pageOrFailure(options, url)));
  response.once('close', giveUp);
}
/** Readiness, metrics and debug pages. */
export async function startHttpServer(options: HttpOptions): Promise<HttpServer> {
  const server = nodeHttp().createServer((request, response) => handle(options, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
