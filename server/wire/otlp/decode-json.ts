import { isRecord } from '#shared/base';
import { OtlpError } from './otlp-types.ts';
import type { OtlpAttribute, OtlpEvent, OtlpLink, OtlpResourceSpans, OtlpScopeSpans, OtlpSpan, OtlpTraces, OtlpValue } from './otlp-types.ts';

type Json = Readonly<Record<string, unknown>>;
const DEPTH_MAX = 32;
const NONE: Json = Object.freeze(Object.create(null));

function record(parent: Json, name: string): Json {
  const v = parent[name];
  if (v === undefined || v === null) return NONE;
  if (!isRecord(v)) throw new OtlpError(`${name} is not an object`);
  return v;
}
function records(parent: Json, name: string): readonly Json[] {
  const v = parent[name];
  if (v === undefined || v === null) return [];
  if (!Array.isArray(v)) throw new OtlpError(`${name} is not a list`);
  return v.map((item: unknown) => {
    if (!isRecord(item)) throw new OtlpError(`${name} holds something that is not an object`);
    return item;
  });
}
function text(parent: Json, name: string): string {
  const v = parent[name];
  if (v === undefined || v === null) return '';
  if (typeof v !== 'string') throw new OtlpError(`${name} is not a string`);
  return v;
}
/** Ids are hex in OTLP's JSON (unlike protobuf's JSON), in either case. */
const id = (parent: Json, name: string): string => text(parent, name).toLowerCase();
function integer(parent: Json, name: string): number {
  const v = parent[name];
  if (v === undefined || v === null) return 0;
  const n = typeof v === 'string' ? Number(v) : v;
  if (typeof n !== 'number' || !Number.isInteger(n)) throw new OtlpError(`${name} is not an integer`);
  return n;
}
function int64(v: unknown, name: string): bigint {
  if (typeof v === 'string' && /^-?\d{1,20}$/.test(v)) return BigInt(v);
  if (typeof v === 'number' && Number.isInteger(v)) return BigInt(v);
  throw new OtlpError(`${name} is not a 64-bit integer`);
}
const time = (parent: Json, name: string): bigint => (parent[name] === undefined || parent[name] === null ? 0n : BigInt.asUintN(64, int64(parent[name], name)));

function double(v: unknown): number {
  if (typeof v === 'number') return v;
  if (v === 'NaN') return Number.NaN;
  if (v === 'Infinity') return Number.POSITIVE_INFINITY;
  if (v === '-Infinity') return Number.NEGATIVE_INFINITY;
  throw new OtlpError('doubleValue is not a number');
}
function valueOf(v: Json, depth: number): OtlpValue {
  if (depth > DEPTH_MAX) throw new OtlpError(`an attribute is nested deeper than ${DEPTH_MAX}`);
  if (v['stringValue'] !== undefined) return text(v, 'stringValue');
  if (v['boolValue'] !== undefined) {
    if (typeof v['boolValue'] !== 'boolean') throw new OtlpError('boolValue is not a boolean');
    return v['boolValue'];
  }
  if (v['intValue'] !== undefined) return int64(v['intValue'], 'intValue');
  if (v['doubleValue'] !== undefined) return double(v['doubleValue']);
  if (v['bytesValue'] !== undefined) return Uint8Array.from(Buffer.from(text(v, 'bytesValue'), 'base64'));
  if (v['arrayValue'] !== undefined) return records(record(v, 'arrayValue'), 'values').map((item) => valueOf(item, depth + 1));
  if (v['kvlistValue'] !== undefined) return new Map(attributes(record(v, 'kvlistValue'), 'values', depth + 1).map(({ key, value }) => [key, value]));
  return '';
}
const attributes = (parent: Json, name = 'attributes', depth = 0): readonly OtlpAttribute[] =>
  records(parent, name).map((item) => ({ key: text(item, 'key'), value: valueOf(record(item, 'value'), depth) }));

const eventOf = (v: Json): OtlpEvent => ({ timeUnixNano: time(v, 'timeUnixNano'), name: text(v, 'name'), attributes: attributes(v) });
const linkOf = (v: Json): OtlpLink => ({ traceId: id(v, 'traceId'), spanId: id(v, 'spanId'), traceState: text(v, 'traceState'), attributes: attributes(v) });
function spanOf(v: Json): OtlpSpan {
  const status = record(v, 'status');
  return {
    traceId: id(v, 'traceId'), spanId: id(v, 'spanId'), parentSpanId: id(v, 'parentSpanId'), traceState: text(v, 'traceState'), flags: integer(v, 'flags'), name: text(v, 'name'), kind: integer(v, 'kind'),
    startTimeUnixNano: time(v, 'startTimeUnixNano'), endTimeUnixNano: time(v, 'endTimeUnixNano'), attributes: attributes(v), events: records(v, 'events').map(eventOf), links: records(v, 'links').map(linkOf),
    statusCode: integer(status, 'code'), statusMessage: text(status, 'message'),
  };
}
const scopeOf = (v: Json): OtlpScopeSpans => {
  const scope = record(v, 'scope');
  return { scopeName: text(scope, 'name'), scopeVersion: text(scope, 'version'), spans: records(v, 'spans').map(spanOf) };
};
const resourceOf = (v: Json): OtlpResourceSpans => ({ attributes: attributes(record(v, 'resource')), scopes: records(v, 'scopeSpans').map(scopeOf) });

/** Reads the JSON form of ExportTraceServiceRequest: hex ids, lowerCamelCase, 64-bit integers as strings or numbers, unknown fields ignored. */
export function decodeOtlpJson(body: string): OtlpTraces {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new OtlpError(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!isRecord(parsed)) throw new OtlpError('the body is not a JSON object');
  return { resources: records(parsed, 'resourceSpans').map(resourceOf) };
}
