import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { E } from '../errors.ts';

/** Files with a hash in their name never change. */
const YEAR_SECONDS = 31_536_000;
const NOT_BUILT = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Pharos</title><p>The web app is not built yet. Run <code>npm run build</code>, then load this page again.</p></html>';

/** The web app: hashed assets for ever, index.html always fresh, every other page of the app answered by index.html. */
export async function serveApp(app: FastifyInstance, webDir: string): Promise<void> {
  const root = resolve(webDir);
  await app.register(fastifyStatic, {
    root, serve: existsSync(root), wildcard: true, index: ['index.html'], cacheControl: false, dotfiles: 'deny',
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes('/assets/') ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache');
    },
  });
  app.setNotFoundHandler((request, reply) => {
    const page = request.method === 'GET' && !request.url.startsWith('/api/') && !request.url.startsWith('/assets/') && /\btext\/html\b|\*\/\*/.test(request.headers.accept ?? '*/*');
    if (!page) throw E.make('NO_SUCH_ROUTE', { path: request.url.slice(0, 200) });
    if (!existsSync(`${root}/index.html`)) return reply.code(200).type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(NOT_BUILT);
    return reply.header('cache-control', 'no-cache').sendFile('index.html');
  });
}
