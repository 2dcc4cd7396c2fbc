import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeExportResponse, decodeOtlpJson, decodeOtlpProto, encodeExportResponse, encodeOtlpTraces, OtlpError, otlpTracesJson } from './index.ts';
import type { OtlpValue } from './index.ts';

const hex = (bytes: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((b) => Buffer.from(b).toString('hex'));
const plain: fc.Arbitrary<OtlpValue> = fc.oneof(fc.string({ unit: 'grapheme' }), fc.boolean(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.double().map((v) => (v === 0 ? 0 : v)), fc.uint8Array());
const value: fc.Arbitrary<OtlpValue> = fc.oneof(plain, fc.array(plain), fc.array(fc.tuple(fc.string(), plain)).map((list) => new Map(list)));
const attributes = fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value }), { maxLength: 5 });
const nanos = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const span = fc.record({
  traceId: hex(16), spanId: hex(8), parentSpanId: fc.oneof(fc.constant(''), hex(8)), traceState: fc.string(), flags: fc.nat(0xffff), name: fc.string({ maxLength: 300 }), kind: fc.integer({ min: 0, max: 5 }),
  startTimeUnixNano: nanos, endTimeUnixNano: nanos, attributes, events: fc.array(fc.record({ timeUnixNano: nanos, name: fc.string(), attributes }), { maxLength: 3 }),
  links: fc.array(fc.record({ traceId: hex(16), spanId: hex(8), traceState: fc.string(), attributes }), { maxLength: 2 }), statusCode: fc.integer({ min: 0, max: 2 }), statusMessage: fc.string(),
});
const traces = fc.record({ resources: fc.array(fc.record({ attributes, scopes: fc.array(fc.record({ scopeName: fc.string(), scopeVersion: fc.string(), spans: fc.array(span, { maxLength: 3 }) }), { maxLength: 2 }) }), { maxLength: 2 }) });

test('what is written as protobuf or JSON is read back the same', () => {
  fc.assert(fc.property(traces, (t) => {
    expect(decodeOtlpProto(encodeOtlpTraces(t))).toEqual(t);
    expect(decodeOtlpJson(JSON.stringify(otlpTracesJson(t)))).toEqual(t);
  }), { numRuns: 200 });
});

test('cut or changed bytes give OtlpError or a smaller request, never another failure', () => {
  fc.assert(fc.property(traces, fc.nat(), fc.nat(255), (t, at, byte) => {
    const bytes = encodeOtlpTraces(t);
    if (bytes.length === 0) return;
    for (const bad of [bytes.subarray(0, at % bytes.length), Buffer.from(bytes.map((b, i) => (i === at % bytes.length ? byte : b)))]) {
      try {
        decodeOtlpProto(bad);
      } catch (error) {
        expect(error).toBeInstanceOf(OtlpError);
      }
    }
  }), { numRuns: 300 });
});

test('JSON that is not OTLP says what is wrong', () => {
  const bad: readonly [string, RegExp][] = [
    ['{', /not JSON/], ['[]', /not a JSON object/], ['{"resourceSpans":{}}', /resourceSpans is not a list/], ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":7}]}]}]}', /traceId is not a string/],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"x"}]}]}]}', /startTimeUnixNano is not a 64-bit integer/],
  ];
  for (const [body, message] of bad) expect(() => decodeOtlpJson(body)).toThrow(message);
  const read = decodeOtlpJson('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ABCD","startTimeUnixNano":12,"unknown":{"a":1}}]}]}]}');
  expect(read.resources[0]?.scopes[0]?.spans[0]).toMatchObject({ traceId: 'abcd', startTimeUnixNano: 12n });
});

test('the export response is empty on success', () => {
  expect(encodeExportResponse({ rejectedSpans: 0, errorMessage: '' })).toHaveLength(0);
  expect(decodeExportResponse(encodeExportResponse({ rejectedSpans: 3, errorMessage: 'no' }))).toEqual({ rejectedSpans: 3, errorMessage: 'no' });
});
