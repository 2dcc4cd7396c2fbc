type Named = { readonly namespace: string; readonly name: string };
type Kept<R> = { readonly at: number; readonly rows: ReadonlyMap<string, R> };
/** Lists kept at most: one for each window and choice of namespaces that was looked at lately. */
const LISTS_MAX = 16;

/** Figures that were measured last stay while Prometheus is away. The rows come from Kubernetes and are always those of now. */
export class LastMeasured<R extends Named> {
  readonly #lists = new Map<string, Kept<R>>();
  readonly #merge: (row: R, before: R, at: number) => R;
  /** `merge` gives a row the figures of the one before, which were measured at `at` ms. */
  constructor(merge: (row: R, before: R, at: number) => R) {
    this.#merge = merge;
  }

  /** The rows as they are and remembered under `key`, or with the figures that are remembered there. */
  fill(key: string, rows: readonly R[], measured: boolean, now: number): readonly R[] {
    if (measured) {
      this.#lists.delete(key);
      this.#lists.set(key, { at: now, rows: new Map(rows.map((row) => [`${row.namespace}/${row.name}`, row])) });
      const oldest = this.#lists.keys().next().value;
      if (this.#lists.size > LISTS_MAX && oldest !== undefined) this.#lists.delete(oldest);
      return rows;
    }
    const kept = this.#lists.get(key);
    if (kept === undefined) return rows;
    return rows.map((row) => {
      const before = kept.rows.get(`${row.namespace}/${row.name}`);
      return before === undefined ? row : this.#merge(row, before, kept.at);
    });
  }
}
