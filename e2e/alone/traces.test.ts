import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import protobuf from 'protobufjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { createLog } from '#server/lib';
import { startTraces } from '#server/traces';
import type { Traces } from '#server/traces';

const tag = z.strictObject({ key: z.string(), type: z.enum(['string', 'bool', 'int64', 'float64', 'binary']), value: z.union([z.string(), z.number(), z.boolean()]) });
const span = z.strictObject({
  traceID: z.string().regex(/^[0-9a-f]{32}$/), spanID: z.string().regex(/^[0-9a-f]{16}$/), flags: z.number().optional(), operationName: z.string(),
  references: z.array(z.strictObject({ refType: z.enum(['CHILD_OF', 'FOLLOWS_FROM']), traceID: z.string(), spanID: z.string() })),
  startTime: z.int(), duration: z.int(), tags: z.array(tag), logs: z.array(z.strictObject({ timestamp: z.int(), fields: z.array(tag) })), processID: z.string(), warnings: z.null(),
});
/** Jaeger's legacy JSON, field by field: an unknown or missing field fails. */
const traceList = z.strictObject({
  data: z.array(z.strictObject({ traceID: z.string(), spans: z.array(span), processes: z.record(z.string(), z.strictObject({ serviceName: z.string(), tags: z.array(tag) })), warnings: z.null() })),
  total: z.int(), limit: z.literal(0), offset: z.literal(0), errors: z.null(),
});
const nameList = z.strictObject({ data: z.array(z.string()), total: z.int(), limit: z.literal(0), offset: z.literal(0), errors: z.null() });

let traces: Traces;
const dataDir = mkdtempSync(`${tmpdir()}/pharos-traces-`);
beforeAll(async () => {
  traces = await startTraces({ bindAddress: '127.0.0.1', ports: { query: 0, otlpHttp: 0, otlpGrpc: 0, zipkin: 0 }, dataDir, log: createLog('traces') });
});
afterAll(async () => {
  await traces.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
const ask = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${traces.ports.query}${path}`)).json();

test('a stock OTLP exporter sends, Jaeger JSON comes out', async () => {
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${traces.ports.otlpHttp}/v1/traces` });
  const provider = new TracerProvider({ resource: resourceFromAttributes({ 'service.name': 'reviews.default', 'host.name': 'laptop' }), spanProcessors: [new BatchSpanProcessor({ exporter })] });
  const tracer = provider.getTracer('shop', '1.2.3');
  const parent = tracer.startSpan('GET /reviews', { kind: SpanKind.SERVER, attributes: { 'http.status_code': 503, 'http.url': 'http://reviews:9080/reviews/0', ratio: 0.5, cached: false } });
  const child = tracer.startSpan('ratings', { kind: SpanKind.CLIENT }, trace.setSpan(context.active(), parent));
  child.addEvent('retry', { attempt: 2 });
  child.end();
  parent.setStatus({ code: SpanStatusCode.ERROR, message: 'upstream' });
  parent.end();
  await provider.forceFlush();
  await provider.shutdown();

  const sentAt = performance.now();
  const id = parent.spanContext().traceId;
  expect(nameList.parse(await ask('/api/services')).data).toContain('reviews.default');
  expect(nameList.parse(await ask('/api/services/reviews.default/operations')).data).toEqual(['GET /reviews', 'ratings']);
  expect(await ask('/api/operations?service=reviews.default&spanKind=client')).toMatchObject({ data: [{ name: 'ratings', spanKind: 'client' }] });
  const [one] = traceList.parse(await ask(`/api/traces/${id}`)).data;
  expect(performance.now() - sentAt).toBeLessThan(5000);
  expect(one?.spans.map((s) => s.operationName).sort()).toEqual(['GET /reviews', 'ratings']);
  const [root, leaf] = [one?.spans.find((s) => s.operationName === 'GET /reviews'), one?.spans.find((s) => s.operationName === 'ratings')];
  expect(leaf?.references).toEqual([{ refType: 'CHILD_OF', traceID: id, spanID: parent.spanContext().spanId }]);
  expect(leaf?.logs[0]?.fields).toEqual([{ key: 'event', type: 'string', value: 'retry' }, { key: 'attempt', type: 'int64', value: 2 }]);
  for (const wanted of [{ key: 'otel.scope.name', type: 'string', value: 'shop' }, { key: 'http.status_code', type: 'int64', value: 503 }, { key: 'ratio', type: 'float64', value: 0.5 }, { key: 'cached', type: 'bool', value: false },
    { key: 'span.kind', type: 'string', value: 'server' }, { key: 'otel.status_code', type: 'string', value: 'ERROR' }, { key: 'error', type: 'bool', value: true }, { key: 'otel.status_description', type: 'string', value: 'upstream' }]) expect(root?.tags).toContainEqual(wanted);
  expect(one?.processes[root?.processID ?? '']).toMatchObject({ serviceName: 'reviews.default', tags: [{ key: 'host.name', type: 'string', value: 'laptop' }] });
  const found = async (query: string): Promise<readonly string[]> => traceList.parse(await ask(`/api/traces?service=reviews.default&${query}`)).data.map((t) => t.traceID);
  expect(await found('limit=5')).toEqual([id]);
  expect(await found('operation=ratings')).toEqual([id]);
  expect(await found('operation=none')).toEqual([]);
  expect(await found(`tags=${encodeURIComponent('{"http.status_code":"503","error":"true"}')}`)).toEqual([id]);
  expect(await found('tag=http.status_code:404')).toEqual([]);
  expect(await found('tag=http.status_code:503&operation=ratings')).toEqual([]); // all tags on the one span
  expect(await found('minDuration=1h')).toEqual([]);
  expect(await found('maxDuration=1h&lookback=1h')).toEqual([id]);
  expect(await found('end=1000000')).toEqual([]);
});

