import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isRecord } from '#shared/base';
import { E } from '../errors.ts';

/** Files with a hash in their name never change. */
const YEAR_SECONDS = 31_536_000;
/** Files kept ready in memory, bytes in all; the app is some 3 MB. */
const KEPT_BYTES_MAX = 32 * 1024 * 1024;
/** Smaller ones gain nothing by compression. */
const COMPRESS_BYTES_MIN = 1024;
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'], ['.js', 'text/javascript; charset=utf-8'], ['.css', 'text/css; charset=utf-8'], ['.json', 'application/json; charset=utf-8'], ['.svg', 'image/svg+xml'], ['.txt', 'text/plain; charset=utf-8'],
  ['.map', 'application/json'], ['.webmanifest', 'application/manifest+json'], ['.png', 'image/png'], ['.ico', 'image/x-icon'], ['.woff2', 'font/woff2'], ['.wasm', 'application/wasm'],
]);
const PACKED = new Set(['.png', '.ico', '.woff2']);
const NOT_BUILT = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Pharos</title><p>The web app is not built yet. Run <code>npm run build</code>, then load this page again.</p></html>';
const zip = promisify(gzip);

type File = { readonly plain: Buffer; readonly zipped: Buffer | undefined; readonly type: string };

/** Files of one folder, read once and compressed once. A path out of the folder is no file. */
class Files {
  readonly #root: string;
  readonly #kept = new Map<string, File>();
  #bytes = 0;
  constructor(root: string) {
    this.#root = root;
  }
  async get(path: string): Promise<File | undefined> {
    const known = this.#kept.get(path);
    if (known !== undefined) return known;
    const full = resolve(this.#root, `.${sep}${path}`);
    if (!full.startsWith(this.#root + sep) || path.includes('\0') || /(^|\/)\./.test(path)) return undefined;
    let plain: Buffer;
    try {
      plain = await readFile(full);
    } catch (error) {
      if (isRecord(error) || error instanceof Error) {
        const code = 'code' in error ? error.code : undefined;
        if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
      }
      throw error;
    }
    const extension = extname(full);
    const zipped = plain.length < COMPRESS_BYTES_MIN || PACKED.has(extension) ? undefined : await zip(plain, { level: constants.Z_BEST_COMPRESSION });
    const file: File = { plain, zipped, type: TYPES.get(extension) ?? 'application/octet-stream' };
    // index.html is what a new build changes: it is always read anew
    if (path.includes('assets/') && this.#bytes + plain.length < KEPT_BYTES_MAX) {
      this.#kept.set(path, file);
      this.#bytes += plain.length + (zipped?.length ?? 0);
    }
    return file;
  }
}

function sendFile(request: FastifyRequest, reply: FastifyReply, path: string, file: File): FastifyReply {
  void reply.type(file.type).header('cache-control', path.includes('assets/') ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache').header('vary', 'accept-encoding');
  if (file.zipped === undefined || !/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(file.plain);
  return reply.header('content-encoding', 'gzip').send(file.zipped);
}

/** The web app: hashed assets for ever, everything else always fresh, every page of the app answered by index.html. */
export function serveApp(app: FastifyInstance, webDir: string): void {
  const root = resolve(webDir);
  const files = new Files(root);
  app.setNotFoundHandler(async (request, reply) => {
    const { pathname } = new URL(request.url, 'http://console');
    const readable = request.method === 'GET' || request.method === 'HEAD';
    if (!readable || pathname.startsWith('/api/')) throw E.make('NO_SUCH_ROUTE', { path: request.url.slice(0, 200) });
    const path = decoded(pathname.slice(1));
    const file = path === undefined || path === '' ? undefined : await files.get(path);
    if (file !== undefined && path !== undefined) return sendFile(request, reply, path, file);
    if (pathname.startsWith('/assets/') || !/\btext\/html\b|\*\/\*/.test(request.headers.accept ?? '*/*')) throw E.make('NO_SUCH_ROUTE', { path: request.url.slice(0, 200) });
    const index = existsSync(`${root}/index.html`) ? await files.get('index.html') : undefined;
    if (index === undefined) return reply.code(200).type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(NOT_BUILT);
    return sendFile(request, reply.code(200), 'index.html', index);
  });
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined; // not UTF-8: no file has that name
  }
}
