import { sealFrame } from './frame.ts';
import type { Frame } from './frame.ts';
import { Cells, decodeValues, encodeValues } from './value-codec.ts';

/** Columns (scrapes) held as plain numbers before the older half is sealed: at one scrape a second the last minute is always plain. */
export const OPEN_COLUMNS = 128;
export const SEAL_COLUMNS = 64;

/** Samples read for one series, in order of time; `stale[i]` marks the end of the series rather than a value. */
export class SampleBuffer {
  times = new Float64Array(512);
  values = new Float64Array(512);
  stale = new Uint8Array(512);
  n = 0;
  room(count: number): void {
    const size = this.times.length;
    if (this.n + count <= size) return;
    const grown = Math.max(size * 2, this.n + count);
    const times = new Float64Array(grown);
    times.set(this.times);
    this.times = times;
    const values = new Float64Array(grown);
    values.set(this.values);
    this.values = values;
    const stale = new Uint8Array(grown);
    stale.set(this.stale);
    this.stale = stale;
  }
}

/** First index of `times[0..n)` that is greater than t. */
export function after(times: Float64Array, n: number, t: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) > t) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Series that share their times, as those of one scrape target do: the newest columns in plain cells, older ones in sealed frames. */
export class Chain {
  readonly id: number;
  readonly key: string;
  /** The series of each slot; slots are never given to another series. */
  readonly refs: number[] = [];
  readonly frames: Frame[] = [];
  readonly times = new Float64Array(OPEN_COLUMNS);
  count = 0;
  cells: Cells;
  #slotsMax: number;
  /** False once the target is gone: nothing is appended any more. */
  live = true;
  constructor(id: number, key: string, slotsHint = 16) {
    this.id = id;
    this.key = key;
    this.#slotsMax = slotsHint;
    this.cells = new Cells(slotsHint * OPEN_COLUMNS);
  }
  get lastTime(): number {
    return this.count > 0 ? (this.times[this.count - 1] ?? 0) : (this.frames.at(-1)?.maxTime ?? Number.NEGATIVE_INFINITY);
  }
  get openTime(): number {
    return this.count > 0 ? (this.times[0] ?? 0) : Number.POSITIVE_INFINITY;
  }
  addSlot(ref: number): number {
    const slot = this.refs.length;
    this.refs.push(ref);
    if (slot >= this.#slotsMax) {
      this.#slotsMax = slot + Math.max(16, slot >>> 1);
      const grown = new Cells(this.#slotsMax * OPEN_COLUMNS);
      grown.words.set(this.cells.words);
      this.cells = grown;
    }
    for (let i = 0; i < this.count; i++) this.cells.setAbsent(slot * OPEN_COLUMNS + i);
    return slot;
  }
  /** Opens a column at time t (later than all before); every cell of it is absent until set. Returns its index and what had to be sealed first. */
  open(t: number): { readonly column: number; readonly sealed: Frame | undefined } {
    const sealed = this.count === OPEN_COLUMNS ? this.seal(SEAL_COLUMNS) : undefined;
    const column = this.count;
    this.times[column] = t;
    for (let slot = 0; slot < this.refs.length; slot++) this.cells.setAbsent(slot * OPEN_COLUMNS + column);
    this.count = column + 1;
    return { column, sealed };
  }
  /** Takes the newest column back. */
  drop(): void {
    this.count -= 1;
  }
  /** Seals the oldest columns into a frame. */
  seal(columns: number): Frame | undefined {
    if (columns === 0) return undefined;
    const frame = sealFrame(this.times, columns, this.refs.length, (out, slot) => encodeValues(out, this.cells, slot * OPEN_COLUMNS, columns));
    const left = this.count - columns;
    this.times.copyWithin(0, columns, this.count);
    for (let slot = 0; slot < this.refs.length; slot++) {
      const from = slot * OPEN_COLUMNS;
      this.cells.words.copyWithin(from * 2, (from + columns) * 2, (from + this.count) * 2); // words: the markers' bits stay as they are
    }
    this.count = left;
    this.frames.push(frame);
    return frame;
  }
  /** Gives the memory of the open columns back; the chain is only read from now on. */
  release(): void {
    this.cells = new Cells(0);
    this.#slotsMax = 0;
  }
  /** Memory of the open columns, bytes. */
  get openBytes(): number {
    return this.cells.values.length * 8;
  }

  /** Appends one slot's samples with from < t <= to. */
  readOpen(slot: number, from: number, to: number, out: SampleBuffer): void {
    const first = after(this.times, this.count, from);
    const end = after(this.times, this.count, to);
    appendCells(this.cells, slot * OPEN_COLUMNS, this.times, first, end, out);
  }
  /** The newest sample of a slot with from < t <= to, as column; -1 when there is none. */
  newestOpen(slot: number, from: number, to: number): number {
    for (let i = after(this.times, this.count, to) - 1; i >= 0 && (this.times[i] ?? 0) > from; i--) {
      const at = slot * OPEN_COLUMNS + i;
      const v = this.cells.values[at] ?? 0;
      if (v === v || !this.cells.isAbsent(at)) return i;
    }
    return -1;
  }
}

function appendCells(cells: Cells, base: number, times: Float64Array, first: number, end: number, out: SampleBuffer): void {
  out.room(end - first);
  let n = out.n;
  for (let i = first; i < end; i++) {
    const v = cells.values[base + i] ?? 0;
    let stale = 0;
    if (v !== v) {
      if (cells.isAbsent(base + i)) continue;
      if (cells.isStale(base + i)) stale = 1;
    }
    out.times[n] = times[i] ?? 0;
    out.values[n] = v;
    out.stale[n] = stale;
    n += 1;
  }
  out.n = n;
}

const frameCells = new Cells(256);
/** Appends the samples of one slot of a frame that is in memory, with from < t <= to. */
export function readFrame(frame: Frame, slot: number, from: number, to: number, out: SampleBuffer): void {
  if (slot >= frame.slots || frame.bytes === undefined) return;
  const times = frame.times();
  const start = frame.offset(slot);
  const end = frame.offset(slot + 1);
  if (start === end) return;
  decodeValues(frame.bytes, start, end, frameCells, 0, times.length);
  appendCells(frameCells, 0, times, after(times, times.length, from), after(times, times.length, to), out);
}
