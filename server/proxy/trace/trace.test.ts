import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeOtlpProto } from '#server/wire';
import { requestId, startTrace, writeTrace } from './context.ts';
import { encodeSpans } from './otlp.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const never = (): boolean => false;

test('the caller\'s trace is taken from traceparent, b3 or X-B3, and passed on in every form it may need', () => {
  const incoming: readonly (readonly string[])[] = [['traceparent', `00-${TRACE}-${SPAN}-01`, 'tracestate', 'a=1'], ['b3', `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90`], ['x-b3-traceid', TRACE, 'x-b3-spanid', SPAN, 'x-b3-sampled', '1']];
  for (const headers of incoming) {
    const trace = startTrace(headers, never);
    expect([trace.traceId, trace.parentId, trace.sampled]).toEqual([TRACE, SPAN, true]);
    const out = [...headers];
    writeTrace(trace, out);
    const value = (name: string): string | undefined => out[out.indexOf(name) + 1];
    expect(value('traceparent')).toBe(`00-${TRACE}-${trace.spanId}-01`);
    expect([value('x-b3-traceid'), value('x-b3-spanid'), value('x-b3-parentspanid'), value('x-b3-sampled')]).toEqual([TRACE, trace.spanId, SPAN, '1']);
    if (headers[0] === 'b3') expect(value('b3')).toBe(`${TRACE}-${trace.spanId}-1-${SPAN}`);
    expect(out.filter((name, i) => i % 2 === 0 && name === 'x-b3-traceid').length).toBe(1);
  }
});

test('short ids, flags and the bare decision of b3; what is malformed begins a new trace', () => {
  expect(startTrace(['x-b3-traceid', '463ac35c9f6413ad', 'x-b3-spanid', SPAN, 'x-b3-flags', '1'], never)).toMatchObject({ traceId: '0000000000000000463ac35c9f6413ad', sampled: true });
  expect(startTrace(['b3', '0'], () => true)).toMatchObject({ sampled: false, parentId: undefined });
  expect(startTrace(['b3', 'd'], never)).toMatchObject({ sampled: true });
  for (const bad of [['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`], ['traceparent', 'ff-x'], ['b3', 'x-y'], ['x-b3-traceid', 'zz']]) {
    const trace = startTrace(bad, () => true);
    expect(trace).toMatchObject({ parentId: undefined, sampled: true });
    const out = [...bad];
    writeTrace(trace, out);
    expect(out.filter((name) => name === bad[0])).toHaveLength(bad[0] === 'b3' ? 0 : 1);
  }
});

test('request ids are version 4 with the reason in their 14th digit', () => {
  expect(requestId('4')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(requestId('9')[14]).toBe('9');
});

test('exported spans are what the store\'s own reader of OTLP reads', () => {
  fc.assert(fc.property(fc.string(), fc.boolean(), fc.integer({ min: 0, max: 4_000_000_000_000 }), (name, error, startMs) => {
    const bytes = encodeSpans([['service.name', 'a.b']], [{ traceId: TRACE, spanId: SPAN, parentId: undefined, state: 'x=1', name, kind: 'client', startMs, endMs: startMs + 1.5, error, tags: [['http.url', name]] }]);
    const text = JSON.stringify(decodeOtlpProto(bytes), (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v));
    expect(text).toContain(TRACE);
    expect(text).toContain(SPAN);
    expect(text).toContain(JSON.stringify(name.toWellFormed()));
    expect(text).toContain('a.b');
  }));
});
