import type { RangeFunction, SampleWindow } from '../eval/selectors.ts';

/** A running sum with Neumaier's compensation, as Prometheus adds (kahanSumInc). */
export class KahanSum {
  sum = 0;
  rest = 0;
  add(v: number): void {
    const t = this.sum + v;
    if (t === Number.POSITIVE_INFINITY || t === Number.NEGATIVE_INFINITY) this.rest = 0;
    else if (Math.abs(this.sum) >= Math.abs(v)) this.rest += this.sum - t + v;
    else this.rest += v - t + this.sum;
    this.sum = t;
  }
  get value(): number {
    return isInfinite(this.sum) ? this.sum : this.sum + this.rest;
  }
}
export const isInfinite = (v: number): boolean => v === Number.POSITIVE_INFINITY || v === Number.NEGATIVE_INFINITY;

/** The mean: a sum divided at the end, or a running mean once the sum would overflow. */
export class Mean {
  #count = 0;
  #running = false;
  readonly #sum = new KahanSum();
  add(v: number): void {
    this.#count += 1;
    const sum = this.#sum;
    if (this.#count === 1) {
      sum.sum = v;
      return;
    }
    if (!this.#running) {
      const { sum: before, rest } = sum;
      sum.add(v);
      if (!isInfinite(sum.sum)) return;
      this.#running = true;
      sum.sum = before / (this.#count - 1);
      sum.rest = rest / (this.#count - 1);
    }
    const share = (this.#count - 1) / this.#count;
    sum.sum *= share;
    sum.rest *= share;
    sum.add(v / this.#count);
  }
  get value(): number {
    const { sum, rest } = this.#sum;
    return this.#running ? sum + rest : sum / this.#count + rest / this.#count;
  }
}

const fold = (w: SampleWindow, start: number, step: (a: number, v: number) => number): number => {
  let a = start;
  for (let i = w.from; i < w.to; i++) a = step(a, w.values[i] ?? 0);
  return a;
};
/** Sum of squared differences from the mean, divided by the count (Welford with compensation). */
function variance(w: SampleWindow): number {
  let count = 0;
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let i = w.from; i < w.to; i++) {
    const v = w.values[i] ?? 0;
    count += 1;
    const delta = v - (mean.sum + mean.rest);
    mean.add(delta / count);
    squares.add(delta * (v - (mean.sum + mean.rest)));
  }
  return (squares.sum + squares.rest) / count;
}
/** Linear interpolation at q·(n−1) of the sorted values; NaN sorts first (promql/quantile.go). */
export function quantile(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const sorted = values.sort((a, b) => (Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : Number.isNaN(b) ? 1 : a - b));
  const rank = q * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (sorted[lower] ?? 0) * (1 - weight) + (sorted[upper] ?? 0) * weight;
}
const copy = (w: SampleWindow): Float64Array => w.values.slice(w.from, w.to);

/** Index of the largest (sign 1) or smallest (-1) value; NaN gives way to any number, later equals win where `last`. */
function extreme(w: SampleWindow, sign: 1 | -1): number {
  let at = w.from;
  for (let i = w.from + 1; i < w.to; i++) {
    const [best, v] = [w.values[at] ?? 0, w.values[i] ?? 0];
    if (v * sign >= best * sign || Number.isNaN(best)) at = i;
  }
  return at;
}

export const OVER_TIME_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
  ['sum_over_time', (w) => {
    const sum = new KahanSum();
    for (let i = w.from; i < w.to; i++) sum.add(w.values[i] ?? 0);
    return sum.value;
  }],
  ['avg_over_time', (w) => {
    const mean = new Mean();
    for (let i = w.from; i < w.to; i++) mean.add(w.values[i] ?? 0);
    return mean.value;
  }],
  ['count_over_time', (w) => w.count],
  ['present_over_time', () => 1],
  ['absent_over_time', () => 1],
  ['last_over_time', (w) => w.values[w.to - 1] ?? 0],
  ['first_over_time', (w) => w.values[w.from] ?? 0],
  ['min_over_time', (w) => fold(w, w.values[w.from] ?? 0, (a, v) => (v < a || Number.isNaN(a) ? v : a))],
  ['max_over_time', (w) => fold(w, w.values[w.from] ?? 0, (a, v) => (v > a || Number.isNaN(a) ? v : a))],
  ['stddev_over_time', (w) => Math.sqrt(variance(w))],
  ['stdvar_over_time', variance],
  ['quantile_over_time', (w, [q = Number.NaN]) => quantile(q, copy(w))],
  ['mad_over_time', (w) => {
    const median = quantile(0.5, copy(w));
    return quantile(0.5, copy(w).map((v) => Math.abs(v - median)));
  }],
  ['ts_of_last_over_time', (w) => (w.times[w.to - 1] ?? 0) / 1000],
  ['ts_of_first_over_time', (w) => (w.times[w.from] ?? 0) / 1000],
  ['ts_of_max_over_time', (w) => (w.times[extreme(w, 1)] ?? 0) / 1000],
  ['ts_of_min_over_time', (w) => (w.times[extreme(w, -1)] ?? 0) / 1000],
]);
/** Range functions that keep the metric's name. */
export const KEEPS_NAME: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);
