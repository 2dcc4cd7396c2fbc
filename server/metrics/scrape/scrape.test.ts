import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { createLog } from '#server/lib';
import { METRICS_LIMITS } from '../limits.ts';
import { startMetrics } from '../start-metrics.ts';
import type { Metrics, MetricsOptions } from '../start-metrics.ts';
import { podTargets } from './pod-targets.ts';
import { ScrapeError, TextParser } from './text-parser.ts';

const log = createLog('test');
log.level = 'silent';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
async function serve(listener: RequestListener): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.closeAllConnections(), () => server.close());
  const address = server.address();
  return { server, address: `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}` };
}
async function start(targets: readonly string[], more: Partial<MetricsOptions> = {}): Promise<Metrics> {
  const dataDir = mkdtempSync(`${tmpdir()}/pharos-scrape-`);
  const metrics = await startMetrics({ bindAddress: '127.0.0.1', port: 0, dataDir, targets, log, ...more, limits: { scrapeMs: 100, scrapeTimeoutMs: 1500, ...more.limits } });
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }), () => metrics.stop());
  return metrics;
}
const vector = z.object({ data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })) }) });
const ask = async (metrics: Metrics, query: string): Promise<readonly string[]> =>
  vector.parse(await (await fetch(`${metrics.url}/api/v1/query?query=${encodeURIComponent(query)}`)).json()).data.result.map((r) => r.value[1]);
async function until(what: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 15_000; performance.now() < end; await sleep(30)) if (await what()) return;
  throw new Error('it did not come to pass in 15 s');
}
const lastError = async (metrics: Metrics): Promise<string> => {
  const { data } = z.object({ data: z.object({ activeTargets: z.array(z.object({ lastError: z.string(), health: z.string() })) }) }).parse(await (await fetch(`${metrics.url}/api/v1/targets`)).json());
  return data.activeTargets[0]?.lastError ?? '';
};

function parse(texts: readonly string[]): readonly ReadonlyMap<string, number>[] {
  const known = new Map<string, number>();
  const names: string[] = [];
  const parser = new TextParser({ slotOf: (labels) => {
    const key = JSON.stringify([...labels].sort());
    if (!known.has(key)) {
      known.set(key, names.length);
      names.push(key);
    }
    return known.get(key) ?? -1;
  }, metadata: () => undefined }, METRICS_LIMITS);
  return texts.map((text) => {
    parser.parse(Buffer.from(text));
    return new Map(Array.from({ length: parser.n }, (_, i) => [names[parser.slots[i] ?? 0] ?? '', parser.values[i] ?? 0]));
  });
}
const escape = (v: string): string => v.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

test('any series and values come through, however the next text differs from the last', () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/).filter((n) => !n.endsWith('_bucket'));
  const series = fc.record({ name, labels: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-pr-z][a-z]{0,3}$/).filter((l) => l !== 'le'), fc.string({ unit: 'grapheme', maxLength: 8 }).filter((v) => v.isWellFormed())), { selector: ([key]) => key, maxLength: 4 }) });
  const text = fc.uniqueArray(fc.tuple(series, fc.oneof(fc.nat(), fc.double({ noNaN: true }).map((v) => (v === 0 ? 0 : v)))), { selector: ([s]) => JSON.stringify([s.name, [...s.labels].sort()]), maxLength: 30 });
  const number = (v: number): string => (Number.isFinite(v) ? String(v) : v > 0 ? '+Inf' : '-Inf');
  fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (scrapes) => {
    const all = scrapes.flat();
    // Later texts repeat, leave out and add lines of the earlier ones.
    const texts = scrapes.map((list, i) => (i % 2 === 0 ? list : [...all.filter((_, n) => n % 3 !== i % 3), ...list])).map((list) => [...new Map(list.map((item) => [JSON.stringify([item[0].name, [...item[0].labels].sort()]), item])).values()]);
    const got = parse(texts.map((list) => list.map(([s, v]) => `${s.name}{${s.labels.map(([key, value]) => `${key}="${escape(value)}"`).join(',')}} ${number(v)}\n`).join('')));
    const wanted = texts.map((list) => new Map(list.map(([s, v]) => [JSON.stringify([['__name__', s.name], ...s.labels].sort()), v])));
    expect(got).toEqual(wanted);
  }), { numRuns: 200 });
});

