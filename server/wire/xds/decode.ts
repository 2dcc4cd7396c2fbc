import { isRecord } from '#shared/base';
import { contentType, needPlan } from './descriptor.ts';
import type { Field, FieldType, MessagePlan, Scalar } from './descriptor.ts';
import { durationText, timestampText } from './duration.ts';
import { RAW_BYTES, UNKNOWN } from './encode.ts';
import { xdsErrors } from './errors.ts';

/** Nesting of messages, as protobuf's own readers limit it. */
const DEPTH_MAX = 100;
type Fields = Record<string, unknown>;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads protobuf into its JSON form; every read is bounded by the end of the message it belongs to. */
class Decoder {
  readonly #bytes: Buffer;
  readonly #name: string;
  readonly #rawAny: boolean;
  #at = 0;
  #end: number;
  #depth = 0;
  #low = 0;
  #high = 0;
  constructor(name: string, bytes: Uint8Array, rawAny: boolean) {
    this.#rawAny = rawAny;
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
    this.#end = this.#bytes.length;
  }

  #fail(problem: string, cause?: unknown): never {
    throw xdsErrors.make('XDS_MALFORMED', { message: this.#name, problem }, cause);
  }
  #need(count: number): void {
    if (this.#at + count > this.#end) this.#fail('it ends within a field');
  }
  /** Low and high 32 bits go to #low and #high. */
  #varint(): number {
    const first = this.#bytes[this.#at];
    if (this.#at < this.#end && first !== undefined && first < 0x80) {
      this.#at += 1;
      this.#high = 0;
      return (this.#low = first);
    }
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      this.#need(1);
      const byte = this.#bytes[this.#at++] ?? 0;
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high |= part >>> 4;
      } else high |= part << (shift - 32);
      if (byte < 0x80) {
        this.#high = high >>> 0;
        return (this.#low = low >>> 0);
      }
    }
    return this.#fail('a varint has more than 10 bytes');
  }
  #uint64(): bigint {
    this.#varint();
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }
  #size(): number {
    const size = this.#varint();
    if (this.#high !== 0) this.#fail('a length is over 4 GiB');
    this.#need(size);
    return size;
  }
  #text(): string {
    const size = this.#size();
    const from = this.#at;
    this.#at += size;
    try {
      return utf8.decode(this.#bytes.subarray(from, this.#at));
    } catch (error) {
      return this.#fail('a string is not valid UTF-8', error);
    }
  }
  #fixed(count: 4 | 8): number {
    this.#need(count);
    this.#at += count;
    return this.#at - count;
  }

  #scalar(scalar: Scalar): unknown {
    switch (scalar) {
      case 'string': return this.#text();
      case 'bytes': {
        const size = this.#size();
        this.#at += size;
        return this.#bytes.toString('base64', this.#at - size, this.#at);
      }
      case 'bool': return this.#varint() !== 0 || this.#high !== 0;
      case 'uint32': return this.#varint();
      case 'int32': return this.#varint() | 0;
      case 'sint32': return this.#zigzag32();
      case 'fixed32': return this.#bytes.readUInt32LE(this.#fixed(4));
      case 'sfixed32': return this.#bytes.readInt32LE(this.#fixed(4));
      case 'float': return numberForm(shortestFloat(this.#bytes.readFloatLE(this.#fixed(4))));
      case 'double': return numberForm(this.#bytes.readDoubleLE(this.#fixed(8)));
      case 'uint64': return this.#uint64().toString();
      case 'int64': return BigInt.asIntN(64, this.#uint64()).toString();
      case 'sint64': {
        const v = this.#uint64();
        return BigInt.asIntN(64, (v >> 1n) ^ -(v & 1n)).toString();
      }
      case 'fixed64': return this.#bytes.readBigUInt64LE(this.#fixed(8)).toString();
      case 'sfixed64': return this.#bytes.readBigInt64LE(this.#fixed(8)).toString();
    }
  }
  #zigzag32(): number {
    const v = this.#varint();
    return (v >>> 1) ^ -(v & 1);
  }

  /** Runs `body` over one length-delimited field. */
  #inside<T>(body: () => T): T {
    const size = this.#size();
    const outer = this.#end;
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) this.#fail(`it is nested deeper than ${DEPTH_MAX}`);
    this.#end = this.#at + size;
    const result = body();
    if (this.#at !== this.#end) this.#fail('a field runs over the end of its message');
    this.#end = outer;
    this.#depth -= 1;
    return result;
  }
  #skip(wire: number): void {
    switch (wire) {
      case 0: return void this.#varint();
      case 1: return void this.#fixed(8);
      case 2: {
        const size = this.#size(); // moves #at itself
        this.#at += size;
        return;
      }
      case 5: return void this.#fixed(4);
      default: this.#fail(`wire type ${wire} is not used`);
    }
  }
  /** Calls `onField` for each field of the message that ends at #end; false means: not known, skip. */
  #fields(onField: (number: number, wire: number) => boolean): string {
    let unknown = '';
    const parts: Buffer[] = [];
    while (this.#at < this.#end) {
      const from = this.#at;
      const tag = this.#varint();
      if (tag >>> 3 === 0) this.#fail('field number 0');
      if (onField(tag >>> 3, tag & 7)) continue;
      this.#skip(tag & 7);
      parts.push(this.#bytes.subarray(from, this.#at));
    }
    if (parts.length > 0) unknown = Buffer.concat(parts).toString('base64');
    return unknown;
  }

  #seconds(): { readonly seconds: bigint; readonly nanos: number } {
    let seconds = 0n;
    let nanos = 0;
    this.#fields((number, wire) => {
      if (wire !== 0 || number > 2) return false;
      const v = BigInt.asIntN(64, this.#uint64());
      if (number === 1) seconds = v;
      else nanos = Number(BigInt.asIntN(32, v));
      return true;
    });
    return { seconds, nanos };
  }
  #struct(): Fields {
    const result = emptyMap();
    this.#fields((number, wire) => {
      if (number !== 1 || wire !== 2) return false;
      this.#inside(() => {
        let key = '';
        let item: unknown = null;
        this.#fields((inner, innerWire) => {
          if (innerWire !== 2 || inner > 2) return false;
          if (inner === 1) key = this.#text();
          else item = this.#inside(() => this.#value());
          return true;
        });
        result[key] = item;
      });
      return true;
    });
    return result;
  }
  #list(): unknown[] {
    const result: unknown[] = [];
    this.#fields((number, wire) => {
      if (number !== 1 || wire !== 2) return false;
      result.push(this.#inside(() => this.#value()));
      return true;
    });
    return result;
  }
  #value(): unknown {
    let result: unknown = null;
    this.#fields((number, wire) => {
      switch ((number << 3) | wire) {
        case 0x08:
          this.#varint();
          result = null;
          return true;
        case 0x11: result = this.#scalar('double'); return true;
        case 0x1a: result = this.#text(); return true;
        case 0x20: result = this.#scalar('bool'); return true;
        case 0x2a: result = this.#inside(() => this.#struct()); return true;
        case 0x32: result = this.#inside(() => this.#list()); return true;
        default: return false;
      }
    });
    return result;
  }
  #any(): Fields {
    let url = '';
    let from = 0;
    let to = 0;
    this.#fields((number, wire) => {
      if (wire !== 2 || number > 2) return false;
      if (number === 1) url = this.#text();
      else {
        const size = this.#size();
        from = this.#at;
        to = this.#at += size;
      }
      return true;
    });
    if (this.#rawAny) return { type_url: url, value: this.#bytes.subarray(from, to) };
    const [at, end] = [this.#at, this.#end];
    [this.#at, this.#end] = [from, to];
    const result = this.content(url);
    if (this.#at !== to) this.#fail('an Any runs over its end');
    [this.#at, this.#end] = [at, end];
    return result;
  }
  /** The message of that type URL in the bytes up to #end. */
  content(url: string): Fields {
    const name = url.slice(url.lastIndexOf('/') + 1);
    const type = contentType(name);
    if (type === undefined) {
      const result = { '@type': url, [RAW_BYTES]: this.#bytes.toString('base64', this.#at, this.#end) };
      this.#at = this.#end;
      return result;
    }
    if (type.is === 'message') return this.message(needPlan(name), { '@type': url });
    return { '@type': url, value: this.#body(type) };
  }
  #wrapper(scalar: Scalar): unknown {
    let result: unknown = scalar === 'string' || scalar === 'bytes' ? '' : scalar === 'bool' ? false : scalar === 'int64' || scalar === 'uint64' ? '0' : 0;
    this.#fields((number, wire) => {
      if (number !== 1 || wire !== wireOfScalar(scalar)) return false;
      result = this.#scalar(scalar);
      return true;
    });
    return result;
  }
  #body(type: FieldType): unknown {
    if (type.is === 'message') return this.message(needPlan(type.name), {});
    if (type.is === 'wrapper') return this.#wrapper(type.scalar);
    if (type.is !== 'special') return undefined;
    switch (type.special) {
      case 'any': return this.#any();
      case 'duration': return durationText(this.#seconds());
      case 'timestamp': return timestampText(this.#seconds());
      case 'struct': return this.#struct();
      case 'value': return this.#value();
      case 'list': return this.#list();
      case 'empty':
        this.#fields(() => false);
        return {};
    }
  }
  #one(type: FieldType): unknown {
    if (type.is === 'scalar') return this.#scalar(type.scalar);
    if (type.is === 'enum') {
      const number = this.#varint() | 0;
      return type.enum.byNumber.get(number) ?? number;
    }
    return this.#inside(() => this.#body(type));
  }
  #mapEntry(field: Field, keyType: Scalar, into: Fields): void {
    this.#inside(() => {
      let key: unknown = keyType === 'string' ? '' : keyType === 'bool' ? false : 0;
      let item: unknown = defaultOf(field.type);
      this.#fields((number, wire) => {
        if (number === 1 && wire === wireOfScalar(keyType)) key = this.#scalar(keyType);
        else if (number === 2 && wire === wireOf(field.type)) item = this.#one(field.type);
        else return false;
        return true;
      });
      into[String(key)] = item;
    });
  }
  #field(field: Field, wire: number, into: Fields): boolean {
    const natural = wireOf(field.type);
    if (field.mapKey !== undefined) {
      if (wire !== 2) return false;
      const known = into[field.name];
      const map = isRecord(known) ? known : emptyMap();
      this.#mapEntry(field, field.mapKey, map);
      into[field.name] = map;
      return true;
    }
    if (!field.repeated) {
      if (wire !== natural) return false;
      into[field.name] = this.#one(field.type); // a field given twice: the last one counts
      return true;
    }
    const known = into[field.name];
    const items: unknown[] = Array.isArray(known) ? known : [];
    into[field.name] = items;
    if (wire === natural) items.push(this.#one(field.type));
    else if (wire === 2) this.#inside(() => {
      while (this.#at < this.#end) items.push(this.#one(field.type));
    });
    else return false;
    return true;
  }
  message(plan: MessagePlan, into: Fields): Fields {
    const unknown = this.#fields((number, wire) => {
      const field = plan.byNumber.get(number);
      return field !== undefined && this.#field(field, wire, into);
    });
    if (unknown !== '') into[UNKNOWN] = unknown;
    return into;
  }
}

