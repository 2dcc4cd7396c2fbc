import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { fastify } from 'fastify';
import { beforeAll, afterAll, expect, test } from 'vitest';
import { compressAnswers } from './compress.ts';
import { replyWithError } from './error-reply.ts';
import { serveApp } from './static-app.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-web-`);
const app = fastify({ forceCloseConnections: true });
let url = '';
beforeAll(async () => {
  mkdirSync(`${dir}/web/assets`, { recursive: true });
  writeFileSync(`${dir}/secret.txt`, 'secret');
  writeFileSync(`${dir}/web/index.html`, '<title>Pharos</title>');
  writeFileSync(`${dir}/web/.env`, 'TOKEN=1');
  writeFileSync(`${dir}/web/assets/index-abc.js`, `console.log("${'x'.repeat(5000)}")`);
  writeFileSync(`${dir}/web/assets/inter.woff2`, 'font'.repeat(1000));
  app.setErrorHandler((error, incoming, reply) => replyWithError(error, incoming, reply));
  compressAnswers(app);
  app.get('/api/long', () => 'y'.repeat(4000));
  serveApp(app, `${dir}/web`);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});
type Answer = { readonly status: number; readonly headers: import('node:http').IncomingHttpHeaders; readonly body: Buffer };
/** Raw: fetch would tidy the path and the encoding. */
const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> => new Promise((resolve, reject) => {
  request(url, { path, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
  }).on('error', reject).end();
});

test('hashed files are kept for ever, index.html is always fresh, every page is answered by it', async () => {
  expect((await get('/assets/index-abc.js')).headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', 'content-type': 'text/javascript; charset=utf-8' });
  for (const path of ['/', '/graph', '/services/default/reviews', '/index.html']) {
    const page = await get(path, { accept: 'text/html' });
    expect([page.status, page.headers['cache-control'], page.body.toString()]).toEqual([200, 'no-cache', '<title>Pharos</title>']);
  }
  writeFileSync(`${dir}/web/index.html`, '<title>Next</title>');
  expect((await get('/')).body.toString()).toBe('<title>Next</title>');
  expect((await get('/assets/gone.js')).status).toBe(404);
  expect((await get('/api/none')).status).toBe(404);
});

test('text is compressed for those who take it, fonts are not', async () => {
  const zipped = await get('/assets/index-abc.js', { 'accept-encoding': 'gzip, br' });
  expect(zipped.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
  expect(gunzipSync(zipped.body).toString()).toContain('xxx');
  expect((await get('/assets/inter.woff2', { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBeUndefined();
  const answer = await get('/api/long', { 'accept-encoding': 'gzip' });
  expect([answer.headers['content-encoding'], gunzipSync(answer.body).toString().length]).toEqual(['gzip', 4000]);
  expect((await get('/api/long')).body.length).toBe(4000);
});

test('nothing outside the folder is a file, however it is spelled', async () => {
  for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/../../secret.txt', '/assets/%2e%2e%2f%2e%2e%2fsecret.txt', '/.env', '/assets%00/x', '/%ff%fe', '//etc/passwd', `/${'a/'.repeat(500)}x`]) {
    const answer = await get(path);
    expect(answer.body.toString()).not.toMatch(/^secret$|TOKEN=1|root:/);
    expect([200, 400, 404, 414]).toContain(answer.status);
  }
});
