import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ROUTES } from '#shared/api';
import { encodeFrame } from '#shared/graph';
import type { GraphModel } from '#shared/graph';
import { bookinfoReplies } from './canned/bookinfo-replies.ts';

// The built web app over canned answers: for looking at it, for accessibility and speed, without a mesh. Each answer is checked by its route's schema.

const WEB_DIR = fileURLToPath(new URL('../../dist/web/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.json': 'application/json' };
/** As strict as the console's own (server/dashboard). */
const CSP = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

export type CannedOptions = { readonly graph: (now: number) => GraphModel; /** Milliseconds between frames after the first; 0 sends only one. */ readonly everyMs?: number; readonly port?: number; /** Answers with 503 for these route ids. */ readonly failing?: ReadonlySet<string> };
export type CannedConsole = { readonly url: string; readonly stop: () => Promise<void>; readonly setFailing: (routes: readonly string[]) => void };

type Handler = (params: Readonly<Record<string, string>>) => unknown;
type Match = { readonly id: string; readonly params: Readonly<Record<string, string>> };

function matchRoute(method: string, path: string): Match | undefined {
  const parts = path.split('/');
  for (const [id, route] of Object.entries(ROUTES)) {
    const wanted = route.path.split('/');
    if (route.method !== method || wanted.length !== parts.length || !wanted.every((part, i) => part.startsWith(':') || part === parts[i])) continue;
    return { id, params: Object.fromEntries(wanted.flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1), decodeURIComponent(parts[i] ?? '')]] : []))) };
  }
  return undefined;
}

function sendJson(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  const zipped = text.length > 1_000 && String(request.headers['accept-encoding']).includes('gzip');
  response.writeHead(status, { 'content-type': 'application/json', 'content-security-policy': CSP, ...(zipped ? { 'content-encoding': 'gzip' } : {}) }).end(zipped ? gzipSync(text) : text);
}

function sendFile(response: ServerResponse, path: string): void {
  const inside = join(WEB_DIR, normalize(path));
  const file = inside.startsWith(WEB_DIR) && existsSync(inside) && statSync(inside).isFile() ? inside : `${WEB_DIR}index.html`;
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': CSP });
  createReadStream(file).pipe(response);
}

function stream(response: ServerResponse, options: CannedOptions, onEnd: (stop: () => void) => void): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'content-security-policy': CSP });
  let revision = 0;
  const send = (): void => {
    revision += 1;
    const at = Date.now();
    response.write(`event: frame\ndata: ${JSON.stringify(encodeFrame({ type: 'full', revision, at: at - 400, model: options.graph(at - 400) }))}\n\n`);
  };
  send();
  const timer = setInterval(() => (options.everyMs === undefined || options.everyMs === 0 ? response.write('event: ping\ndata: {}\n\n') : send()), options.everyMs === undefined || options.everyMs === 0 ? 5_000 : options.everyMs);
  const stop = (): void => { clearInterval(timer); response.end(); };
  response.on('close', stop);
  onEnd(stop);
}

export async function startCannedConsole(options: CannedOptions): Promise<CannedConsole> {
  if (!existsSync(`${WEB_DIR}index.html`)) throw new Error('dist/web is not built: run npm run build first.');
  let failing = options.failing ?? new Set<string>();
  const open = new Set<() => void>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://console');
    if (!url.pathname.startsWith('/api/')) return sendFile(response, url.pathname);
    const match = matchRoute(request.method ?? 'GET', url.pathname);
    if (match === undefined) return sendJson(request, response, 404, { code: 'NO_ROUTE', message: `There is no ${url.pathname}.`, next: '' });
    if (failing.has(match.id)) return sendJson(request, response, 503, { code: 'SOURCE_DOWN', message: 'Prometheus does not answer.', next: 'Check that it runs.' });
    if (match.id === 'graphStream') return stream(response, options, (stop) => open.add(stop));
    if (match.id === 'graph') return sendJson(request, response, 200, encodeFrame({ type: 'full', revision: 1, at: Date.now(), model: options.graph(Date.now()) }));
    const handlers: Readonly<Record<string, Handler | undefined>> = bookinfoReplies(Date.now());
    const handler = handlers[match.id];
    if (handler === undefined) return sendJson(request, response, 404, { code: 'NOT_CANNED', message: `There is no canned answer for ${match.id}.`, next: '' });
    sendJson(request, response, 200, handler(match.params));
  });
  await new Promise<void>((resolve) => { server.listen(options.port ?? 0, '127.0.0.1', resolve); });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the canned console has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    setFailing: (routes) => { failing = new Set(routes); },
    stop: async () => {
      for (const end of open) end();
      await new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections(); });
    },
  };
}
