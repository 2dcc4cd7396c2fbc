import { OtlpError } from './otlp-types.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

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
  /** Runs `body` over the bytes of one length-delimited field. */
  message(body: (reader: ProtoReader) => void): void {
    const size = this.#size();
    const outer = this.#end;
    this.#end = this.#at + size;
    body(this);
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
    const bytes = this.#bytes;
    if (size <= 24) {
      let short = '';
      let i = from;
      for (; i < this.#at && (bytes[i] ?? 0) < 0x80; i++) short += String.fromCharCode(bytes[i] ?? 0);
      if (i === this.#at) return short;
    }
    try {
      return utf8.decode(bytes.subarray(from, this.#at));
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