test('forms of a line: comments, blanks, timestamps, exemplars, quoted names, le as a float', () => {
  const [got] = parse(['# HELP a Help.\n# TYPE a counter\n\na 1\n a{} 2 1700000000000\r\nb{x="1",} 0x\n'.replace(' 0x', ' NaN'), '']);
  expect([...(got ?? [])]).toEqual([['[["__name__","a"]]', 2], ['[["__name__","b"],["x","1"]]', Number.NaN]]);
  expect([...(parse(['h_bucket{le="3600000"} 4 # {trace_id="x"} 0.5 1.0\n{"my.metric","a.b"="c"} 1e-3\n# EOF\n'])[0] ?? [])]).toEqual([['[["__name__","h_bucket"],["le","3.6e+06"]]', 4], ['[["__name__","my.metric"],["a.b","c"]]', 0.001]]);
});

test('what is no exposition is an error, never another failure', () => {
  for (const text of ['a\n', 'a{b=1} 2\n', 'a{b="1} 2\n', 'a{b="1" c="2"} 2\n', '9a 1\n', 'a 1 2 3\n', 'a one\n', '{} 1\n', 'a{b="1"}} 2\n', '<html>\n']) expect(() => parse([text]), text).toThrow(ScrapeError);
  expect(() => parse([`a{${Array.from({ length: 200 }, (_, i) => `l${i}="x"`).join(',')}} 1\n`])).toThrow(/more than 128 labels/);
  expect(() => parse([`a{b="${'x'.repeat(20_000)}"} 1\n`])).toThrow(/too long/);
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => {
    try {
      parse([text, text]);
    } catch (error) {
      expect(error).toBeInstanceOf(ScrapeError);
    }
  }), { numRuns: 500 });
});

test('broken, huge, endless, cut and slow texts give up 0 with a reason and end the series; a good one brings them back', async () => {
  let answer: RequestListener = (_, response) => response.end('a 1\n');
  const { address } = await serve((request, response) => answer(request, response));
  const metrics = await start([address], { limits: { scrapeBytesMax: 100_000, scrapeSamplesMax: 500 } });
  const good = answer;
  await until(async () => (await ask(metrics, 'a')).join() === '1');
  const bad: readonly (readonly [string, RequestListener, RegExp])[] = [
    ['broken', (_, response) => response.end('a 1\na{ 2\n'), /labels/],
    ['huge', (_, response) => response.end(`a 1\n${'# x\n'.repeat(50_000)}`), /body size limit/],
    ['many', (_, response) => response.end(Array.from({ length: 2000 }, (_, i) => `a${i} 1\n`).join('')), /sample limit/],
    ['status', (_, response) => response.writeHead(503).end(), /HTTP status 503/],
    ['cut', (_, response) => {
      response.write('a 1\n');
      setTimeout(() => response.destroy(), 20);
    }, /ended|aborted|socket hang up|ECONNRESET/],
    ['slow', () => undefined, /deadline exceeded/],
    ['endless', (_, response) => {
      const timer = setInterval(() => response.write('a 1\n'.repeat(1000)), 5);
      response.once('close', () => clearInterval(timer));
    }, /body size limit|deadline/],
  ];
  for (const [name, listener, reason] of bad) {
    answer = listener;
    await until(async () => (await ask(metrics, 'up')).join() === '0' && reason.test(await lastError(metrics)) && (await ask(metrics, 'a')).length === 0).catch(async (error: unknown) => {
      throw new Error(`${name}: ${await lastError(metrics)}`, { cause: error });
    });
    answer = good;
    await until(async () => (await ask(metrics, 'a')).join() === '1' && (await ask(metrics, 'up')).join() === '1');
  }
  expect(await (await fetch(`${metrics.url}/metrics`)).text()).toMatch(/pharos_metrics_scrapes_total\{outcome="failed"\} [1-9]/);
});

