import { decodeOtlpProto, encodeOtlpTraces, ProtoReader, ProtoWriter } from '#server/wire';
import type { OtlpAttribute, OtlpEvent, OtlpLink, OtlpValue } from '#server/wire';
import type { StoredSpan } from '../span.ts';
import type { Dictionary } from './dictionary.ts';

/** What of a span stands in its row's columns; the rest is the body. */
export type SpanColumns = Pick<StoredSpan, 'traceId' | 'spanId' | 'service' | 'operation' | 'kind' | 'startMicros' | 'durationNanos'>;

/** Fields of the body. Attributes: key as id (1) or text (2), then one value field. */
const F = { parent: 1, nanos: 2, status: 3, message: 4, state: 5, flags: 6, scope: 7, scopeVersion: 8, attribute: 9, resource: 10, rest: 11, operation: 12, service: 13 } as const;
const A = { keyId: 1, key: 2, valueId: 3, text: 4, bool: 5, int: 6, double: 7, nested: 8 } as const;
const EMPTY_SPAN = { traceId: '', spanId: '', parentSpanId: '', traceState: '', flags: 0, name: '', kind: 0, startTimeUnixNano: 0n, endTimeUnixNano: 0n, attributes: [], events: [], links: [], statusCode: 0, statusMessage: '' };

/** Lists, maps, events and links are rare: they are kept in OTLP's own bytes. */
const pack = (part: { readonly attributes?: readonly OtlpAttribute[]; readonly events?: readonly OtlpEvent[]; readonly links?: readonly OtlpLink[] }): Buffer =>
  encodeOtlpTraces({ resources: [{ attributes: [], scopes: [{ scopeName: '', scopeVersion: '', spans: [{ ...EMPTY_SPAN, ...part }] }] }] });
const unpack = (bytes: Uint8Array): { readonly attributes: readonly OtlpAttribute[]; readonly events: readonly OtlpEvent[]; readonly links: readonly OtlpLink[] } =>
  decodeOtlpProto(bytes).resources[0]?.scopes[0]?.spans[0] ?? EMPTY_SPAN;

function writeAttributes(w: ProtoWriter, field: number, attributes: readonly OtlpAttribute[], dictionary: Dictionary): void {
  for (const { key, value } of attributes) {
    const from = w.begin(field);
    const keyId = dictionary.key(key);
    if (keyId === undefined) w.text(A.key, key);
    else w.uint32(A.keyId, keyId);
    if (typeof value === 'string') {
      const valueId = dictionary.value(key, value);
      if (valueId === undefined) w.text(A.text, value);
      else w.uint32(A.valueId, valueId);
    } else if (typeof value === 'boolean') w.uint32(A.bool, value ? 1 : 0);
    else if (typeof value === 'bigint') w.int64(A.int, value);
    else if (typeof value === 'number') w.double(A.double, value);
    else w.bytes(A.nested, pack({ attributes: [{ key: '', value }] }));
    w.end(from);
  }
}

/** The bytes of a span's body. `row` are the names its row stands for: where the span's own are others, they are in the body. */
export function encodeBody(span: StoredSpan, dictionary: Dictionary, row: { readonly service: string; readonly operation: string }): Buffer {
  const w = new ProtoWriter(512);
  if (span.parentSpanId !== '') w.hex(F.parent, span.parentSpanId);
  if (span.startNanosRest !== 0) w.uint32(F.nanos, span.startNanosRest);
  if (span.statusCode !== 0) w.uint32(F.status, span.statusCode);
  if (span.statusMessage !== '') w.text(F.message, span.statusMessage);
  if (span.traceState !== '') w.text(F.state, span.traceState);
  if (span.flags !== 0) w.uint32(F.flags, span.flags);
  if (span.scopeName !== '') w.text(F.scope, span.scopeName);
  if (span.scopeVersion !== '') w.text(F.scopeVersion, span.scopeVersion);
  writeAttributes(w, F.attribute, span.attributes, dictionary);
  writeAttributes(w, F.resource, span.resource, dictionary);
  if (span.events.length > 0 || span.links.length > 0) w.bytes(F.rest, pack(span));
  if (row.operation !== span.operation) w.text(F.operation, span.operation);
  if (row.service !== span.service) w.text(F.service, span.service);
  return w.finish();
}

function readAttribute(r: ProtoReader, dictionary: Dictionary): OtlpAttribute {
  let key = '';
  let value: OtlpValue = '';
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    switch (tag >>> 3) {
      case A.keyId: key = dictionary.text(r.uint32()); break;
      case A.key: key = r.text(); break;
      case A.valueId: value = dictionary.text(r.uint32()); break;
      case A.text: value = r.text(); break;
      case A.bool: value = r.bool(); break;
      case A.int: value = r.int64(); break;
      case A.double: value = r.double(); break;
      case A.nested: value = unpack(r.bytes()).attributes[0]?.value ?? ''; break;
      default: r.skip(tag);
    }
  }
  r.leave(outer);
  return { key, value };
}

/** The span of a row. */
export function decodeSpan(columns: SpanColumns, body: Uint8Array, dictionary: Dictionary): StoredSpan {
  const r = new ProtoReader(body);
  const rest = {
    parentSpanId: '', startNanosRest: 0, statusCode: 0, statusMessage: '', traceState: '', flags: 0, scopeName: '', scopeVersion: '', operation: columns.operation, service: columns.service,
    attributes: new Array<OtlpAttribute>(), resource: new Array<OtlpAttribute>(), events: new Array<OtlpEvent>(), links: new Array<OtlpLink>(),
  };
  while (r.more) {
    const tag = r.tag();
    switch (tag >>> 3) {
      case F.parent: rest.parentSpanId = Buffer.from(r.bytes()).toString('hex'); break;
      case F.nanos: rest.startNanosRest = r.uint32(); break;
      case F.status: rest.statusCode = r.uint32(); break;
      case F.message: rest.statusMessage = r.text(); break;
      case F.state: rest.traceState = r.text(); break;
      case F.flags: rest.flags = r.uint32(); break;
      case F.scope: rest.scopeName = r.text(); break;
      case F.scopeVersion: rest.scopeVersion = r.text(); break;
      case F.attribute: rest.attributes.push(readAttribute(r, dictionary)); break;
      case F.resource: rest.resource.push(readAttribute(r, dictionary)); break;
      case F.rest: {
        const { events, links } = unpack(r.bytes());
        rest.events.push(...events);
        rest.links.push(...links);
        break;
      }
      case F.operation: rest.operation = r.text(); break;
      case F.service: rest.service = r.text(); break;
      default: r.skip(tag);
    }
  }
  return { ...columns, ...rest };
}
