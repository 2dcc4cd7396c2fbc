import { ByteReader, ByteWriter } from './value-codec.ts';

/** Where a frame's bytes are on disk: the segment file, the offset of the record's payload and its length. */
export type FramePlace = { readonly segment: number; readonly offset: number; readonly length: number };

/**
 * Samples of every series of one chain over a stretch of time, sealed: one list of times shared by all, then each slot's values.
 * Layout: count, first time, time differences, slot count, length of each slot's values, values.
 */
export class Frame {
  readonly minTime: number;
  readonly maxTime: number;
  readonly slots: number;
  readonly bytesLength: number;
  place: FramePlace | undefined;
  #bytes: Uint8Array | undefined;
  #times: Float64Array | undefined;
  #offsets: Uint32Array | undefined;
  constructor(head: { readonly minTime: number; readonly maxTime: number; readonly slots: number }, bytes: Uint8Array | undefined, place: FramePlace | undefined) {
    this.minTime = head.minTime;
    this.maxTime = head.maxTime;
    this.slots = head.slots;
    this.bytesLength = bytes?.length ?? place?.length ?? 0;
    this.place = place;
    this.#bytes = bytes;
  }
  get resident(): boolean {
    return this.#bytes !== undefined;
  }
  /** Gives the memory back; only a frame that is on disk can be read again. */
  release(): void {
    this.#bytes = undefined;
    this.#times = undefined;
    this.#offsets = undefined;
  }
  load(bytes: Uint8Array): void {
    this.#bytes = bytes;
  }
  get bytes(): Uint8Array | undefined {
    return this.#bytes;
  }
  #open(): void {
    if (this.#bytes === undefined) throw new Error('the frame is not in memory');
    const r = new ByteReader(this.#bytes);
    const { times, slots } = readHead(r);
    const offsets = new Uint32Array(slots + 1);
    let at = 0;
    for (let i = 0; i < slots; i++) {
      offsets[i] = at;
      at += r.varint();
    }
    offsets[slots] = at;
    for (let i = 0; i <= slots; i++) offsets[i] = (offsets[i] ?? 0) + r.at;
    this.#times = times;
    this.#offsets = offsets;
  }
  times(): Float64Array {
    if (this.#times === undefined) this.#open();
    return this.#times ?? new Float64Array(0);
  }
  /** First byte of a slot's values; slot + 1 gives their end. Slots that came later have none. */
  offset(slot: number): number {
    if (this.#offsets === undefined) this.#open();
    return this.#offsets?.[Math.min(slot, this.slots)] ?? 0;
  }
}

function readHead(r: ByteReader): { readonly times: Float64Array; readonly slots: number } {
  const count = r.varint();
  const times = new Float64Array(count);
  let t = r.double();
  let delta = 0;
  for (let i = 0; i < count; i++) {
    if (i > 0) {
      delta += r.zigzag();
      t += delta;
    }
    times[i] = t;
  }
  return { times, slots: r.varint() };
}

const values = new ByteWriter(1 << 16);
/** Seals columns [0, count) of a chain: `encode` appends one slot's values. */
export function sealFrame(times: Float64Array, count: number, slots: number, encode: (out: ByteWriter, slot: number) => void): Frame {
  const out = new ByteWriter(64 + slots * 2);
  out.varint(count);
  out.double(times[0] ?? 0);
  let before = times[0] ?? 0;
  let delta = 0;
  for (let i = 1; i < count; i++) {
    const next = (times[i] ?? 0) - before;
    out.zigzag(next - delta);
    delta = next;
    before = times[i] ?? 0;
  }
  out.varint(slots);
  values.reset();
  for (let slot = 0; slot < slots; slot++) {
    const from = values.at;
    encode(values, slot);
    out.varint(values.at - from);
  }
  out.raw(values.bytes.subarray(0, values.at));
  return new Frame({ minTime: times[0] ?? 0, maxTime: times[count - 1] ?? 0, slots }, out.finish(), undefined);
}

/** The head of a frame read from disk; throws RangeError when the bytes are none. */
export function openFrame(bytes: Uint8Array, place: FramePlace | undefined, keep: boolean): Frame {
  const { times, slots } = readHead(new ByteReader(bytes));
  if (times.length === 0) throw new RangeError('a frame without samples');
  return new Frame({ minTime: times[0] ?? 0, maxTime: times[times.length - 1] ?? 0, slots }, keep ? Uint8Array.from(bytes) : undefined, place);
}