test('labels that clash are renamed; a series in a text twice counts once', async () => {
  const { address } = await serve((_, response) => response.end('a{job="own",instance="mine"} 3\nb 1\nb 2\n'));
  const metrics = await start([address]);
  await until(async () => (await ask(metrics, 'a')).join() === '3');
  const { data } = vector.parse(await (await fetch(`${metrics.url}/api/v1/query?query=a`)).json());
  expect(data.result[0]?.metric).toMatchObject({ exported_job: 'own', exported_instance: 'mine', job: 'static', instance: address });
  expect(await ask(metrics, 'b')).toEqual(['1']);
  expect(await ask(metrics, 'scrape_samples_scraped - scrape_samples_post_metric_relabeling')).toEqual(['1']);
});

test('a target whose series change all the time keeps those that live, ends those that do not, and forgets no sample', async () => {
  let n = 0;
  const { address } = await serve((_, response) => {
    n += 1;
    response.end(`steady ${n}\n${Array.from({ length: 100 }, (_, i) => `fleeting{i="${n * 100 + i}"} 1\n`).join('')}`);
  });
  const metrics = await start([address], { limits: { scrapeMs: 50 } });
  await until(async () => Number((await ask(metrics, 'steady')).join()) >= 30);
  const [now, count] = [await ask(metrics, 'count(fleeting)'), Number((await ask(metrics, 'count_over_time(steady[1m])')).join())];
  expect(now).toEqual(['100']);
  expect(count).toBeGreaterThanOrEqual(29);
  expect(Number((await ask(metrics, 'count(count_over_time(fleeting[1m]))')).join())).toBeGreaterThanOrEqual(2900);
});

test('samples stand on an even grid of times', async () => {
  const { address } = await serve((_, response) => response.end('a 1\n'));
  const metrics = await start([address], { limits: { scrapeMs: 250 } });
  await until(async () => Number((await ask(metrics, 'count_over_time(a[1m])')).join()) >= 5);
  const { data } = z.object({ data: z.object({ result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })) }) }).parse(await (await fetch(`${metrics.url}/api/v1/query?query=a[1m]`)).json());
  const times = (data.result[0]?.values ?? []).map(([t]) => Math.round(t * 1000));
  const gaps = times.slice(1).map((t, i) => t - (times[i] ?? 0));
  expect(gaps.filter((gap) => gap % 250 === 0).length).toBeGreaterThanOrEqual(gaps.length - 2); // a loaded machine may move one
});

test('pods become targets by their annotations', () => {
  const pod = (annotations: Record<string, string>, status: Record<string, unknown> = { podIP: '10.0.0.7', phase: 'Running' }): Parameters<typeof podTargets>[0] => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web', 'service.istio.io/canonical-name': 'web' }, annotations },
    spec: { nodeName: 'n1', containers: [{ ports: [{ containerPort: 8080 }, { containerPort: 9090 }] }] }, status,
  });
  expect(podTargets(pod({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '15020', 'prometheus.io/path': '/stats/prometheus' }))).toMatchObject([{
    url: 'http://10.0.0.7:15020/stats/prometheus', labels: { app: 'web', service_istio_io_canonical_name: 'web', namespace: 'shop', pod: 'web-1', node: 'n1', job: 'kubernetes-pods', instance: '10.0.0.7:15020' },
  }]);
  expect(podTargets(pod({ 'prometheus.io/scrape': 'true' })).map((t) => t.url)).toEqual(['http://10.0.0.7:8080/metrics', 'http://10.0.0.7:9090/metrics']);
  expect(podTargets(pod({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9' }, { podIP: 'fd00::1', phase: 'Running' }))[0]?.url).toBe('http://[fd00::1]:9/metrics');
  for (const none of [pod({}), pod({ 'prometheus.io/scrape': 'false' }), pod({ 'prometheus.io/scrape': 'true' }, { phase: 'Running' }), pod({ 'prometheus.io/scrape': 'true' }, { podIP: '10.0.0.7', phase: 'Pending' }), pod({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': 'x' })]) expect(podTargets(none)).toEqual([]);
});
