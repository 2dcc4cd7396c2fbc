import { ProtoReader } from './proto-reader.ts';
import { OtlpError } from './otlp-types.ts';
import type { OtlpAttribute, OtlpEvent, OtlpLink, OtlpResourceSpans, OtlpScopeSpans, OtlpSpan, OtlpTraces, OtlpValue } from './otlp-types.ts';

/** Nested lists and maps in one attribute; deeper input is refused. */
const DEPTH_MAX = 32;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

function readValue(r: ProtoReader, depth: number): OtlpValue {
  if (depth > DEPTH_MAX) throw new OtlpError(`an attribute is nested deeper than ${DEPTH_MAX}`);
  let value: OtlpValue = '';
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    switch (tag) {
      case 0x0a: value = r.text(); break;
      case 0x10: value = r.bool(); break;
      case 0x18: value = r.int64(); break;
      case 0x21: value = r.double(); break;
      case 0x2a: value = readList(r, depth); break;
      case 0x32: value = readMap(r, depth); break;
      case 0x3a: value = Uint8Array.from(r.bytes()); break;
      default: r.skip(tag);
    }
  }
  r.leave(outer);
  return value;
}
function readList(r: ProtoReader, depth: number): OtlpValue {
  const list: OtlpValue[] = [];
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    if (tag === 0x0a) list.push(readValue(r, depth + 1));
    else r.skip(tag);
  }
  r.leave(outer);
  return list;
}
function readMap(r: ProtoReader, depth: number): OtlpValue {
  const map = new Map<string, OtlpValue>();
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    if (tag === 0x0a) {
      const { key, value } = readAttribute(r, depth + 1);
      map.set(key, value);
    } else r.skip(tag);
  }
  r.leave(outer);
  return map;
}
function readAttribute(r: ProtoReader, depth: number): OtlpAttribute {
  let key = '';
  let value: OtlpValue = '';
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    if (tag === 0x0a) key = r.text();
    else if (tag === 0x12) value = readValue(r, depth);
    else r.skip(tag);
  }
  r.leave(outer);
  return { key, value };
}
function readEvent(r: ProtoReader): OtlpEvent {
  let timeUnixNano = 0n;
  let name = '';
  const attributes: OtlpAttribute[] = [];
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    if (tag === 0x09) timeUnixNano = r.fixed64();
    else if (tag === 0x12) name = r.text();
    else if (tag === 0x1a) attributes.push(readAttribute(r, 0));
    else r.skip(tag);
  }
  r.leave(outer);
  return { timeUnixNano, name, attributes };
}
function readLink(r: ProtoReader): OtlpLink {
  let traceId = '';
  let spanId = '';
  let traceState = '';
  const attributes: OtlpAttribute[] = [];
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    if (tag === 0x0a) traceId = hexOf(r.bytes());
    else if (tag === 0x12) spanId = hexOf(r.bytes());
    else if (tag === 0x1a) traceState = r.text();
    else if (tag === 0x22) attributes.push(readAttribute(r, 0));
    else r.skip(tag);
  }
  r.leave(outer);
  return { traceId, spanId, traceState, attributes };
}

function readSpan(r: ProtoReader): OtlpSpan {
  const span = {
    traceId: '', spanId: '', parentSpanId: '', traceState: '', flags: 0, name: '', kind: 0, startTimeUnixNano: 0n, endTimeUnixNano: 0n,
    attributes: new Array<OtlpAttribute>(), events: new Array<OtlpEvent>(), links: new Array<OtlpLink>(), statusCode: 0, statusMessage: '',
  };
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    switch (tag) {
      case 0x0a: span.traceId = hexOf(r.bytes()); break;
      case 0x12: span.spanId = hexOf(r.bytes()); break;
      case 0x1a: span.traceState = r.text(); break;
      case 0x22: span.parentSpanId = hexOf(r.bytes()); break;
      case 0x2a: span.name = r.text(); break;
      case 0x30: span.kind = r.uint32(); break;
      case 0x39: span.startTimeUnixNano = r.fixed64(); break;
      case 0x41: span.endTimeUnixNano = r.fixed64(); break;
      case 0x4a: span.attributes.push(readAttribute(r, 0)); break;
      case 0x5a: span.events.push(readEvent(r)); break;
      case 0x6a: span.links.push(readLink(r)); break;
      case 0x7a: readStatus(r, span); break;
      case 0x85: span.flags = r.fixed32(); break;
      default: r.skip(tag);
    }
  }
  r.leave(outer);
  return span;
}
function readStatus(r: ProtoReader, span: { statusCode: number; statusMessage: string }): void {
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    if (tag === 0x12) span.statusMessage = r.text();
    else if (tag === 0x18) span.statusCode = r.uint32();
    else r.skip(tag);
  }
  r.leave(outer);
}
function readScope(r: ProtoReader): OtlpScopeSpans {
  let scopeName = '';
  let scopeVersion = '';
  const spans: OtlpSpan[] = [];
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    if (tag === 0x12) spans.push(readSpan(r));
    else if (tag === 0x0a) {
      const outer = r.enter();
      while (r.more) {
        const inner = r.tag();
        if (inner === 0x0a) scopeName = r.text();
        else if (inner === 0x12) scopeVersion = r.text();
        else r.skip(inner);
      }
      r.leave(outer);
    } else r.skip(tag);
  }
  r.leave(outer);
  return { scopeName, scopeVersion, spans };
}
function readResourceSpans(r: ProtoReader): OtlpResourceSpans {
  const attributes: OtlpAttribute[] = [];
  const scopes: OtlpScopeSpans[] = [];
  const outer = r.enter();
  while (r.more) {
    const tag = r.tag();
    if (tag === 0x12) scopes.push(readScope(r));
    else if (tag === 0x0a) {
      const outer = r.enter();
      while (r.more) {
        const inner = r.tag();
        if (inner === 0x0a) attributes.push(readAttribute(r, 0));
        else r.skip(inner);
      }
      r.leave(outer);
    } else r.skip(tag);
  }
  r.leave(outer);
  return { attributes, scopes };
}

/** Reads ExportTraceServiceRequest (opentelemetry-proto 1.x). Unknown fields are skipped; throws OtlpError on bytes that are not protobuf. */
export function decodeOtlpProto(bytes: Uint8Array): OtlpTraces {
  const reader = new ProtoReader(bytes);
  const resources: OtlpResourceSpans[] = [];
  while (reader.more) {
    const tag = reader.tag();
    if (tag === 0x0a) resources.push(readResourceSpans(reader));
    else reader.skip(tag);
  }
  return { resources };
}
