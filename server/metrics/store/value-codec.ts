/**
 * One series' values of one frame as bytes. The cells of a frame are doubles; two NaN patterns mean "no sample here" and "stale".
 * Integers (counters) are packed as differences of differences, the rest as XOR with the one before (Gorilla, VLDB 2015 §4.1.2).
 */
const STALE_HIGH = 0x7ff00000;
/** Low words of the two markers; 2 is Prometheus's own stale marker. */
const STALE_LOW = 2;
const ABSENT_LOW = 3;
/** Byte order of the machine: where the high word of a double stands. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;

/** Samples of a frame at most; masks and counts are made for it. */
export const FRAME_SAMPLES_MAX = 240;
/** Integers up to this size keep their differences of differences exact. */
const INTEGER_MAX = 2 ** 49;

export const KIND = { constantInteger: 1, constantDouble: 2, integers: 3, doubles: 4 } as const;
const MASKED = 0x80;

/** A column of cells with both views of its memory. */
export class Cells {
  readonly values: Float64Array;
  readonly words: Uint32Array;
  constructor(length: number) {
    this.values = new Float64Array(length);
    this.words = new Uint32Array(this.values.buffer);
  }
  setStale(at: number): void {
    this.words[at * 2 + HIGH] = STALE_HIGH;
    this.words[at * 2 + LOW] = STALE_LOW;
  }
  setAbsent(at: number): void {
    this.words[at * 2 + HIGH] = STALE_HIGH;
    this.words[at * 2 + LOW] = ABSENT_LOW;
  }
  /** Stores a number; a NaN that looks like a marker becomes an ordinary NaN. */
  set(at: number, v: number): void {
    this.values[at] = Number.isNaN(v) ? Number.NaN : v;
  }
  isStale(at: number): boolean {
    return this.words[at * 2 + LOW] === STALE_LOW && this.words[at * 2 + HIGH] === STALE_HIGH;
  }
  isAbsent(at: number): boolean {
    return this.words[at * 2 + LOW] === ABSENT_LOW && this.words[at * 2 + HIGH] === STALE_HIGH;
  }
}

/** Grows as it is written. */
export class ByteWriter {
  bytes: Uint8Array;
  at = 0;
  #view: DataView;
  constructor(size = 4096) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }
  reset(): void {
    this.at = 0;
  }
  finish(): Uint8Array {
    return this.bytes.slice(0, this.at);
  }
  room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.at + count));
    grown.set(this.bytes.subarray(0, this.at));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
  byte(v: number): void {
    this.room(1);
    this.bytes[this.at++] = v;
  }
  double(v: number): void {
    this.room(8);
    this.#view.setFloat64(this.at, v, true);
    this.at += 8;
  }
  uint32(v: number): void {
    this.room(4);
    this.#view.setUint32(this.at, v, true);
    this.at += 4;
  }
  /** An unsigned integer up to 2^53. */
  varint(v: number): void {
    this.room(8);
    let rest = v;
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.at++] = rest;
  }
  /** A signed integer up to 2^52. */
  zigzag(v: number): void {
    this.varint(v < 0 ? -v * 2 - 1 : v * 2);
  }
  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
  text(v: string): void {
    const bytes = Buffer.from(v, 'utf8');
    this.varint(bytes.length);
    this.raw(bytes);
  }
}

