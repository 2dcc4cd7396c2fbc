/** Builds protobuf bytes in one growing buffer; nested messages leave room for their length and are moved when it needs more than one byte. */
export class ProtoWriter {
  #bytes: Buffer;
  #at = 0;
  constructor(sizeHint = 1024) {
    this.#bytes = Buffer.allocUnsafe(sizeHint);
  }
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
  #room(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + count));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
  varint(v: number): void {
    this.#room(5);
    let rest = v >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }
  int64(field: number, v: bigint): void {
    this.varint(field << 3);
    this.#room(10);
    let rest = BigInt.asUintN(64, v);
    while (rest > 0x7fn) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }
  uint32(field: number, v: number): void {
    this.varint(field << 3);
    this.varint(v);
  }
  fixed32(field: number, v: number): void {
    this.varint((field << 3) | 5);
    this.#room(4);
    this.#at = this.#bytes.writeUInt32LE(v >>> 0, this.#at);
  }
  fixed64(field: number, v: bigint): void {
    this.varint((field << 3) | 1);
    this.#room(8);
    this.#at = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, v), this.#at);
  }
  double(field: number, v: number): void {
    this.varint((field << 3) | 1);
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(v, this.#at);
  }
  bytes(field: number, v: Uint8Array): void {
    this.varint((field << 3) | 2);
    this.varint(v.length);
    this.#room(v.length);
    this.#bytes.set(v, this.#at);
    this.#at += v.length;
  }
  hex(field: number, v: string): void {
    const size = v.length >> 1;
    this.varint((field << 3) | 2);
    this.varint(size);
    this.#room(size);
    this.#at += this.#bytes.write(v, this.#at, size, 'hex');
  }
  text(field: number, v: string): void {
    this.varint((field << 3) | 2);
    this.#room(v.length * 3 + 5);
    if (v.length < 43) { // at most 127 bytes: the length takes one
      const size = this.#bytes.write(v, this.#at + 1, 'utf8');
      this.#bytes[this.#at] = size;
      this.#at += size + 1;
      return;
    }
    this.varint(Buffer.byteLength(v));
    this.#at += this.#bytes.write(v, this.#at, 'utf8');
  }
  /** Begins a nested message; give what it returns to `end`. */
  begin(field: number): number {
    this.varint((field << 3) | 2);
    const from = this.#at;
    this.#room(1);
    this.#at += 1;
    return from;
  }
  end(from: number): void {
    const size = this.#at - from - 1;
    if (size < 0x80) {
      this.#bytes[from] = size;
      return;
    }
    const extra = size < 0x4000 ? 1 : size < 0x20_0000 ? 2 : size < 0x1000_0000 ? 3 : 4;
    this.#room(extra);
    this.#bytes.copyWithin(from + 1 + extra, from + 1, this.#at);
    const end = this.#at + extra;
    this.#at = from;
    this.varint(size);
    this.#at = end;
  }
  message(field: number, body: (writer: ProtoWriter) => void): void {
    const from = this.begin(field);
    body(this);
    this.end(from);
  }
}
