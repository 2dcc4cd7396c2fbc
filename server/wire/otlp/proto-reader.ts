import { OtlpError } from './otlp-types.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Keys and values of attributes repeat from span to span: the last string of each hash is kept and given again. */
const CACHED_BYTES_MAX = 96;
const CACHE_SLOTS = 2048;
const cache: (string | undefined)[] = Array.from({ length: CACHE_SLOTS });

/** The ASCII text at a place, the same object as before where it can be; undefined when it is not ASCII. */
function cachedText(bytes: Uint8Array, from: number, size: number): string | undefined {
  let hash = 0x811c9dc5 ^ size;
  let any = 0;
  for (let i = from; i < from + size; i++) {
    const byte = bytes[i] ?? 0;
    any |= byte;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  if (any >= 0x80) return undefined;
  const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
  const known = cache[slot];
  if (known?.length === size) {
    let i = 0;
    while (i < size && known.charCodeAt(i) === bytes[from + i]) i += 1;
    if (i === size) return known;
  }
  const made = Buffer.from(bytes.buffer, bytes.byteOffset + from, size).toString('latin1');
  cache[slot] = made;
  return made;
}

/** Walks protobuf wire format over bytes; every read is bounded by `end`. https://protobuf.dev/programming-guides/encoding */
export class ProtoReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  #end: number;
  #low = 0;
  #high = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.length;
  }
  get more(): boolean {
    return this.#at < this.#end;
  }
  /** The next field's tag: field number times 8 plus wire type. */
  tag(): number {
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw new OtlpError('field number 0 in protobuf');
    return tag;
  }
  /** Goes into a length-delimited field: reads end where it ends. Give what it returns to `leave`. */
  enter(): number {
    const size = this.#size();
    const outer = this.#end;
    this.#end = this.#at + size;
    return outer;
  }
  leave(outer: number): void {
    if (this.#at !== this.#end) throw new OtlpError('a protobuf field runs over the end of its message');
    this.#end = outer;
  }
  bytes(): Uint8Array {
    const size = this.#size();
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
  /** A string field; invalid UTF-8 is an error, as protobuf asks. */
  text(): string {
    const size = this.#size();
    const from = this.#at;
    this.#at += size;
    if (size === 0) return '';
    const known = size <= CACHED_BYTES_MAX ? cachedText(this.#bytes, from, size) : undefined;
    if (known !== undefined) return known;
    try {
      return utf8.decode(this.#bytes.subarray(from, this.#at));
    } catch (error) {
      throw new OtlpError('a string field is not valid UTF-8', { cause: error });
    }
  }
  uint32(): number {
    this.#varint();
    return this.#low;
  }
  bool(): boolean {
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }
  int64(): bigint {
    this.#varint();
    if (this.#high === 0) return BigInt(this.#low);
    return BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low));
  }
  fixed32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }
  fixed64(): bigint {
    this.#need(8);
    this.#at += 8;
    return this.#view.getBigUint64(this.#at - 8, true);
  }
  double(): number {
    this.#need(8);
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }
  skip(tag: number): void {
    switch (tag & 7) {
      case 0: return void this.#varint();
      case 1: return void this.fixed64();
      case 2: return void this.bytes();
      case 5: return void this.fixed32();
      default: throw new OtlpError(`wire type ${tag & 7} in protobuf`);
    }
  }
  #need(count: number): void {
    if (this.#at + count > this.#end) throw new OtlpError('the protobuf ends within a field');
  }
  #size(): number {
    const size = this.uint32();
    this.#need(size);
    return size;
  }
  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      this.#need(1);
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high |= part >>> 4;
      } else high |= part << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new OtlpError('a varint of more than 10 bytes');
  }
}
