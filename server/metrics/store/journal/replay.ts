import { OPEN_COLUMNS } from '../chain.ts';
import type { Chain } from '../chain.ts';
import { openFrame } from '../frame.ts';
import type { Frame } from '../frame.ts';
import type { SeriesStore } from '../series-store.ts';
import { ByteReader } from '../value-codec.ts';
import { CatalogueReader, RECORD } from './catalogue-codec.ts';
import { copyCell, LastCells, readColumnCells, readColumnHead } from './column-codec.ts';
import { readRecords } from './record-file.ts';

/**
 * Reads segments and then the write-ahead log back into an empty store. Columns that a segment holds already are passed over. Where a
 * segment lost its end and a later one did not (a power cut, a failed sync), the log fills the hole between their frames.
 */
export class Replay {
  readonly #store: SeriesStore;
  readonly #written = new Set<number>();
  /** Frames put aside while the hole before them is filled. */
  readonly #later = new Map<Chain, readonly Frame[]>();
  constructor(store: SeriesStore) {
    this.#store = store;
  }
  segment(number: number, path: string): { readonly size: number; readonly torn: number; readonly maxTime: number } {
    const catalogue = new CatalogueReader(this.#store);
    let maxTime = 0;
    const outcome = readRecords(path, (bytes, offset) => {
      const r = new ByteReader(bytes);
      const kind = r.byte();
      if (kind === RECORD.chain) catalogue.chain(r);
      else if (kind === RECORD.series) catalogue.series(r);
      else if (kind === RECORD.frame) {
        const chain = this.#store.chains.get(r.varint());
        if (chain === undefined) return;
        const place = { segment: number, offset: offset + r.at, length: bytes.length - r.at };
        maxTime = Math.max(maxTime, this.#frame(chain, bytes.subarray(r.at), place));
      }
    });
    return { ...outcome, maxTime };
  }
  #frame(chain: Chain, bytes: Uint8Array, place: { readonly segment: number; readonly offset: number; readonly length: number }): number {
    const frame = openFrame(bytes, place, true);
    const next = chain.frames.findLastIndex((known) => known.minTime <= frame.minTime) + 1;
    if ((chain.frames[next - 1]?.maxTime ?? Number.NEGATIVE_INFINITY) >= frame.minTime || (chain.frames[next]?.minTime ?? Number.POSITIVE_INFINITY) <= frame.maxTime) return frame.maxTime; // written twice
    for (let slot = 0; slot < frame.slots; slot++) {
      const ref = chain.refs[slot];
      if (ref === undefined || frame.offset(slot) === frame.offset(slot + 1)) continue;
      this.#store.touch(ref, frame.minTime);
      this.#store.touch(ref, frame.maxTime);
    }
    frame.release();
    chain.frames.splice(next, 0, frame);
    return frame.maxTime;
  }
  wal(path: string): { readonly size: number; readonly torn: number; readonly lastTime: number; readonly columns: number } {
    const catalogue = new CatalogueReader(this.#store);
    const last = new LastCells();
    let lastTime = 0;
    let columns = 0;
    const outcome = readRecords(path, (bytes) => {
      const r = new ByteReader(bytes);
      const kind = r.byte();
      if (kind === RECORD.chain) catalogue.chain(r);
      else if (kind === RECORD.series) catalogue.series(r);
      else if (kind === RECORD.column) {
        const { chainId, time, slots } = readColumnHead(r);
        const chain = this.#store.chains.get(chainId);
        if (chain === undefined) return;
        const cells = readColumnCells(r, chain, slots, last);
        lastTime = Math.max(lastTime, time);
        if (!this.#makeRoom(chain, time)) return;
        columns += 1;
        this.#written.add(chainId);
        const { column, sealed } = chain.open(time);
        this.#store.sealed(chain, sealed);
        for (let slot = 0; slot < Math.min(slots, chain.refs.length); slot++) {
          copyCell(cells, slot, chain.cells, slot * OPEN_COLUMNS + column);
          const v = cells.values[slot] ?? 0;
          if (v === v || !cells.isAbsent(slot)) this.#store.touch(chain.refs[slot] ?? 0, time);
        }
      }
    });
    return { ...outcome, lastTime, columns };
  }
  /** Whether a column is still missing; then it can be appended. */
  #makeRoom(chain: Chain, time: number): boolean {
    const later = this.#later.get(chain)?.[0];
    if (later !== undefined && time >= later.minTime) this.#fill(chain);
    if (time > chain.lastTime) return true;
    const i = chain.frames.findLastIndex((frame) => frame.minTime <= time);
    if (chain.count > 0 || (chain.frames[i]?.maxTime ?? Number.NEGATIVE_INFINITY) >= time) return false;
    this.#later.set(chain, chain.frames.splice(i + 1));
    return true;
  }
  /** The hole ends: what it held is sealed, and the frames behind it follow. */
  #fill(chain: Chain): void {
    this.#store.sealed(chain, chain.seal(chain.count));
    chain.frames.push(...(this.#later.get(chain) ?? []));
    this.#later.delete(chain);
  }
  /** Chains without an open column are history. */
  finish(): void {
    for (const chain of this.#later.keys()) this.#fill(chain);
    for (const chain of this.#store.chains.values()) {
      if (this.#written.has(chain.id) && chain.count > 0) continue;
      chain.live = false;
      chain.release();
    }
  }
}
