import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveApp } from './http-app.ts';
import type { RunningApp } from './http-app.ts';
import { details } from './bookinfo/details.ts';
import { productpage } from './bookinfo/productpage.ts';
import { ratings } from './bookinfo/ratings.ts';
import { reviews } from './bookinfo/reviews.ts';
import { startCurl } from './curl/curl.ts';
import { startLoadMaker } from './load/load-maker.ts';
import type { LoadMaker } from './load/load-maker.ts';

const apps: RunningApp[] = [];
let page = '';
let ratingsSeen: string | undefined;

const start = async (handler: Parameters<typeof serveApp>[0]['handler']): Promise<string> => {
  const app = await serveApp({ host: '127.0.0.1', port: 0, handler });
  apps.push(app);
  return `http://127.0.0.1:${app.port}`;
};

beforeAll(async () => {
  const inner = ratings();
  const ratingsUrl = await start((request, response) => {
    ratingsSeen = [request.headers['end-user'], request.headers['x-request-id']].join(' ');
    return inner(request, response);
  });
  const reviewsUrl = await start(reviews({ version: 'v3', podName: 'reviews-v3-abc', ratingsUrl }));
  page = await start(productpage({ detailsUrl: await start(details), reviewsUrl, ratingsUrl }));
});
afterAll(() => Promise.all(apps.map((app) => app.stop())));

test('the page holds details, reviews, red stars and who served them', async () => {
  const text = await (await fetch(`${page}/productpage`)).text();
  for (const part of ['<title>Simple Bookstore App</title>', 'Book Details', 'PublisherA', 'Book Reviews', 'stars red', 'reviews-v3-abc']) expect(text).toContain(part);
});

test('a user who logged in is passed on with the request id to the last service', async () => {
  const login = await fetch(`${page}/login`, { method: 'POST', body: 'username=jason', redirect: 'manual' });
  expect(login.status).toBe(302);
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  await fetch(`${page}/productpage`, { headers: { cookie, 'x-request-id': 'id-1' } });
  expect(ratingsSeen).toBe('jason id-1');
  await fetch(`${page}/productpage`, { headers: { cookie: 'session=amFzb24.forged', 'x-request-id': 'id-2' } });
  expect(ratingsSeen).toBe(' id-2');
});

test('ids that are no numbers and broken ratings are refused', async () => {
  expect((await fetch(`${page}/api/v1/products/x`)).status).toBe(404);
  expect(await (await fetch(`${page}/api/v1/products/0/ratings`)).json()).toEqual({ id: 0, ratings: { Reviewer1: 5, Reviewer2: 4 } });
});

test('a service that is down leaves the page standing with its sentence', async () => {
  const alone = await start(productpage({ detailsUrl: 'http://127.0.0.1:1', reviewsUrl: 'http://127.0.0.1:1', ratingsUrl: 'http://127.0.0.1:1' }));
  const text = await (await fetch(`${alone}/productpage`)).text();
  expect(text).toContain('Sorry, product reviews are currently unavailable for this book.');
});

const answersOf = (load: LoadMaker, code: string): number => Number(new RegExp(`load_requests_total\\{code="${code}"\\} (\\d+)`).exec(load.registry.render())?.[1] ?? 0);

test('the load maker keeps its rate after the first good answer, logs in and stops', async () => {
  const load = startLoadMaker({ target: page, ratePerSecond: 100 });
  for (let i = 0; answersOf(load, '200') === 0 && i < 1000; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  const before = answersOf(load, '200');
  await new Promise((resolve) => setTimeout(resolve, 600));
  await load.stop();
  const sent = answersOf(load, '200') - before;
  expect(sent).toBeGreaterThan(20);
  expect(sent).toBeLessThan(80);
  expect(answersOf(load, '302')).toBeGreaterThan(0);
  load.setRate(9999);
  expect(load.rate).toBe(500);
});

test('a target that does not answer well yet is asked twice a second, not at full rate', async () => {
  const server = createServer((_request, response) => void response.writeHead(503).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const load = startLoadMaker({ target: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, ratePerSecond: 100 });
  await new Promise((resolve) => setTimeout(resolve, 1300));
  await load.stop();
  server.close();
  expect(answersOf(load, '503')).toBeGreaterThan(0);
  expect(answersOf(load, '503')).toBeLessThan(6);
});

test('the load maker and the plain client call nobody before their services are ready', async () => {
  const calls: string[] = [];
  const target = await start((request, response) => {
    calls.push(request.headers['user-agent'] ?? '');
    response.writeHead(200).end('ok');
  });
  const begin = Promise.withResolvers<void>();
  const load = startLoadMaker({ target, ratePerSecond: 50, begin: begin.promise });
  const curl = startCurl({ url: target, intervalMs: 20, begin: begin.promise, write: () => {} });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(calls).toEqual([]);
  begin.resolve();
  for (let i = 0; new Set(calls).size < 2 && i < 1000; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  await load.stop();
  await curl.stop();
  expect(new Set(calls)).toEqual(new Set(['pharos-load/1', 'curl/8.5.0']));
});
