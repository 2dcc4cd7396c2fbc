import type { KObject } from '../object/object.ts';

/** An object as stored: its revision, the value (never changed after) and its JSON text. */
export type Stored = { readonly rev: number; readonly object: KObject; readonly json: string };
export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';
/** One committed change of a collection. DELETED carries the last state with the revision of the deletion. */
export type Change = { readonly rev: number; readonly type: ChangeType; readonly stored: Stored; readonly before: Stored | undefined };

/** The newest changes of one collection, oldest first, and the revision up to which changes are forgotten. */
export class History {
  /** Changes up to this revision are not known any more: a watch from before it gets 410. */
  floor: number;
  #changes: Change[] = [];
  #head = 0;
  constructor(floor: number) {
    this.floor = floor;
  }

  push(change: Change): void {
    this.#changes.push(change);
  }

  /** Forgets the oldest change. */
  shift(): Change | undefined {
    const change = this.#changes[this.#head];
    if (change === undefined) return undefined;
    this.#head += 1;
    this.floor = change.rev;
    if (this.#head > 256 && this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
    return change;
  }

  /** Changes after a revision, oldest first. */
  since(rev: number): readonly Change[] {
    let low = this.#head;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.rev ?? 0) > rev) high = middle;
      else low = middle + 1;
    }
    return this.#changes.slice(low);
  }
}
