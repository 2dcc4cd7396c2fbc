/** One bucket of a classic histogram: how many observations are at most `bound`. */
export type Bucket = { bound: number; count: number };

/** Neighbours this close (relative) count as equal: sums of floats differ in the last bits (promql/quantile.go). */
const SMALL_DELTA = 1e-12;

export type QuantileResult = { readonly value: number; /** Counts had to be made rising, beyond rounding. */ readonly forced: boolean };

function close(a: number, b: number): boolean {
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < Number.MIN_VALUE) return difference < SMALL_DELTA * Number.MIN_VALUE;
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DELTA;
}
/** Sorts, merges equal bounds, makes counts rise. Undefined when there is no +Inf bucket or fewer than two. */
function prepare(buckets: Bucket[]): { readonly buckets: Bucket[]; readonly forced: boolean } | undefined {
  buckets.sort((a, b) => a.bound - b.bound);
  if (buckets.at(-1)?.bound !== Number.POSITIVE_INFINITY) return undefined;
  const merged: Bucket[] = [];
  for (const bucket of buckets) {
    const last = merged.at(-1);
    if (last?.bound === bucket.bound) last.count += bucket.count;
    else merged.push({ bound: bucket.bound, count: bucket.count });
  }
  let forced = false;
  let before = merged[0]?.count ?? 0;
  for (const bucket of merged.slice(1)) {
    if (bucket.count === before) continue;
    if (close(bucket.count, before)) bucket.count = before;
    else if (bucket.count < before) {
      forced = true;
      bucket.count = before;
    }
    before = bucket.count;
  }
  return { buckets: merged, forced };
}

/** histogram_quantile of a classic histogram (promql/quantile.go BucketQuantile). */
export function bucketQuantile(q: number, list: Bucket[]): QuantileResult {
  if (Number.isNaN(q)) return { value: Number.NaN, forced: false };
  if (q < 0) return { value: Number.NEGATIVE_INFINITY, forced: false };
  if (q > 1) return { value: Number.POSITIVE_INFINITY, forced: false };
  const prepared = prepare(list);
  if (prepared === undefined) return { value: Number.NaN, forced: false };
  const { buckets, forced } = prepared;
  const total = buckets.at(-1)?.count ?? 0;
  if (buckets.length < 2 || total === 0 || Number.isNaN(total)) return { value: Number.NaN, forced };
  const rank = q * total;
  const found = buckets.slice(0, -1).findIndex((b) => b.count >= rank);
  const last = buckets[buckets.length - 2];
  if (found < 0) return { value: last?.bound ?? Number.NaN, forced };
  const bucket = buckets[found] ?? { bound: 0, count: 0 };
  if (found === 0 && bucket.bound <= 0) return { value: bucket.bound, forced };
  const below = buckets[found - 1] ?? { bound: 0, count: 0 };
  const inside = bucket.count - below.count;
  return { value: below.bound + (bucket.bound - below.bound) * ((rank - below.count) / inside), forced };
}

/** histogram_fraction of a classic histogram: the share of observations in (lower, upper] (promql/quantile.go BucketFraction). */
export function bucketFraction(lower: number, upper: number, list: Bucket[]): QuantileResult {
  const prepared = prepare(list);
  if (prepared === undefined) return { value: Number.NaN, forced: false };
  const { buckets, forced } = prepared;
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper) || Number.isNaN(total)) return { value: Number.NaN, forced };
  if (lower >= upper) return { value: 0, forced };
  return { value: (rankOf(upper, buckets) - rankOf(lower, buckets)) / total, forced };
}
/** How many observations are at most v, by linear interpolation; buckets without a finite width are not interpolated. */
function rankOf(v: number, buckets: readonly Bucket[]): number {
  if (v === Number.NEGATIVE_INFINITY) return 0;
  let before: Bucket = { bound: (buckets[0]?.bound ?? 0) > 0 ? 0 : Number.NEGATIVE_INFINITY, count: 0 };
  if (v === Number.POSITIVE_INFINITY) return buckets.at(-1)?.count ?? 0;
  for (const bucket of buckets) {
    if (v <= before.bound) return before.count;
    if (v === bucket.bound) return bucket.count;
    if (v < bucket.bound) {
      if (before.bound === Number.NEGATIVE_INFINITY) return bucket.count;
      if (bucket.bound === Number.POSITIVE_INFINITY) return before.count;
      return before.count + ((v - before.bound) / (bucket.bound - before.bound)) * (bucket.count - before.count);
    }
    before = bucket;
  }
  return before.count;
}
