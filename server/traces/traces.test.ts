import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { createLog, openStore, Registry } from '#server/lib';
import { decodeExportResponse, encodeOtlpTraces, SPAN_KIND } from '#server/wire';
import type { OtlpSpan, OtlpTraces, OtlpValue } from '#server/wire';
import { checkSpans } from './ingest/check-spans.ts';
import { TraceWriter } from './ingest/trace-writer.ts';
import { TRACE_LIMITS } from './limits.ts';
import type { TraceLimits } from './limits.ts';
import { startTraces } from './start-traces.ts';
import type { TraceOptions, Traces } from './start-traces.ts';
import { Dictionary } from './store/dictionary.ts';
import { MIGRATIONS } from './store/migrations.ts';
import { TraceStore } from './store/trace-store.ts';

const log = createLog('test');
log.level = 'silent';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
const folder = (): string => {
  const dir = mkdtempSync(`${tmpdir()}/pharos-traces-`);
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};
async function start(limits: Partial<TraceLimits> = {}, more: Partial<TraceOptions> = {}): Promise<Traces> {
  const traces = await startTraces({ bindAddress: '127.0.0.1', ports: { query: 0, otlpHttp: 0, otlpGrpc: 0, zipkin: 0 }, dataDir: folder(), log, limits, ...more });
  cleanups.push(() => traces.stop());
  return traces;
}
const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
const NOW = BigInt(Date.now()) * 1_000_000n;
const span = (n: number, more: Partial<OtlpSpan> = {}): OtlpSpan => ({
  traceId: hex(n, 32), spanId: hex(n, 16), parentSpanId: '', traceState: '', flags: 0, name: `op ${n % 3}`, kind: SPAN_KIND.server, startTimeUnixNano: NOW, endTimeUnixNano: NOW + 1_000_000n, attributes: [], events: [], links: [], statusCode: 0, statusMessage: '', ...more,
});
const request = (spans: readonly OtlpSpan[], service = 'a'): OtlpTraces => ({ resources: [{ attributes: [{ key: 'service.name', value: service }], scopes: [{ scopeName: '', scopeVersion: '', spans }] }] });
const send = (traces: Traces, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> => fetch(`http://127.0.0.1:${traces.ports.otlpHttp}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/x-protobuf', ...headers }, body });
const bytes = (spans: readonly OtlpSpan[], service?: string): Uint8Array<ArrayBuffer> => Uint8Array.from(encodeOtlpTraces(request(spans, service)));
const query = async (traces: Traces, path: string): Promise<Response> => fetch(`http://127.0.0.1:${traces.ports.query}${path}`);
const found = async (traces: Traces, params = ''): Promise<readonly string[]> =>
  z.object({ data: z.array(z.object({ traceID: z.string() })) }).parse(await (await query(traces, `/api/traces?service=a&${params}`)).json()).data.map((t) => t.traceID);
const ownMetrics = async (traces: Traces): Promise<string> => (await query(traces, '/metrics')).text();

test('a malformed span is refused alone, with a reason; the others are stored', async () => {
  const traces = await start();
  const bad: readonly Partial<OtlpSpan>[] = [{ traceId: 'ab' }, { traceId: '0'.repeat(32) }, { spanId: '' }, { spanId: '0'.repeat(16) }, { parentSpanId: 'ff' }, { startTimeUnixNano: 0n }, { endTimeUnixNano: 2n ** 64n - 1n }, { kind: 9 }, { attributes: Array.from({ length: 2000 }, (_, i) => ({ key: `k${i}`, value: 'x' })) }];
  const reply = await send(traces, bytes([span(1), ...bad.map((more, i) => span(10 + i, more))]));
  expect(reply.status).toBe(200);
  const { rejectedSpans, errorMessage } = decodeExportResponse(new Uint8Array(await reply.arrayBuffer()));
  expect([rejectedSpans, errorMessage]).toEqual([bad.length, 'trace id "ab" is not 16 bytes other than zero']);
  expect(await found(traces)).toEqual([hex(1, 32)]);
  expect(await ownMetrics(traces)).toContain(`pharos_traces_spans_refused_total{protocol="otlp-http",reason="span"} ${bad.length}`);
});

test('what cannot be read is refused in the type of the request, counted, and nothing of it is stored', async () => {
  const traces = await start({ bodyBytesMax: 100_000 });
  const json = { 'content-type': 'application/json' };
  const cases: readonly (readonly [string | Uint8Array<ArrayBuffer>, Record<string, string>, number])[] = [
    [bytes([span(1)]).slice(0, -3), {}, 400], ['{"resourceSpans":[', json, 400], ['{"resourceSpans":7}', json, 400], [bytes([span(1)]), { 'content-type': 'text/plain' }, 415], [bytes([span(1)]), { 'content-encoding': 'br' }, 415],
    [bytes([span(1)]), { 'content-encoding': 'gzip' }, 400], [Uint8Array.from(gzipSync(Buffer.alloc(5_000_000))), { 'content-encoding': 'gzip' }, 413], [new Uint8Array(200_000), {}, 413], [Uint8Array.from([0xff, 0xff, 0xff]), {}, 400],
  ];
  for (const [body, headers, status] of cases) {
    const reply = await send(traces, body, headers);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([status, headers['content-type'] === 'application/json' ? 'application/json' : 'application/x-protobuf']);
    if (headers['content-type'] === 'application/json') expect(await reply.json()).toMatchObject({ code: 3, message: expect.any(String) });
  }
  expect(await found(traces)).toEqual([]);
  expect(await ownMetrics(traces)).toMatch(/pharos_traces_spans_refused_total\{protocol="otlp-http",reason="request"\} 7/);
  const good = await send(traces, Uint8Array.from(gzipSync(bytes([span(1)]))), { 'content-encoding': 'gzip' });
  expect([good.status, (await good.arrayBuffer()).byteLength]).toEqual([200, 0]);
  expect((await send(traces, new Uint8Array())).status).toBe(200); // an empty request is a success
  expect(await found(traces)).toEqual([hex(1, 32)]);
});

test('a span larger than the limit is refused wherever its bytes are, and counted; the others are stored', async () => {
  const traces = await start({ spanBytesMax: 10_000 });
  const text = 'ä'.repeat(5000); // two bytes a letter
  const at = { timeUnixNano: NOW, name: 'e', attributes: [{ key: 'k', value: text }] };
  const large: readonly Partial<OtlpSpan>[] = [
    { attributes: [{ key: 'k', value: text }] }, { attributes: [{ key: text, value: 'v' }] }, { attributes: [{ key: 'k', value: new Uint8Array(10_001) }] }, { attributes: [{ key: 'k', value: [new Map([['m', [text]]])] }] },
    { attributes: [{ key: 'k', value: Array.from({ length: 9000 }, () => true) }] }, { events: [at] }, { events: [{ ...at, name: text, attributes: [] }] }, { links: [{ traceId: hex(1, 32), spanId: hex(1, 16), traceState: text, attributes: [] }] },
    { name: text }, { statusMessage: text }, { traceState: text },
  ];
  const reply = await send(traces, bytes([span(1, { attributes: [{ key: 'k', value: 'x'.repeat(9000) }] }), ...large.map((more, i) => span(10 + i, more))]));
  expect(decodeExportResponse(new Uint8Array(await reply.arrayBuffer()))).toEqual({ rejectedSpans: large.length, errorMessage: `span ${hex(10, 16)} with its resource is over 10000 bytes` });
  // A resource is stored with each of its spans, so that a small body could fill the disk.
  const heavy = { resources: [{ attributes: [{ key: 'service.name', value: 'a' }, { key: 'host', value: text }], scopes: [{ scopeName: '', scopeVersion: '', spans: [span(50), span(51)] }] }] };
  expect(decodeExportResponse(new Uint8Array(await (await send(traces, Uint8Array.from(encodeOtlpTraces(heavy)))).arrayBuffer())).rejectedSpans).toBe(2);
  expect(await found(traces)).toEqual([hex(1, 32)]);
  expect(await ownMetrics(traces)).toContain(`pharos_traces_spans_refused_total{protocol="otlp-http",reason="span"} ${large.length + 2}`);
  const many = { resources: [{ attributes: [{ key: 'host', value: 'x'.repeat(900) }], scopes: [{ scopeName: '', scopeVersion: '', spans: Array.from({ length: 30 }, (_, i) => span(60 + i)) }] }] };
  expect(checkSpans(many, { ...TRACE_LIMITS, repeatedBytesMax: 10_000 })).toMatchObject({ spans: { length: 10 }, rejected: 20, reason: 'resources take more than 10000 bytes with the spans of one export' });
});

test('Zipkin v1 is refused clearly, v2 that is malformed too', async () => {
  const traces = await start();
  const post = (path: string, body: string): Promise<Response> => fetch(`http://127.0.0.1:${traces.ports.zipkin}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const v1 = await post('/api/v1/spans', '[]');
  expect([v1.status, await v1.text()]).toEqual([415, 'Zipkin v1 is not taken here; send Zipkin v2 JSON to /api/v2/spans']);
  const good = '{"traceId":"1","id":"2","timestamp":1700000000000000,"localEndpoint":{"serviceName":"a"}}';
  for (const bad of ['{}', 'x', '[7]', `[${good},{"traceId":"zz","id":"2"}]`, `[${good},{"traceId":"1","id":"2","tags":{"a":7}}]`, '[{"traceId":"1","id":"2"}]']) expect((await post('/api/v2/spans', bad)).status, bad).toBe(400);
  expect(await found(traces, 'start=0')).toEqual([]); // a list is taken whole or not at all
  expect((await post('/api/v2/spans', `[${good}]`)).status).toBe(202);
  expect(await found(traces, 'start=0')).toEqual([hex(1, 32)]);
});

test('a slow or broken sender holds up nobody', async () => {
  const traces = await start();
  const socket = connect(traces.ports.otlpHttp, '127.0.0.1');
  socket.write('POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 100\r\n\r\nabc');
  const garbage = connect(traces.ports.otlpHttp, '127.0.0.1');
  garbage.on('error', () => undefined);
  const said = once(garbage, 'data');
  garbage.write('\x00\x01 not http\r\n\r\n');
  expect(String((await said)[0])).toContain('400 Bad Request');
  expect((await send(traces, bytes([span(1)]))).status).toBe(200);
  socket.destroy();
  expect(await found(traces)).toEqual([hex(1, 32)]);
});

test('the same span sent again is stored once', async () => {
  const traces = await start();
  for (let i = 0; i < 3; i++) await send(traces, bytes([span(1), span(2, { traceId: hex(1, 32) })]));
  const one = z.object({ data: z.array(z.object({ spans: z.array(z.unknown()) })) }).parse(await (await query(traces, `/api/traces/${hex(1, 32)}`)).json());
  expect(one.data[0]?.spans).toHaveLength(2);
  expect(await ownMetrics(traces)).toContain('pharos_traces_spans_duplicate_total 4');
});

test('the oldest traces go when there are too many, they are too old or take too much room', () => {
  const spans = (from: number, count: number): Parameters<TraceStore['add']>[0] => checkSpans(request(Array.from({ length: count }, (_, i) => span(from + i, { attributes: [{ key: 'noise', value: `${from + i}`.repeat(100) }] }))), TRACE_LIMITS).spans;
  const prune = (store: TraceStore, now: number): void => {
    while (store.prune(now) > 0);
  };
  const open = (limits: Partial<TraceLimits>): TraceStore => {
    const store = new TraceStore(`${folder()}/traces.db`, { ...TRACE_LIMITS, ...limits });
    cleanups.push(() => store.close());
    return store;
  };
  const many = open({ tracesMax: 100 });
  many.add(spans(1, 350), 1000);
  many.add(spans(1000, 50), 2000);
  prune(many, 3000);
  expect(many.size.traces).toBe(100);
  expect(many.trace(hex(1, 32), 10)).toEqual([]);
  expect(many.trace(hex(1049, 32), 10)).toHaveLength(1);
  const old = open({ ageMsMax: 10_000 });
  old.add(spans(1, 30), 1000);
  old.add(spans(100, 20), 500_000);
  prune(old, 501_000);
  expect(old.size.traces).toBe(20);
  const big = open({ storeBytesMax: 400_000 });
  for (let i = 0; i < 20; i++) big.add(spans(1 + i * 100, 100), 1000 + i);
  prune(big, 5000);
  expect(big.size.bytes).toBeLessThanOrEqual(400_000);
  expect(big.trace(hex(2000, 32), 10)).toHaveLength(1);
  expect(big.size.traces).toBeGreaterThan(100);
});

test('names beyond the limits are kept with their spans and found by name, also after a restart, but not listed', async () => {
  const dir = folder();
  const limits = { servicesMax: 3, operationsAllMax: 4, nameCharsMax: 20 };
  const long = 'x'.repeat(21);
  let traces = await start(limits, { dataDir: dir });
  for (let i = 1; i <= 8; i++) await send(traces, bytes([span(i, { name: `op ${i}` })], `s${i}`));
  await send(traces, bytes([span(9, { name: long })], long));
  const listed = async (path: string): Promise<readonly unknown[]> => z.object({ data: z.array(z.unknown()) }).parse(await (await query(traces, path)).json()).data;
  const look = async (): Promise<void> => {
    expect(await listed('/api/services')).toEqual(['s1', 's2', 's3']);
    expect([await listed('/api/services/s2/operations'), await listed('/api/services/s7/operations'), await listed(`/api/services/${long}/operations`)]).toEqual([['op 2'], [], []]);
    for (const [n, service, operation] of [[2, 's2', 'op 2'], [7, 's7', 'op 7'], [9, long, long]] as const) {
      const name = (params: string): Promise<readonly unknown[]> => listed(`/api/traces?service=${service}&${params}`);
      expect(await name('')).toMatchObject([{ traceID: hex(n, 32), spans: [{ operationName: operation }], processes: { p1: { serviceName: service } } }]);
      expect([(await name(`operation=${operation}`)).length, (await name('operation=none')).length]).toEqual([1, 0]);
    }
    expect(await listed('/api/traces?service=s99')).toEqual([]);
  };
  await look();
  await cleanups.pop()?.();
  traces = await start(limits, { dataDir: dir });
  await look();
});

test('services nobody sends for any more are forgotten, and make room for others', () => {
  const store = new TraceStore(`${folder()}/traces.db`, { ...TRACE_LIMITS, servicesMax: 2, ageMsMax: 100_000 });
  cleanups.push(() => store.close());
  const add = (n: number, service: string, at: number, more: Partial<OtlpSpan> = {}): number => store.add(checkSpans(request([span(n, more)], service), TRACE_LIMITS).spans, at);
  add(1, 'a', 1000);
  add(2, 'b', 1000, { traceId: hex(1, 32), parentSpanId: hex(1, 16) });
  expect([store.services(), store.isListed('c')]).toEqual([['a', 'b'], false]);
  expect(store.dependencies(0, Number(NOW / 1_000_000n))).toEqual([{ parent: 'a', child: 'b', callCount: 1 }]);
  add(3, 'a', 500_000);
  while (store.prune(500_000) > 0);
  expect([store.services(), store.isListed('b')]).toEqual([['a'], false]);
  expect(add(4, 'c', 500_000)).toBe(1);
  expect([store.services(), store.isListed('c'), store.trace(hex(4, 32), 5)[0]?.service]).toEqual([['a', 'c'], true, 'c']);
  expect(store.dependencies(0, Number(NOW / 1_000_000n))).toEqual([]); // c does not inherit the calls of b
});

test('what is counted for the dictionary does not grow with the keys senders choose', () => {
  const store = openStore({ path: ':memory:', migrations: MIGRATIONS });
  cleanups.push(() => store.close());
  const dictionary = new Dictionary(store, 10);
  for (let i = 0; i < 1000; i++) {
    dictionary.key(`key ${i}`);
    dictionary.value(`key ${i}`, `value ${i}`);
  }
  expect([dictionary.size, dictionary.countedKeys]).toEqual([10, 5]);
  dictionary.rollback();
  expect([dictionary.size, dictionary.countedKeys]).toEqual([0, 0]);
});

test('a disk that refuses gives 503 and nothing half-stored; afterwards spans are taken again', async () => {
  const store = new TraceStore(`${folder()}/traces.db`, TRACE_LIMITS);
  cleanups.push(() => store.close());
  const registry = new Registry();
  let full = true;
  const failing = { size: store.size, linkFailures: 0, prune: () => 0, add: (...args: Parameters<TraceStore['add']>): number => {
    if (full) throw new Error('database or disk is full');
    return store.add(...args);
  } };
  const writer = new TraceWriter({ store: failing, limits: TRACE_LIMITS, registry, log, clock: () => 1000 });
  cleanups.push(() => writer.stop());
  const { spans } = checkSpans(request([span(1)]), TRACE_LIMITS);
  await expect(writer.add(spans)).rejects.toMatchObject({ code: 'TRACES_DISK', status: 503 });
  expect(registry.render()).toContain('pharos_traces_write_errors_total 1');
  expect(store.trace(hex(1, 32), 10)).toEqual([]);
  full = false;
  await writer.add(spans);
  expect(store.trace(hex(1, 32), 10)).toHaveLength(1);
});

test('a real limit on the database file is a full disk: the batch is rolled back whole and the next one fits', () => {
  const store = new TraceStore(`${folder()}/traces.db`, TRACE_LIMITS);
  cleanups.push(() => store.close());
  store.add(checkSpans(request([span(1)]), TRACE_LIMITS).spans, 1000);
  store.limitPages(40);
  const large = checkSpans(request(Array.from({ length: 500 }, (_, i) => span(100 + i, { attributes: [{ key: `new key ${i}`, value: `${i}`.repeat(300) }] })), 'new service'), TRACE_LIMITS).spans;
  expect(() => store.add(large, 2000)).toThrow(/full/);
  expect([store.size.traces, store.services(), store.trace(hex(100, 32), 5)]).toEqual([1, ['a'], []]);
  store.limitPages(1_000_000);
  expect(store.add(large, 3000)).toBe(500);
  expect(store.trace(hex(599, 32), 5)[0]?.attributes).toEqual([{ key: 'new key 499', value: '499'.repeat(300) }]);
});

test('too many waiting spans are told to come again', async () => {
  const traces = await start({ pendingSpansMax: 10, commitMs: 300 });
  const [first, second] = await Promise.all([send(traces, bytes(Array.from({ length: 8 }, (_, i) => span(1 + i)))), send(traces, bytes(Array.from({ length: 8 }, (_, i) => span(20 + i))))]);
  expect([first.status, second.status].sort()).toEqual([200, 503]);
  expect([first, second].find((r) => r.status === 503)?.headers.get('retry-after')).toBe('1');
});

test('any span comes back as it was sent', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((t) => t.isWellFormed());
  const plain: fc.Arbitrary<OtlpValue> = fc.oneof(text, fc.boolean(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.double({ noNaN: true }).map((v) => (v === 0 ? 0 : v)), fc.array(fc.string({ maxLength: 3 })));
  const attributes = fc.array(fc.record({ key: text, value: plain }), { maxLength: 6 });
  const any = fc.record({ name: text, kind: fc.nat(5), duration: fc.bigInt({ min: 0n, max: 10n ** 12n }), nanos: fc.bigInt({ min: 0n, max: 999_999n }), attributes, statusCode: fc.nat(2), statusMessage: text, parent: fc.boolean(), events: fc.array(fc.record({ timeUnixNano: fc.constant(NOW), name: text, attributes }), { maxLength: 2 }) });
  const store = new TraceStore(':memory:', { ...TRACE_LIMITS, dictionaryMax: 50, operationsMax: 5, servicesMax: 3 });
  cleanups.push(() => store.close());
  let n = 1;
  fc.assert(fc.property(fc.array(any, { minLength: 1, maxLength: 4 }), (list) => {
    const trace = hex(n++, 32);
    const sent = checkSpans(request(list.map(({ duration, nanos, parent, ...rest }, i) => span(n * 10 + i, { traceId: trace, ...rest, parentSpanId: parent ? hex(7, 16) : '', startTimeUnixNano: NOW + BigInt(i) * 1_000_000n + nanos, endTimeUnixNano: NOW + BigInt(i) * 1_000_000n + nanos + duration })), `s${n % 5}`), TRACE_LIMITS).spans;
    store.add(sent, 1000);
    expect(store.trace(trace, 10)).toEqual(sent);
  }), { numRuns: 200 });
});

test('a search looks through many pages, and tags of every place are found', async () => {
  const traces = await start();
  await send(traces, bytes([span(1, { attributes: [{ key: 'code', value: 503n }, { key: 'ok', value: false }], events: [{ timeUnixNano: NOW, name: 'boom', attributes: [{ key: 'why', value: 'x y' }] }], statusCode: 2, startTimeUnixNano: NOW - 10_000_000_000n, endTimeUnixNano: NOW - 9_000_000_000n })]));
  for (let i = 0; i < 6; i++) await send(traces, bytes(Array.from({ length: 1000 }, (_, j) => span(100 + i * 1000 + j, { attributes: [{ key: 'code', value: 200n }] }))));
  for (const params of ['tag=code:503', 'tag=ok:false', 'tag=event:boom', 'tag=why:x%20y', 'tag=error:true', 'tag=otel.status_code:ERROR', 'tag=code:503&tag=span.kind:server', 'minDuration=500ms', `end=${NOW / 1000n - 1_000_000n}`]) expect(await found(traces, params), params).toEqual([hex(1, 32)]);
  for (const params of ['tag=code:504', 'tag=code:503&tag=span.kind:client', 'minDuration=500ms&maxDuration=600ms', 'operation=none']) expect(await found(traces, params), params).toEqual([]);
  expect(await found(traces, 'limit=7')).toHaveLength(7);
});

test('bad parameters are refused in Jaeger\'s words and envelope', async () => {
  const traces = await start();
  const cases: readonly (readonly [string, number, string])[] = [
    ['/api/traces', 400, "parameter 'service' is required"], ['/api/operations', 400, "parameter 'service' is required"], ['/api/traces?service=a&start=x', 400, 'unable to parse param \'start\': strconv.ParseInt: parsing "x": invalid syntax'],
    ['/api/traces?service=a&minDuration=5', 400, 'unable to parse param \'minDuration\': time: missing unit in duration "5"'], ['/api/traces?service=a&minDuration=2s&maxDuration=1s', 400, "'maxDuration' should be greater than 'minDuration'"],
    ['/api/traces?service=a&tag=x', 400, "malformed 'tag' parameter, expecting key:value, received: x"], [`/api/traces/${hex(5, 32)}`, 404, 'trace not found'], ['/api/metrics/calls', 501, 'metrics querying is currently disabled'],
  ];
  for (const [path, status, msg] of cases) {
    const reply = await query(traces, path);
    expect([reply.status, await reply.json()], path).toEqual([status, { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg }] }]);
  }
  expect((await query(traces, '/api/traces?service=a&tags={x')).status).toBe(400);
  expect((await query(traces, '/api/traces/xyz')).status).toBe(400);
  expect((await query(traces, '/nothing')).status).toBe(404);
  expect(await (await query(traces, `/api/traces?traceID=${hex(5, 32)}`)).json()).toMatchObject({ data: [], errors: [{ msg: 'trace not found', traceID: hex(5, 32) }] });
  const v3 = await query(traces, `/api/v3/traces/${hex(5, 32)}`);
  expect([v3.status, await v3.json()]).toEqual([404, { error: { httpCode: 404, message: 'No traces found' } }]);
});

test('api_v3 refuses a search depth below 1 and lowers one that is too large', async () => {
  const traces = await start();
  for (let i = 0; i < 3; i++) await send(traces, bytes(Array.from({ length: 4000 }, (_, j) => span(1 + i * 4000 + j))));
  const minutes = (n: number): string => new Date(Number(NOW / 1_000_000n) + n * 60_000).toISOString();
  const search = (path: string, depth: string): Promise<Response> => query(traces, `/api/v3/${path}?query.serviceName=a&query.startTimeMin=${minutes(-5)}&query.startTimeMax=${minutes(5)}&${depth}`);
  for (const path of ['traces', 'trace-summaries']) {
    for (const depth of ['query.searchDepth=-1', 'query.search_depth=-100000', 'query.num_traces=0']) {
      const reply = await search(path, depth);
      expect([reply.status, await reply.json()], `${path} ${depth}`).toEqual([400, { error: { httpCode: 400, message: 'search depth must be greater than 0' } }]);
    }
  }
  const summaries = async (depth: string): Promise<number> => z.object({ summaries: z.array(z.unknown()) }).parse(await (await search('trace-summaries', depth)).json()).summaries.length;
  expect(await summaries('query.searchDepth=7')).toBe(7);
  expect(await summaries('query.searchDepth=9007199254740991')).toBe(10_000);
});

test('calls between services are counted whichever span comes first', async () => {
  const traces = await start();
  const parent = span(1);
  const child = span(2, { traceId: parent.traceId, parentSpanId: parent.spanId });
  await send(traces, bytes([child], 'back'));
  await send(traces, bytes([parent], 'front'));
  const other = span(3);
  await send(traces, bytes([other], 'front'));
  await send(traces, bytes([span(4, { traceId: other.traceId, parentSpanId: other.spanId })], 'back'));
  expect(await (await query(traces, '/api/dependencies')).json()).toMatchObject({ data: [{ parent: 'front', child: 'back', callCount: 2 }] });
});

test('answered spans are there after kill -9', async () => {
  const dir = folder();
  const script = `const { startTraces } = await import('#server/traces'); const { createLog } = await import('#server/lib');
    const t = await startTraces({ bindAddress: '127.0.0.1', ports: { query: 0, otlpHttp: 0, otlpGrpc: 0, zipkin: 0 }, dataDir: ${JSON.stringify(dir)}, log: createLog('traces') }); console.log(JSON.stringify(t.ports));`;
  const child = spawn(process.execPath, ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', script], { cwd: fileURLToPath(new URL('../../', import.meta.url)), stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(child.stdout, 'data');
  const ports = z.object({ query: z.number(), otlpHttp: z.number(), otlpGrpc: z.number(), zipkin: z.number() }).parse(JSON.parse(String(line)));
  expect((await send({ ports, stop: () => Promise.resolve() }, bytes(Array.from({ length: 50 }, (_, i) => span(1 + i))))).status).toBe(200);
  child.kill('SIGKILL');
  await once(child, 'close');
  const traces = await start({}, { dataDir: dir });
  expect(await found(traces, 'limit=100')).toHaveLength(50);
});
