import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpSource, shownUrl } from './http-source.ts';
import type { HttpSource } from './http-source.ts';
import { Monitor } from './monitor.ts';
import { createPrometheus } from './prometheus/prometheus.ts';
import { SourceFailure } from './source-failure.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${address === null || typeof address === 'string' ? 0 : address.port}`;
}
function source(url: string, timeoutMs = 300): { readonly http: HttpSource; readonly clock: { now: number } } {
  const clock = { now: 1000 };
  const http = createHttpSource({ url, monitor: new Monitor({ source: 'prometheus', url: shownUrl(url), configured: true, clock: () => clock.now }), title: 'Prometheus', flag: '--prometheus URL', timeoutMs });
  onTestFinished(() => http.close());
  return { http, clock };
}
async function failure(http: HttpSource): Promise<SourceFailure> {
  try {
    await http.json({ path: '/x' });
  } catch (error) {
    if (error instanceof SourceFailure) return error;
    throw error;
  }
  throw new Error('it answered');
}

test('each kind of failure is told apart and named', async () => {
  const slow = source(await serve(() => {}));
  expect((await failure(slow.http)).error).toMatchObject({ code: 'SOURCE_DOWN', message: expect.stringContaining('no answer within 0.3 s'), since: 1000 });
  const text = source(await serve((_request, response) => response.end('<html>')));
  expect((await failure(text.http)).error).toMatchObject({ code: 'BAD_ANSWER' });
  const broken = source(await serve((_request, response) => response.writeHead(500).end('{"error":"disk"}')));
  expect(await failure(broken.http)).toMatchObject({ status: 500, error: { code: 'SOURCE_ERROR', message: 'Prometheus answered 500: disk' } });
  const refused = source(await serve((_request, response) => response.writeHead(422).end('{"error":"too many samples"}')));
  expect(await failure(refused.http)).toMatchObject({ status: 422, error: { code: 'REFUSED' } });
  expect(refused.http.monitor.state().state).toBe('up'); // the question was bad, not the source
  const reset = source(await serve((request) => request.socket.destroy()));
  expect((await failure(reset.http)).error.code).toBe('SOURCE_DOWN');
});

test('a source that fails is spared, probed by one request, and taken back', async () => {
  let well = false;
  let asked = 0;
  const { http, clock } = source(await serve((_request, response) => {
    asked += 1;
    response.writeHead(well ? 200 : 500).end('{}');
  }));
  for (let i = 0; i < 10; i++) await failure(http);
  expect(asked).toBe(3);
  clock.now += 1001;
  await Promise.all([failure(http), failure(http), failure(http)]);
  expect(asked).toBe(4);
  well = true;
  clock.now += 2001;
  expect(await http.json({ path: '/x' })).toEqual({});
  expect(http.monitor.state()).toMatchObject({ state: 'up', latencyMs: expect.any(Number) });
  expect(http.monitor.state().error).toBeUndefined();
});

test('at most eight requests run at once; the rest waits, and too many are refused', async () => {
  let running = 0;
  let most = 0;
  const { http } = source(await serve((_request, response) => {
    running += 1;
    most = Math.max(most, running);
    setTimeout(() => {
      running -= 1;
      response.end('{}');
    }, 20);
  }), 5000);
  const answers = await Promise.allSettled(Array.from({ length: 100 }, () => http.json({ path: '/x' })));
  expect(most).toBe(8);
  expect(answers.filter((a) => a.status === 'rejected').map((a) => (a.status === 'rejected' && a.reason instanceof SourceFailure ? a.reason.error.code : ''))).toEqual(Array.from({ length: 28 }, () => 'BUSY'));
});

test('an answer that is no query result is an error of the reading, not an empty graph', async () => {
  const url = await serve((_request, response) => response.end('{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}'));
  const prometheus = createPrometheus({ url, clock: () => 5 });
  onTestFinished(() => prometheus.close());
  expect(await prometheus.instant('1')).toMatchObject({ state: 'error', error: { code: 'BAD_ANSWER' } });
});

test('a password in an address is used and never shown', async () => {
  let seen: string | undefined;
  const url = (await serve((request, response) => {
    seen = request.headers.authorization;
    response.writeHead(500).end('{}');
  })).replace('//', '//user:hunter2@');
  const { http } = source(url);
  const failed = await failure(http);
  expect(seen).toBe(`Basic ${Buffer.from('user:hunter2').toString('base64')}`);
  expect(JSON.stringify([failed.error, failed.message, http.monitor.state()])).not.toContain('hunter2');
});

test('an address that is none is said, not guessed', async () => {
  for (const url of ['prometheus:9090', 'not an address']) expect((await failure(source(url).http)).error).toMatchObject({ code: 'BAD_ADDRESS', next: expect.stringContaining('--prometheus') });
});
