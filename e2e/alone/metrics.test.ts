import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { createLog } from '#server/lib';
import { startMetrics } from '#server/metrics';
import type { Metrics } from '#server/metrics';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The shapes of Prometheus 3's answers, field by field: one too many or too few fails. */
const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);
const ok = (data: z.ZodType): z.ZodType => z.strictObject({ status: z.literal('success'), data, warnings: z.array(z.string()).optional(), infos: z.array(z.string()).optional() });
const vector = z.strictObject({ status: z.literal('success'), data: z.strictObject({ resultType: z.literal('vector'), result: z.array(z.strictObject({ metric: labels, value: point })) }) });
const matrix = z.strictObject({ status: z.literal('success'), data: z.strictObject({ resultType: z.literal('matrix'), result: z.array(z.strictObject({ metric: labels, values: z.array(point) })) }) });
const SHAPES: readonly (readonly [path: string, shape: z.ZodType])[] = [
  ['/api/v1/series?match[]=http_requests_total', ok(z.array(labels))],
  ['/api/v1/labels', ok(z.array(z.string()))],
  ['/api/v1/label/code/values', ok(z.tuple([z.literal('200'), z.literal('500')]))],
  ['/api/v1/label/unknown/values', ok(z.tuple([]))],
  ['/api/v1/metadata', ok(z.record(z.string(), z.array(z.strictObject({ type: z.string(), help: z.string(), unit: z.string() }))))],
  ['/api/v1/targets', ok(z.strictObject({
    activeTargets: z.array(z.strictObject({
      discoveredLabels: labels, labels, scrapePool: z.string(), scrapeUrl: z.url(), globalUrl: z.url(), lastError: z.literal(''), lastScrape: z.iso.datetime(), lastScrapeDuration: z.number(), health: z.literal('up'), scrapeInterval: z.literal('200ms'), scrapeTimeout: z.string(),
    })).length(1), droppedTargets: z.tuple([]), droppedTargetCounts: z.record(z.string(), z.number()),
  }))],
  ['/api/v1/rules', ok(z.strictObject({ groups: z.tuple([]) }))],
  ['/api/v1/alerts', ok(z.strictObject({ alerts: z.tuple([]) }))],
  ['/api/v1/query_exemplars?query=up&start=0&end=1', ok(z.tuple([]))],
  ['/api/v1/format_query?query=sum(a)by(b)', ok(z.literal('sum by (b) (a)'))],
  ['/api/v1/status/buildinfo', ok(z.strictObject({ version: z.string().regex(/^3\.\d+\.\d+$/), revision: z.string(), branch: z.string(), buildUser: z.string(), buildDate: z.string(), goVersion: z.string() }))],
  ['/api/v1/status/runtimeinfo', ok(z.looseObject({ startTime: z.iso.datetime(), CWD: z.string(), hostname: z.string(), serverTime: z.iso.datetime(), reloadConfigSuccess: z.literal(true), corruptionCount: z.literal(0), storageRetention: z.string() }))],
  ['/api/v1/status/config', ok(z.strictObject({ yaml: z.string().includes('scrape_interval: 200ms') }))],
  ['/api/v1/status/flags', ok(labels)],
  ['/api/v1/status/tsdb', ok(z.strictObject({
    headStats: z.strictObject({ numSeries: z.number(), numLabelPairs: z.number(), chunkCount: z.number(), minTime: z.number(), maxTime: z.number() }), seriesCountByMetricName: z.array(z.strictObject({ name: z.string(), value: z.number() })),
    labelValueCountByLabelName: z.array(z.strictObject({ name: z.string(), value: z.number() })), memoryInBytesByLabelName: z.array(z.strictObject({ name: z.string(), value: z.number() })), seriesCountByLabelValuePair: z.array(z.strictObject({ name: z.string(), value: z.number() })),
  }))],
];
/** Bad requests: status and the whole body, as Prometheus words them. */
const REFUSED: readonly (readonly [path: string, status: number, errorType: string, error: string])[] = [
  ['/api/v1/query?query=rate(up)', 400, 'bad_data', 'invalid parameter "query": 1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
  ['/api/v1/query', 400, 'bad_data', 'invalid parameter "query": 1:1: parse error: no expression found in input'],
  ['/api/v1/query?query=up&time=yesterday', 400, 'bad_data', 'invalid parameter "time": cannot parse "yesterday" to a valid timestamp'],
  ['/api/v1/query?query=up&timeout=x', 400, 'bad_data', 'invalid parameter "timeout": cannot parse "x" to a valid duration'],
  ['/api/v1/query?query=up&limit=-1', 400, 'bad_data', 'invalid parameter "limit": limit must be non-negative'],
  ['/api/v1/query_range?query=up&start=2&end=1&step=1', 400, 'bad_data', 'invalid parameter "end": end timestamp must not be before start time'],
  ['/api/v1/query_range?query=up&start=1&end=2&step=0', 400, 'bad_data', 'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer'],
  ['/api/v1/query_range?query=up&start=0&end=11001&step=1', 400, 'bad_data', 'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)'],
  ['/api/v1/query_range?query=up[1m]&start=1&end=2&step=1', 400, 'bad_data', 'invalid expression type "range vector" for range query, must be Scalar or instant Vector'],
  ['/api/v1/series', 400, 'bad_data', 'no match[] parameter provided'],
  ['/api/v1/query?query={__name__=~".%2B"}%2B1', 422, 'execution', 'vector cannot contain metrics with the same labelset'],
];

let requests = 0;
let target: Server;
let metrics: Metrics;
const dataDir = mkdtempSync(`${tmpdir()}/pharos-metrics-`);
beforeAll(async () => {
  target = createServer((_, response) => {
    requests += 10;
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(`# HELP http_requests_total Requests served.\n# TYPE http_requests_total counter\nhttp_requests_total{code="200"} ${requests}\nhttp_requests_total{code="500"} 7\n# TYPE lat histogram\nlat_bucket{le="1"} 3\nlat_bucket{le="+Inf"} 4\nlat_sum 3.5\nlat_count 4\ntiny 0.0000001\nodd{quote="a\\"b\\\\c\\n"} -0\n`);
  });
  target.listen(0, '127.0.0.1');
  await once(target, 'listening');
  metrics = await startMetrics({ bindAddress: '127.0.0.1', port: 0, dataDir, targets: [targetAddress()], log: createLog('metrics'), limits: { scrapeMs: 200 } });
  for (const end = performance.now() + 20_000; performance.now() < end; await sleep(50)) if (Number(await value('count_over_time(up[1m])')) >= 8) return;
  throw new Error('nothing was scraped');
});
afterAll(async () => {
  await metrics.stop();
  target.closeAllConnections();
  target.close();
  rmSync(dataDir, { recursive: true, force: true });
});
const targetAddress = (): string => {
  const address = target.address();
  return `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
};
const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${metrics.url}${path}`, init);
const ask = async (query: string, more = ''): Promise<z.infer<typeof vector>> => vector.parse(await (await get(`/api/v1/query?query=${encodeURIComponent(query)}${more}`)).json());
const value = async (query: string): Promise<string | undefined> => (await ask(query)).data.result[0]?.value[1];

test('a scraped target answers in vectors, matrices, scalars and strings, numbers as Go writes them', async () => {
  expect(await value('sum(rate(http_requests_total{code="200"}[1s]))')).toMatch(/^\d+(\.\d+)?$/);
  expect(Number(await value('sum(rate(http_requests_total{code="200"}[1s]))'))).toBeGreaterThan(20);
  expect(await value('http_requests_total{code="500"}')).toBe('7');
  expect(await value('tiny')).toBe('1e-07');
  expect(await value('odd')).toBe('-0');
  expect(await value('tiny / 0')).toBe('+Inf');
  expect(await value('lat_bucket{le="1.0"}')).toBe('3'); // Prometheus 3 stores le as a float
  expect(await value('histogram_quantile(0.5, lat_bucket)')).toBe('0.6666666666666666');
  expect((await ask('odd')).data.result[0]?.metric['quote']).toBe('a"b\\c\n');
  const now = Date.now() / 1000;
  const { data } = matrix.parse(await (await get(`/api/v1/query_range?query=up&start=${now - 1}&end=${now}&step=0.5`)).json());
  expect(data.result[0]?.values.length).toBeGreaterThanOrEqual(2);
  expect(await (await get('/api/v1/query?query=1%2B1&time=1767323045.678')).text()).toBe('{"status":"success","data":{"resultType":"scalar","result":[1767323045.678,"2"]}}');
  expect(await (await get('/api/v1/query?query="x"&time=1767323045')).text()).toBe('{"status":"success","data":{"resultType":"string","result":[1767323045,"x"]}}');
  expect(await (await get('/api/v1/query?query=none&time=2026-01-02T03:04:05.678Z')).text()).toBe('{"status":"success","data":{"resultType":"vector","result":[]}}');
  expect(matrix.parse(await (await get('/api/v1/query?query=up[2s]')).json()).data.result[0]?.values.length).toBeGreaterThan(2);
});

test('every endpoint has the shape of Prometheus\'s', async () => {
  for (const [path, shape] of SHAPES) {
    const response = await get(path);
    expect(response.headers.get('content-type'), path).toBe('application/json');
    expect(shape.safeParse(await response.json()).error, path).toBeUndefined();
  }
  const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ query: 'count(up)' }) };
  expect(vector.parse(await (await get('/api/v1/query', form)).json()).data.result[0]?.value[1]).toBe('1');
  expect(await (await get('/api/v1/query?query=http_requests_total&limit=1')).json()).toMatchObject({ warnings: ['results truncated due to limit'], data: { result: [{}] } });
  expect(await (await get('/api/v1/query?query=rate(tiny[1m])')).json()).toMatchObject({ infos: ['PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "tiny" (1:6)'] });
  expect(await (await get('/api/v1/query?query=up&stats=all')).json()).toMatchObject({ data: { stats: { timings: { evalTotalTime: expect.any(Number) }, samples: { peakSamples: 1 } } } });
});

