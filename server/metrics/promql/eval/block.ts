import type { QueryContext } from './query-context.ts';
import { QueryError, SAME_LABELSET } from './query-error.ts';

/**
 * Receives one series of a result: its labels, whether its name is to be dropped in the end, a value for each step and whether
 * there is one. The arrays are used again for the next series.
 */
export type Sink = (ref: number, dropName: boolean, values: Float64Array, has: Uint8Array) => void;

/** Series kept in memory, one after the other: value of series i at step s is values[i * steps + s]. */
export class Block {
  readonly steps: number;
  readonly refs: number[] = [];
  readonly drops: boolean[] = [];
  values: Float64Array;
  has: Uint8Array;
  readonly #context: QueryContext;
  constructor(steps: number, context: QueryContext) {
    this.steps = steps;
    this.#context = context;
    this.values = new Float64Array(steps * 8);
    this.has = new Uint8Array(steps * 8);
  }
  get count(): number {
    return this.refs.length;
  }
  /** The sink that keeps everything. */
  readonly sink: Sink = (ref, dropName, values, has) => {
    const at = this.add(ref, dropName);
    this.values.set(values, at);
    this.has.set(has, at);
  };
  /** Room for one more series; returns where its values begin. */
  add(ref: number, dropName: boolean): number {
    const at = this.refs.length * this.steps;
    this.#context.hold(this.steps);
    this.refs.push(ref);
    this.drops.push(dropName);
    if (at + this.steps > this.values.length) {
      const size = Math.max(this.values.length * 2, at + this.steps);
      const values = new Float64Array(size);
      values.set(this.values);
      this.values = values;
      const has = new Uint8Array(size);
      has.set(this.has);
      this.has = has;
    }
    return at;
  }
  /** Gives every series that has a value at some step to the sink. */
  emit(sink: Sink): void {
    for (let i = 0; i < this.count; i++) {
      const from = i * this.steps;
      sink(this.refs[i] ?? 0, this.drops[i] ?? false, this.values.subarray(from, from + this.steps), this.has.subarray(from, from + this.steps));
    }
  }
  /** Series with equal labels become one where their steps do not overlap; otherwise that is an error. */
  merged(): Block {
    const seen = new Map<number, number>();
    let duplicates = false;
    for (const [i, ref] of this.refs.entries()) {
      if (seen.has(ref)) duplicates = true;
      else seen.set(ref, i);
    }
    if (!duplicates) return this;
    const out = new Block(this.steps, this.#context);
    const places = new Map<number, number>();
    for (const [i, ref] of this.refs.entries()) {
      const from = i * this.steps;
      const known = places.get(ref);
      const at = known ?? out.add(ref, this.drops[i] ?? false);
      places.set(ref, at);
      for (let s = 0; s < this.steps; s++) {
        if (this.has[from + s] === 0) continue;
        if (out.has[at + s] === 1) throw new QueryError('execution', SAME_LABELSET);
        out.has[at + s] = 1;
        out.values[at + s] = this.values[from + s] ?? 0;
      }
    }
    return out;
  }
}