/** The part of opentelemetry-proto 1.x that the test needs, as its .proto files have it. */
const PROTO = `syntax = "proto3"; package opentelemetry.proto;
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; }
message Span { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; }
message ScopeSpans { repeated Span spans = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ExportTracePartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message ExportTraceServiceResponse { ExportTracePartialSuccess partial_success = 1; }`;

test('OTLP over gRPC by a client made from the protos; a malformed span is refused alone', async () => {
  const { root } = protobuf.parse(PROTO);
  const requestType = root.lookupType('opentelemetry.proto.ExportTraceServiceRequest');
  const replyType = root.lookupType('opentelemetry.proto.ExportTraceServiceResponse');
  const client = new Client(`127.0.0.1:${traces.ports.otlpGrpc}`, credentials.createInsecure());
  const call = (bytes: Buffer): Promise<Buffer> => new Promise((resolve, reject) => {
    client.makeUnaryRequest('/opentelemetry.proto.collector.trace.v1.TraceService/Export', (b: Buffer) => b, (b: Buffer) => b, bytes, (error, reply) => (error === null && reply !== undefined ? resolve(reply) : reject(error ?? new Error('no reply'))));
  });
  const now = Math.floor(Date.now() / 1000) * 1e9; // exact as a double
  const good = { traceId: Buffer.alloc(16, 7), spanId: Buffer.alloc(8, 1), name: 'grpc span', kind: 3, startTimeUnixNano: now, endTimeUnixNano: now + 5_120_000 };
  const request = { resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'grpc.default' } }] }, scopeSpans: [{ spans: [good, { ...good, spanId: Buffer.alloc(3, 1) }] }] }] };
  const reply = replyType.toObject(replyType.decode(await call(Buffer.from(requestType.encode(requestType.create(request)).finish()))), { longs: Number });
  expect(reply).toMatchObject({ partialSuccess: { rejectedSpans: 1, errorMessage: expect.stringContaining('span id') } });
  await expect(call(Buffer.from([0x0a, 0xff]))).rejects.toMatchObject({ code: 3 });
  client.close();
  const one = traceList.parse(await ask(`/api/traces/${'07'.repeat(16)}`)).data[0];
  expect(one?.spans.map((s) => [s.operationName, s.duration])).toEqual([['grpc span', 5120]]);
});

test('Zipkin v2 in, both Jaeger APIs and the dependencies out', async () => {
  const timestamp = Date.now() * 1000;
  const body = JSON.stringify([
    { traceId: 'abc1230000000001', id: '1', name: 'get', kind: 'CLIENT', timestamp, duration: 2000, localEndpoint: { serviceName: 'front', ipv4: '10.0.0.1' }, tags: { 'http.path': '/x' }, annotations: [{ timestamp, value: 'sent' }] },
    { traceId: 'abc1230000000001', id: '2', parentId: '1', name: 'get', kind: 'SERVER', timestamp: timestamp + 500, duration: 1000, localEndpoint: { serviceName: 'back' }, tags: { error: 'boom' } },
  ]);
  const sent = await fetch(`http://127.0.0.1:${traces.ports.zipkin}/api/v2/spans`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  expect(sent.status).toBe(202);
  const id = 'abc1230000000001'.padStart(32, '0');
  expect(traceList.parse(await ask(`/api/traces/abc1230000000001`)).data[0]).toMatchObject({ traceID: id, spans: [{ spanID: '0000000000000001' }, { spanID: '0000000000000002', references: [{ spanID: '0000000000000001' }] }] });
  expect(await ask('/api/dependencies')).toMatchObject({ data: [{ parent: 'front', child: 'back', callCount: 1 }] });
  expect(await ask(`/api/v3/traces/${id}`)).toMatchObject({ result: { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: id, kind: 3 }] }] }, { scopeSpans: [{ spans: [{ status: { code: 2 } }] }] }] } });
  const window = `query.startTimeMin=${new Date(Date.now() - 60_000).toISOString()}&query.startTimeMax=${new Date(Date.now() + 60_000).toISOString()}`;
  expect(await ask(`/api/v3/trace-summaries?query.serviceName=back&${window}`)).toMatchObject({ summaries: [{ traceId: id, rootServiceName: 'front', spanCount: 2, errorSpanCount: 1, orphanSpanCount: 0 }] });
});

test('spans are visible within moments of their arrival', async () => {
  const nanos = `${BigInt(Date.now()) * 1_000_000n}`;
  const traceId = 'feed'.repeat(8);
  const times: number[] = [];
  for (let i = 0; i < 10; i++) {
    const from = performance.now();
    const body = JSON.stringify({ resourceSpans: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'fast' } }] }, scopeSpans: [{ spans: [{ traceId: `${i}${traceId.slice(1)}`, spanId: 'feedfeedfeedfeed', name: 'x', startTimeUnixNano: nanos, endTimeUnixNano: nanos }] }] }] });
    expect((await fetch(`http://127.0.0.1:${traces.ports.otlpHttp}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${traces.ports.query}/api/traces/${i}${traceId.slice(1)}`)).status).toBe(200);
    times.push(performance.now() - from);
    await sleep(5);
  }
  expect(times.sort((a, b) => a - b)[5]).toBeLessThan(200);
});