/** Keys come from the wire: no prototype. */
const emptyMap = (): Fields => Object.create(null);
/** The shortest decimal that names the same 32-bit float: 0.1 rather than 0.10000000149011612. */
function shortestFloat(v: number): number {
  for (let digits = 6; digits < 9; digits++) if (Math.fround(Number(v.toPrecision(digits))) === v) return Number(v.toPrecision(digits));
  return v;
}
const numberForm = (v: number): number | string => (Number.isFinite(v) ? v : Number.isNaN(v) ? 'NaN' : v > 0 ? 'Infinity' : '-Infinity');
function wireOfScalar(scalar: Scalar): number {
  switch (scalar) {
    case 'string': case 'bytes': return 2;
    case 'double': case 'fixed64': case 'sfixed64': return 1;
    case 'float': case 'fixed32': case 'sfixed32': return 5;
    default: return 0;
  }
}
const wireOf = (type: FieldType): number => (type.is === 'enum' ? 0 : type.is === 'scalar' ? wireOfScalar(type.scalar) : 2);
/** What a map entry without a value holds. */
function defaultOf(type: FieldType): unknown {
  if (type.is === 'enum') return type.enum.byNumber.get(0) ?? 0;
  if (type.is !== 'scalar') return {};
  return type.scalar === 'string' || type.scalar === 'bytes' ? '' : type.scalar === 'bool' ? false : /64/.test(type.scalar) ? '0' : 0;
}

/** The JSON form of protobuf bytes. Throws XDS_MALFORMED. */
export const decodeMessage = (name: string, bytes: Uint8Array): Fields => new Decoder(name, bytes, false).message(needPlan(name), {});
/** As `decodeMessage`, but every Any stays `{type_url, value}` with its bytes: the reader decodes (and refuses) resources one by one. */
export const decodeEnvelope = (name: string, bytes: Uint8Array): Fields => new Decoder(name, bytes, true).message(needPlan(name), {});
export const decodeContent = (url: string, bytes: Uint8Array): Fields => new Decoder(url.slice(url.lastIndexOf('/') + 1), bytes, false).content(url);
