/** First size of the buffer, bytes; it doubles. */
const START_BYTES = 4096;

/** Writes protobuf from the end to the front: the length of a nested message is known when its tag is due, so nothing is measured twice or moved. */
export class ReverseWriter {
  #bytes = Buffer.allocUnsafe(START_BYTES);
  #at = START_BYTES;

  /** Bytes written so far. */
  get size(): number {
    return this.#bytes.length - this.#at;
  }
  /** What was written, as its own buffer. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#at));
  }
  /** The bytes written last, as their own buffer. */
  last(count: number): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#at, this.#at + count));
  }
  reset(): void {
    this.#at = this.#bytes.length;
  }
  #room(count: number): void {
    if (this.#at >= count) return;
    const size = this.size;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, size + count));
    this.#bytes.copy(grown, grown.length - size, this.#at);
    this.#at = grown.length - size;
    this.#bytes = grown;
  }
  byte(v: number): void {
    this.#room(1);
    this.#bytes[--this.#at] = v;
  }
  /** A varint of up to 32 bits. */
  varint(v: number): void {
    let rest = v >>> 0;
    const count = rest < 0x80 ? 1 : rest < 0x4000 ? 2 : rest < 0x20_0000 ? 3 : rest < 0x1000_0000 ? 4 : 5;
    this.#room(count);
    this.#at -= count;
    let at = this.#at;
    while (rest > 0x7f) {
      this.#bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[at] = rest;
  }
  varint64(v: bigint): void {
    let rest = BigInt.asUintN(64, v);
    const parts: number[] = [];
    while (rest > 0x7fn) {
      parts.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    parts.push(Number(rest));
    this.#room(parts.length);
    this.#at -= parts.length;
    this.#bytes.set(parts, this.#at);
  }
  fixed32(v: number): void {
    this.#room(4);
    this.#at -= 4;
    this.#bytes.writeInt32LE(v | 0, this.#at);
  }
  fixed64(v: bigint): void {
    this.#room(8);
    this.#at -= 8;
    this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, v), this.#at);
  }
  float(v: number): void {
    this.#room(4);
    this.#at -= 4;
    this.#bytes.writeFloatLE(v, this.#at);
  }
  double(v: number): void {
    this.#room(8);
    this.#at -= 8;
    this.#bytes.writeDoubleLE(v, this.#at);
  }
  /** Raw bytes without a length. */
  raw(v: Uint8Array): void {
    this.#room(v.length);
    this.#at -= v.length;
    this.#bytes.set(v, this.#at);
  }
  /** A string with its length. */
  text(v: string): void {
    const size = Buffer.byteLength(v);
    this.#room(size + 5);
    this.#at -= size;
    this.#bytes.write(v, this.#at, size, 'utf8');
    this.varint(size);
  }
}