/** Reads what ByteWriter wrote; throws RangeError past the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;
  #lazyView: DataView | undefined;
  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }
  get #view(): DataView {
    return (this.#lazyView ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength));
  }
  byte(): number {
    if (this.at >= this.end) throw new RangeError('past the end of the bytes');
    return this.bytes[this.at++] ?? 0;
  }
  double(): number {
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }
  uint32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }
  varint(): number {
    let v = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      v += (byte & 0x7f) * scale;
      if (byte < 0x80) return v;
      if (scale > 2 ** 53) throw new RangeError('a varint that is too long');
    }
  }
  zigzag(): number {
    const v = this.varint();
    return v % 2 === 0 ? v / 2 : -(v + 1) / 2;
  }
  raw(count: number): Uint8Array {
    if (this.at + count > this.end) throw new RangeError('past the end of the bytes');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
  text(): string {
    const bytes = this.raw(this.varint());
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }
}

const present = new Float64Array(FRAME_SAMPLES_MAX);

/** Appends the cells [from, from + count) of one series; nothing at all when none holds a sample or marker. */
export function encodeValues(out: ByteWriter, cells: Cells, from: number, count: number): void {
  let n = 0;
  let marked = false;
  let stale = false;
  let integers = true;
  let constant = true;
  for (let i = 0; i < count; i++) {
    const v = cells.values[from + i] ?? 0;
    if (v !== v && cells.isAbsent(from + i)) {
      marked = true;
      continue;
    }
    if (v !== v && cells.isStale(from + i)) {
      stale = true;
      continue;
    }
    present[n] = v;
    if (integers && !(Number.isInteger(v) && v <= INTEGER_MAX && v >= -INTEGER_MAX && !(v === 0 && Object.is(v, -0)))) integers = false;
    if (constant && n > 0 && !Object.is(v, present[0])) constant = false;
    n += 1;
  }
  if (n === 0 && !stale) return;
  const masked = marked || stale;
  const kind = constant && n > 0 ? (integers ? KIND.constantInteger : KIND.constantDouble) : integers ? KIND.integers : KIND.doubles;
  out.byte(masked ? kind | MASKED : kind);
  if (masked) writeMasks(out, cells, from, count);
  if (n === 0) return;
  if (kind === KIND.constantInteger) out.zigzag(present[0] ?? 0);
  else if (kind === KIND.constantDouble) out.double(present[0] ?? 0);
  else if (kind === KIND.integers) encodeIntegers(out, n);
  else encodeDoubles(out, n);
}
/** Two bits a cell: 0 a sample, 1 absent, 2 stale. */
function writeMasks(out: ByteWriter, cells: Cells, from: number, count: number): void {
  for (let i = 0; i < count; i += 4) {
    let byte = 0;
    for (let j = 0; j < 4 && i + j < count; j++) {
      const at = from + i + j;
      const v = cells.values[at] ?? 0;
      if (v !== v) byte |= (cells.isAbsent(at) ? 1 : cells.isStale(at) ? 2 : 0) << (j * 2);
    }
    out.byte(byte);
  }
}
/** First value, first difference, then differences of differences in as many bits as the largest needs. */
function encodeIntegers(out: ByteWriter, n: number): void {
  let before = present[0] ?? 0;
  out.zigzag(before);
  if (n === 1) return;
  let delta = (present[1] ?? 0) - before;
  out.zigzag(delta);
  let largest = 0;
  before = present[1] ?? 0;
  for (let i = 2; i < n; i++) {
    const next = (present[i] ?? 0) - before;
    const dod = next - delta;
    const zigzag = dod < 0 ? -dod * 2 - 1 : dod * 2;
    if (zigzag > largest) largest = zigzag;
    before = present[i] ?? 0;
    delta = next;
  }
  const width = largest >= 2 ** 31 ? 0xff : 32 - Math.clz32(largest);
  out.byte(width);
  if (n === 2 || width === 0) return;
  const bits = width === 0xff ? undefined : new BitWriter(out);
  before = present[1] ?? 0;
  delta = before - (present[0] ?? 0);
  for (let i = 2; i < n; i++) {
    const next = (present[i] ?? 0) - before;
    const dod = next - delta;
    if (bits === undefined) out.zigzag(dod);
    else bits.write(dod < 0 ? -dod * 2 - 1 : dod * 2, width);
    before = present[i] ?? 0;
    delta = next;
  }
  bits?.flush();
}