test('bad requests are refused in Prometheus\'s words', async () => {
  for (const [path, status, errorType, error] of REFUSED) {
    const response = await get(path);
    expect([response.status, await response.json()], path).toEqual([status, { status: 'error', errorType, error }]);
  }
  expect((await get('/api/v1/nothing')).status).toBe(404);
  expect((await get('/api/v1/targets', { method: 'POST' })).status).toBe(405);
  expect(await (await get('/api/v1/admin/tsdb/snapshot', { method: 'POST' })).json()).toEqual({ status: 'error', errorType: 'unavailable', error: 'admin APIs disabled' });
  expect((await get('/api/v1/query', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `query=${'x'.repeat(11_000_000)}` }).catch(() => ({ status: 400 }))).status).toBe(400);
});

test('health, readiness, own metrics, federation', async () => {
  expect(await (await get('/-/healthy')).text()).toBe('Prometheus Server is Healthy.\n');
  expect(await (await get('/-/ready')).text()).toBe('Prometheus Server is Ready.\n');
  expect((await get('/-/ready', { method: 'HEAD' })).status).toBe(200);
  expect((await get('/-/quit', { method: 'POST' })).status).toBe(403);
  expect(await (await get('/metrics')).text()).toMatch(/^pharos_metrics_scrapes_total\{outcome="ok"\} \d+$/m);
  expect(await (await get('/federate?match[]=http_requests_total')).text()).toMatch(/^# TYPE http_requests_total untyped\nhttp_requests_total\{code="200",instance="127\.0\.0\.1:\d+",job="static"\} \d+ \d{13}\n/);
});

test('a process killed without warning has its samples when it starts again', async () => {
  const dir = mkdtempSync(`${tmpdir()}/pharos-metrics-kill-`);
  const script = `const { startMetrics } = await import('#server/metrics'); const { createLog } = await import('#server/lib');
    const m = await startMetrics({ bindAddress: '127.0.0.1', port: 0, dataDir: ${JSON.stringify(dir)}, targets: [${JSON.stringify(targetAddress())}], log: createLog('metrics'), limits: { scrapeMs: 100 } }); console.log(m.url);`;
  const run = async (): Promise<{ readonly url: string; kill(): Promise<void> }> => {
    const child = spawn(process.execPath, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', script], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = await once(child.stdout, 'data');
    const closed = once(child, 'close');
    return { url: String(line).trim(), kill: async () => {
      child.kill('SIGKILL');
      await closed;
    } };
  };
  const count = async (url: string): Promise<number> => Number(vector.parse(await (await fetch(`${url}/api/v1/query?query=count_over_time(http_requests_total{code="200"}[10m])`)).json()).data.result[0]?.value[1] ?? 0);
  const first = await run();
  for (const end = performance.now() + 20_000; performance.now() < end && (await count(first.url)) < 30; ) await sleep(50);
  await sleep(400); // the log is written four times a second
  const before = await count(first.url);
  await first.kill();
  const second = await run();
  expect(await count(second.url)).toBeGreaterThanOrEqual(before - 8);
  expect(before).toBeGreaterThanOrEqual(30);
  await second.kill();
  rmSync(dir, { recursive: true, force: true });
});
