/** Values that differ from the default of their column: distances between their positions, and the values. */
export type Sparse<T> = { i: number[]; v: T[] };

export function sparse<T, S>(items: readonly T[], valueOf: (item: T, index: number) => S | undefined): Sparse<S> {
  const i: number[] = [];
  const v: S[] = [];
  let last = 0;
  for (const [index, item] of items.entries()) {
    const value = valueOf(item, index);
    if (value === undefined) continue;
    i.push(index - last);
    v.push(value);
    last = index;
  }
  return { i, v };
}

/** Position -> value of a sparse column. */
export function spread<T>(column: Sparse<T>): ReadonlyMap<number, T> {
  const out = new Map<number, T>();
  let at = 0;
  for (const [n, distance] of column.i.entries()) {
    at += distance;
    const value = column.v[n];
    if (value !== undefined) out.set(at, value);
  }
  return out;
}

/** Texts that repeat, once each. */
export class Texts {
  readonly list: string[] = [];
  readonly #index = new Map<string, number>();
  of(text: string): number {
    const known = this.#index.get(text);
    if (known !== undefined) return known;
    this.#index.set(text, this.list.length);
    this.list.push(text);
    return this.list.length - 1;
  }
}
