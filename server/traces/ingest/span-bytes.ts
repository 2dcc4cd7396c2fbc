import type { OtlpAttribute, OtlpSpan, OtlpValue } from '#server/wire';

/** What an attribute, an event or a link takes beside its text: field heads, times, ids. */
const ENTRY_BYTES = 4;
const EVENT_BYTES = 12;
const LINK_BYTES = 28;
/** A number, as protobuf writes a double. */
const NUMBER_BYTES = 8;
/** Ids, times, kind, status and flags of a span. */
const FIXED_BYTES = 64;

/** Measures a text: exactly, or by an upper bound that costs next to nothing. */
export type Measure = (text: string) => number;
export const exactly: Measure = (text) => Buffer.byteLength(text);
/** A UTF-16 unit takes at most three bytes in UTF-8. */
export const atMost: Measure = (text) => text.length * 3;

function valueBytes(v: OtlpValue, measure: Measure): number {
  if (typeof v === 'string') return measure(v);
  if (typeof v === 'boolean') return 1;
  if (typeof v === 'bigint' || typeof v === 'number') return NUMBER_BYTES;
  if (v instanceof Uint8Array) return v.length;
  let bytes = 0;
  if (v instanceof Map) {
    for (const [key, item] of v) bytes += ENTRY_BYTES + measure(key) + valueBytes(item, measure);
  } else if (Array.isArray(v)) for (const item of v) bytes += ENTRY_BYTES + valueBytes(item, measure);
  return bytes;
}

/** Bytes that attributes take before anything is shared between spans. */
export function attributesBytes(attributes: readonly OtlpAttribute[], measure: Measure): number {
  let bytes = 0;
  for (const { key, value } of attributes) bytes += ENTRY_BYTES + measure(key) + valueBytes(value, measure);
  return bytes;
}

/** Bytes that a span takes beside its resource and scope. */
export function spanBytes(span: OtlpSpan, measure: Measure): number {
  let bytes = FIXED_BYTES + measure(span.name) + measure(span.statusMessage) + measure(span.traceState) + attributesBytes(span.attributes, measure);
  for (const event of span.events) bytes += EVENT_BYTES + measure(event.name) + attributesBytes(event.attributes, measure);
  for (const link of span.links) bytes += LINK_BYTES + measure(link.traceState) + attributesBytes(link.attributes, measure);
  return bytes;
}