class BitWriter {
  readonly #out: ByteWriter;
  #byte = 0;
  #free = 8;
  constructor(out: ByteWriter) {
    this.#out = out;
  }
  /** The low `count` (at most 32) bits of v, high bit first. */
  write(v: number, count: number): void {
    let left = count;
    while (left > 0) {
      const take = Math.min(left, this.#free);
      this.#byte |= ((v >>> (left - take)) & ((1 << take) - 1)) << (this.#free - take);
      this.#free -= take;
      left -= take;
      if (this.#free === 0) this.flush();
    }
  }
  flush(): void {
    if (this.#free === 8) return;
    this.#out.byte(this.#byte);
    this.#byte = 0;
    this.#free = 8;
  }
}
class BitReader {
  readonly #in: ByteReader;
  #byte = 0;
  #left = 0;
  constructor(from: ByteReader) {
    this.#in = from;
  }
  read(count: number): number {
    let v = 0;
    let left = count;
    while (left > 0) {
      if (this.#left === 0) {
        this.#byte = this.#in.byte();
        this.#left = 8;
      }
      const take = Math.min(left, this.#left);
      v = ((v << take) | ((this.#byte >>> (this.#left - take)) & ((1 << take) - 1))) >>> 0;
      this.#left -= take;
      left -= take;
    }
    return v;
  }
}

const scratch = new Cells(2);
function encodeDoubles(out: ByteWriter, n: number): void {
  const bits = new BitWriter(out);
  let lead = -1;
  let trail = 0;
  scratch.values[0] = present[0] ?? 0;
  bits.write(scratch.words[HIGH] ?? 0, 32);
  bits.write(scratch.words[LOW] ?? 0, 32);
  for (let i = 1; i < n; i++) {
    scratch.values[0] = present[i - 1] ?? 0;
    scratch.values[1] = present[i] ?? 0;
    const high = ((scratch.words[HIGH] ?? 0) ^ (scratch.words[2 + HIGH] ?? 0)) >>> 0;
    const low = ((scratch.words[LOW] ?? 0) ^ (scratch.words[2 + LOW] ?? 0)) >>> 0;
    if (high === 0 && low === 0) {
      bits.write(0, 1);
      continue;
    }
    const zerosLead = Math.min(31, high === 0 ? 32 + Math.clz32(low) : Math.clz32(high));
    const zerosTrail = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low);
    if (lead >= 0 && zerosLead >= lead && zerosTrail >= trail) bits.write(0b10, 2);
    else {
      lead = zerosLead;
      trail = zerosTrail;
      bits.write(0b11, 2);
      bits.write(lead, 5);
      bits.write(64 - lead - trail - 1, 6);
    }
    const size = 64 - lead - trail;
    const [upper, lower] = shiftRight(high, low, trail);
    if (size > 32) bits.write(upper, size - 32);
    bits.write(lower, Math.min(32, size));
  }
  bits.flush();
}
const trailingZeros = (v: number): number => 31 - Math.clz32(v & -v);
const shiftRight = (high: number, low: number, by: number): readonly [number, number] =>
  by === 0 ? [high, low] : by >= 32 ? [0, high >>> (by - 32)] : [high >>> by, ((low >>> by) | (high << (32 - by))) >>> 0];
const shiftLeft = (high: number, low: number, by: number): readonly [number, number] =>
  by === 0 ? [high, low] : by >= 32 ? [(low << (by - 32)) >>> 0, 0] : [((high << by) | (low >>> (32 - by))) >>> 0, (low << by) >>> 0];

const mask = new Uint8Array(FRAME_SAMPLES_MAX);
/** Writes `count` cells into `cells` at `at`; the bytes [from, end) are what encodeValues appended. Nothing there: all absent. */
export function decodeValues(bytes: Uint8Array, from: number, end: number, cells: Cells, at: number, count: number): void {
  if (from === end) {
    for (let i = 0; i < count; i++) cells.setAbsent(at + i);
    return;
  }
  const r = new ByteReader(bytes, from, end);
  const head = r.byte();
  let n = count;
  if ((head & MASKED) !== 0) {
    for (let i = 0; i < count; i += 4) {
      const byte = r.byte();
      for (let j = 0; j < 4 && i + j < count; j++) {
        mask[i + j] = (byte >>> (j * 2)) & 3;
        if (mask[i + j] !== 0) n -= 1;
      }
    }
  }
  if (n > 0) decodePresent(r, head & 0x7f, n);
  if (n === count) {
    for (let i = 0; i < n; i++) cells.values[at + i] = present[i] ?? 0;
    return;
  }
  for (let i = 0, next = 0; i < count; i++) {
    if (mask[i] === 1) cells.setAbsent(at + i);
    else if (mask[i] === 2) cells.setStale(at + i);
    else cells.values[at + i] = present[next++] ?? 0;
  }
}
function decodePresent(r: ByteReader, kind: number, n: number): void {
  if (kind === KIND.constantInteger) present.fill(r.zigzag(), 0, n);
  else if (kind === KIND.constantDouble) present.fill(r.double(), 0, n);
  else if (kind === KIND.integers) decodeIntegers(r, n);
  else decodeDoubles(r, n);
}
function decodeIntegers(r: ByteReader, n: number): void {
  let v = r.zigzag();
  present[0] = v;
  if (n === 1) return;
  let delta = r.zigzag();
  v += delta;
  present[1] = v;
  const width = r.byte();
  if (width > 0 && width <= 24) return decodePacked(r, n, v, delta, width);
  const bits = width === 0xff || width === 0 ? undefined : new BitReader(r);
  for (let i = 2; i < n; i++) {
    if (bits !== undefined) {
      const zigzag = bits.read(width);
      delta += (zigzag & 1) === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    } else if (width !== 0) delta += r.zigzag();
    v += delta;
    present[i] = v;
  }
}
/** The usual case, kept tight: a window of bits that is filled byte by byte. */
function decodePacked(r: ByteReader, n: number, start: number, startDelta: number, width: number): void {
  const { bytes } = r;
  let { at } = r;
  let v = start;
  let delta = startDelta;
  let window = 0;
  let bits = 0;
  for (let i = 2; i < n; i++) {
    while (bits < width) {
      window = (window << 8) | (bytes[at++] ?? 0);
      bits += 8;
    }
    bits -= width;
    const zigzag = window >>> bits;
    window &= (1 << bits) - 1;
    delta += (zigzag >>> 1) ^ -(zigzag & 1);
    v += delta;
    present[i] = v;
  }
  r.at = at;
}
function decodeDoubles(r: ByteReader, n: number): void {
  const bits = new BitReader(r);
  let high = bits.read(32);
  let low = bits.read(32);
  let lead = 0;
  let trail = 0;
  for (let i = 0; i < n; i++) {
    if (i > 0 && bits.read(1) === 1) {
      if (bits.read(1) === 1) {
        lead = bits.read(5);
        trail = 64 - lead - (bits.read(6) + 1);
      }
      const size = 64 - lead - trail;
      const upper = size > 32 ? bits.read(size - 32) : 0;
      const [h, l] = shiftLeft(upper, bits.read(Math.min(32, size)), trail);
      high = (high ^ h) >>> 0;
      low = (low ^ l) >>> 0;
    }
    scratch.words[HIGH] = high;
    scratch.words[LOW] = low;
    present[i] = scratch.values[0] ?? 0;
  }
}
