import type { RangeFunction, SampleWindow } from '../eval/selectors.ts';

/**
 * rate, increase and delta (promql/functions.go extrapolatedRate): the change between the first and last sample, extended towards
 * the edges of the range by at most half an average gap where the edge is far, and never beyond where a counter would be zero.
 */
function extrapolated(w: SampleWindow, isCounter: boolean, isRate: boolean): number {
  if (w.count < 2) return w.empty();
  const { times, values, from } = w;
  const lastAt = w.to - 1;
  const first = values[from] ?? 0;
  let result = (values[lastAt] ?? 0) - first;
  if (isCounter) result += w.resetsBetween(from, lastAt);
  let toStart = ((times[from] ?? 0) - w.rangeStart) / 1000;
  let toEnd = (w.rangeEnd - (times[lastAt] ?? 0)) / 1000;
  const sampled = ((times[lastAt] ?? 0) - (times[from] ?? 0)) / 1000;
  const average = sampled / (w.count - 1);
  const threshold = average * 1.1;
  if (toStart >= threshold) toStart = average / 2;
  if (isCounter) {
    const toZero = result > 0 && first >= 0 ? sampled * (first / result) : toStart;
    if (toZero < toStart) toStart = toZero;
  }
  if (toEnd >= threshold) toEnd = average / 2;
  let factor = (sampled + toStart + toEnd) / sampled;
  if (isRate) factor /= (w.rangeEnd - w.rangeStart) / 1000;
  return result * factor;
}

function instant(w: SampleWindow, isRate: boolean): number {
  if (w.count < 2) return w.empty();
  const last = w.values[w.to - 1] ?? 0;
  const before = w.values[w.to - 2] ?? 0;
  const result = isRate && last < before ? last : last - before; // a counter that was reset counts from zero
  if (!isRate) return result;
  const ms = (w.times[w.to - 1] ?? 0) - (w.times[w.to - 2] ?? 0);
  return ms === 0 ? w.empty() : result / (ms / 1000);
}

/** Slope and value at `interceptTime` of the least-squares line, with Kahan sums (promql/functions.go linearRegression). */
export function linearRegression(w: SampleWindow, interceptTime: number): { readonly slope: number; readonly intercept: number } {
  let n = 0;
  const sum = { x: 0, y: 0, xy: 0, xx: 0 };
  const rest = { x: 0, y: 0, xy: 0, xx: 0 };
  const add = (key: 'x' | 'y' | 'xy' | 'xx', v: number): void => {
    const t = sum[key] + v;
    rest[key] = !Number.isFinite(t) ? 0 : Math.abs(sum[key]) >= Math.abs(v) ? rest[key] + (sum[key] - t + v) : rest[key] + (v - t + sum[key]);
    sum[key] = t;
  };
  const initial = w.values[w.from] ?? 0;
  let constant = true;
  for (let i = w.from; i < w.to; i++) {
    const y = w.values[i] ?? 0;
    if (constant && i > w.from && y !== initial) constant = false;
    n += 1;
    const x = ((w.times[i] ?? 0) - interceptTime) / 1000;
    add('x', x);
    add('y', y);
    add('xy', x * y);
    add('xx', x * x);
  }
  if (constant) return Number.isFinite(initial) ? { slope: 0, intercept: initial } : { slope: Number.NaN, intercept: Number.NaN };
  const x = sum.x + rest.x;
  const y = sum.y + rest.y;
  const covariance = sum.xy + rest.xy - (x * y) / n;
  const variance = sum.xx + rest.xx - (x * x) / n;
  const slope = covariance / variance;
  return { slope, intercept: y / n - (slope * x) / n };
}

export const RATE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map<string, RangeFunction>([
  ['rate', (w) => extrapolated(w, true, true)],
  ['increase', (w) => extrapolated(w, true, false)],
  ['delta', (w) => extrapolated(w, false, false)],
  ['irate', (w) => instant(w, true)],
  ['idelta', (w) => instant(w, false)],
  ['deriv', (w) => (w.count < 2 ? w.empty() : linearRegression(w, w.times[w.from] ?? 0).slope)],
  ['predict_linear', (w, [seconds = 0]) => {
    if (w.count < 2) return w.empty();
    const { slope, intercept } = linearRegression(w, w.stepTime);
    return slope * seconds + intercept;
  }],
  ['resets', (w) => {
    let n = 0;
    for (let i = w.from + 1; i < w.to; i++) if ((w.values[i] ?? 0) < (w.values[i - 1] ?? 0)) n += 1;
    return n;
  }],
  ['changes', (w) => {
    let n = 0;
    for (let i = w.from + 1; i < w.to; i++) {
      const [now, before] = [w.values[i] ?? 0, w.values[i - 1] ?? 0];
      if (now !== before && !(Number.isNaN(now) && Number.isNaN(before))) n += 1;
    }
    return n;
  }],
  ['double_exponential_smoothing', (w, [smoothing = 0, trend = 0]) => {
    if (w.count < 2) return w.empty();
    let before = 0;
    let level = w.values[w.from] ?? 0;
    let slope = (w.values[w.from + 1] ?? 0) - level;
    for (let i = w.from + 1; i < w.to; i++) {
      if (i > w.from + 1) slope = trend * (level - before) + (1 - trend) * slope;
      const next = smoothing * (w.values[i] ?? 0) + (1 - smoothing) * (level + slope);
      before = level;
      level = next;
    }
    return level;
  }],
]);
