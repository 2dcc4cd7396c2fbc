import { OPEN_COLUMNS } from './chain.ts';
import type { Chain } from './chain.ts';
import type { SeriesStore } from './series-store.ts';

/** Writes one column (all samples of a chain at one time): open, set each series, commit. Series that were in the column before and are not in this one get a stale marker. */
export class ColumnWriter {
  readonly #store: SeriesStore;
  readonly chain: Chain;
  /** The first slots, whose series were live in the chain this one goes on from. */
  readonly #carried: number;
  #column = -1;
  constructor(store: SeriesStore, chain: Chain, carried = 0) {
    this.#store = store;
    this.chain = chain;
    this.#carried = carried;
  }
  /** Slots that held a sample in the newest column. */
  liveSlots(): readonly number[] {
    const { chain } = this;
    return chain.count === 0 ? [] : [...chain.refs.keys()].filter((slot) => isLive(chain, slot * OPEN_COLUMNS + chain.count - 1));
  }
  /** False when t is not later than what the chain holds. */
  open(t: number): boolean {
    if (t <= this.chain.lastTime) return false;
    const { column, sealed } = this.chain.open(t);
    this.#column = column;
    this.#store.sealed(this.chain, sealed);
    return true;
  }
  /** The slot of a series; -1 when it cannot be taken. */
  slotOf(ref: number): number {
    return this.#store.slotOf(this.chain, ref);
  }
  /** Whether the slot has its sample of this column already. */
  has(slot: number): boolean {
    const at = slot * OPEN_COLUMNS + this.#column;
    const v = this.chain.cells.values[at] ?? 0;
    return v === v || !this.chain.cells.isAbsent(at);
  }
  set(slot: number, v: number): void {
    this.chain.cells.set(slot * OPEN_COLUMNS + this.#column, v);
  }
  setStale(slot: number): void {
    this.chain.cells.setStale(slot * OPEN_COLUMNS + this.#column);
  }
  /** Marks what vanished, makes the column visible to the journal; returns how many samples it holds. */
  commit(markStale = true): number {
    const { chain } = this;
    const t = chain.times[this.#column] ?? 0;
    let samples = 0;
    for (const [slot, ref] of chain.refs.entries()) {
      const at = slot * OPEN_COLUMNS + this.#column;
      const v = chain.cells.values[at] ?? 0;
      if (v === v || !chain.cells.isAbsent(at)) {
        this.#store.touch(ref, t);
        samples += 1;
      } else if (markStale && (this.#column > 0 ? isLive(chain, at - 1) : slot < this.#carried)) chain.cells.setStale(at);
    }
    this.#store.samples += samples;
    this.#store.journal?.column(chain, this.#column);
    this.#column = -1;
    return samples;
  }
  /** Takes the column back as if it had never been opened. */
  abort(): void {
    if (this.#column >= 0) this.chain.drop();
    this.#column = -1;
  }
}

function isLive(chain: Chain, at: number): boolean {
  const v = chain.cells.values[at] ?? 0;
  return v === v || !(chain.cells.isAbsent(at) || chain.cells.isStale(at));
}
