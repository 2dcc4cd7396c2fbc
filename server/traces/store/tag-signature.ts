import type { OtlpValue } from '#server/wire';
import type { StoredSpan } from '../span.ts';

/** An attribute's value as Jaeger compares it with a tag filter: as text. */
export function valueText(v: OtlpValue): string {
  if (typeof v === 'string') return v;
  if (typeof v === 'boolean' || typeof v === 'bigint' || typeof v === 'number') return String(v);
  if (v instanceof Uint8Array) return Buffer.from(v).toString('base64');
  return JSON.stringify(plain(v));
}
/** A value as JSON would hold it. */
export function plain(v: OtlpValue): unknown {
  if (typeof v === 'bigint') return Number(v);
  if (typeof v === 'string' || typeof v === 'boolean' || typeof v === 'number') return v;
  if (v instanceof Uint8Array) return Buffer.from(v).toString('base64');
  if (v instanceof Map) return Object.fromEntries([...v].map(([key, item]: [string, OtlpValue]) => [key, plain(item)]));
  return Array.isArray(v) ? v.map((item: OtlpValue) => plain(item)) : [];
}

/** Bits of a signature; SQLite's integers are signed, so 62 are used. */
const BITS = 62;
const ERROR_BIT = 62;

/** The bit of one key and value: FNV-1a. */
function bitOf(key: string, value: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ 0xff, 0x01000193);
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % BITS;
}

/** Collects bits in two halves, as JavaScript's operators work on 32. */
class Bits {
  #low = 0;
  #high = 0;
  add(bit: number): void {
    if (bit < 31) this.#low |= 1 << bit;
    else this.#high |= 1 << (bit - 31);
  }
  value(): bigint {
    return (BigInt(this.#high >>> 0) << 31n) | BigInt(this.#low);
  }
}

const isError = (span: StoredSpan): boolean => span.statusCode === 2;

/** A set of bits that covers every tag of a span: a span without a wanted bit is passed over without reading its body. */
export function signatureOf(span: StoredSpan): bigint {
  const bits = new Bits();
  for (const { key, value } of span.attributes) bits.add(key === 'error' && valueText(value) === 'true' ? ERROR_BIT : bitOf(key, valueText(value)));
  for (const { key, value } of span.resource) bits.add(bitOf(key, valueText(value)));
  for (const event of span.events) {
    bits.add(bitOf('event', event.name));
    for (const { key, value } of event.attributes) bits.add(bitOf(key, valueText(value)));
  }
  if (isError(span)) bits.add(ERROR_BIT);
  return bits.value();
}
/** The bits that a span with all these tags has. */
export function signatureOfTags(tags: ReadonlyMap<string, string>): bigint {
  const bits = new Bits();
  for (const [key, value] of tags) {
    if (key === 'error' && value === 'true') bits.add(ERROR_BIT);
    else if (!IMPLIED.has(key)) bits.add(bitOf(key, value));
  }
  return bits.value();
}

/** Tags that are made from other fields when a span is shown, so they are in no attribute. */
const IMPLIED: ReadonlySet<string> = new Set(['error', 'span.kind', 'otel.status_code', 'otel.status_description', 'otel.scope.name', 'otel.scope.version', 'w3c.tracestate']);

const KINDS: readonly string[] = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
function implied(span: StoredSpan, key: string): string | undefined {
  switch (key) {
    case 'error': return isError(span) ? 'true' : undefined;
    case 'span.kind': return KINDS[span.kind];
    case 'otel.status_code': return span.statusCode === 2 ? 'ERROR' : span.statusCode === 1 ? 'OK' : undefined;
    case 'otel.status_description': return span.statusMessage === '' ? undefined : span.statusMessage;
    case 'otel.scope.name': return span.scopeName;
    case 'otel.scope.version': return span.scopeVersion;
    case 'w3c.tracestate': return span.traceState;
    default: return undefined;
  }
}

/** Whether the span has every tag: as attribute, resource attribute, event or event field, or implied. */
export function hasTags(span: StoredSpan, tags: ReadonlyMap<string, string>): boolean {
  for (const [key, value] of tags) {
    const has = span.attributes.some((a) => a.key === key && valueText(a.value) === value) || implied(span, key) === value
      || span.resource.some((a) => a.key === key && valueText(a.value) === value)
      || span.events.some((e) => (key === 'event' && e.name === value) || e.attributes.some((a) => a.key === key && valueText(a.value) === value));
    if (!has) return false;
  }
  return true;
}
