/** One measured figure. `must` and `aim` are upper limits unless `higherIsBetter`; `peer` names what it was measured against in the same run. */
export type BenchRow = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly must?: number;
  readonly aim?: number;
  readonly higherIsBetter?: true;
  readonly peer?: { readonly name: string; readonly value: number };
  /** Smallest and largest of the runs. */
  readonly range?: readonly [number, number];
  readonly note?: string;
};
