import { SampleBuffer } from '../../store/chain.ts';
import type { At, MatrixSelector, Subquery, VectorSelector } from '../parse/ast.ts';
import type { Sink } from './block.ts';
import type { QueryContext, Steps } from './query-context.ts';

/** Series between two looks at the clock. */
const SERIES_PER_LOOK = 64;

/** The time an `@` means; undefined when there is none. */
function fixedTime(at: At, context: QueryContext): number | undefined {
  return at === 'start' ? context.steps.start : at === 'end' ? context.endMs : at;
}
/** First and last time a selector looks at, and how far each step moves it (0 under `@`). */
export function timesOf(selector: { readonly at: At; readonly offsetMs: number }, steps: Steps, context: QueryContext): { readonly first: number; readonly move: number; readonly last: number } {
  const fixed = fixedTime(selector.at, context);
  const first = (fixed ?? steps.start) - selector.offsetMs;
  const move = fixed === undefined ? steps.step : 0;
  return { first, move, last: first + (steps.count - 1) * move };
}

/** An instant vector: at each step the newest sample within the lookback, unless it is stale. With `timestamps` the samples' times instead of their values. */
export async function evaluateSelector(selector: VectorSelector, steps: Steps, context: QueryContext, sink: Sink, timestamps = false): Promise<void> {
  const { first, move, last } = timesOf(selector, steps, context);
  const lookback = context.limits.lookbackMs;
  const values = new Float64Array(steps.count);
  const has = new Uint8Array(steps.count);
  const buffer = new SampleBuffer();
  let n = 0;
  for (const ref of context.store.select(selector.matchers, first - lookback, last)) {
    buffer.n = 0;
    if (first === last) context.store.readNewest(ref, first - lookback, last, buffer);
    else context.store.read(ref, first - lookback, last, buffer);
    let any = false;
    let at = -1;
    for (let s = 0; s < steps.count; s++) {
      const t = first + s * move;
      while (at + 1 < buffer.n && (buffer.times[at + 1] ?? 0) <= t) at += 1;
      const hit = at >= 0 && buffer.stale[at] === 0 && (buffer.times[at] ?? 0) > t - lookback;
      has[s] = hit ? 1 : 0;
      if (!hit) continue;
      any = true;
      values[s] = timestamps ? (buffer.times[at] ?? 0) / 1000 : (buffer.values[at] ?? 0);
    }
    if (any) sink(ref, false, values, has);
    if (++n % SERIES_PER_LOOK === 0 && context.due) await context.pause();
  }
}

/** The samples of one series that a range function sees at one step: [from, to) of the buffers, in (rangeStart, rangeEnd]. */
export class SampleWindow {
  times: Float64Array = new Float64Array(0);
  values: Float64Array = new Float64Array(0);
  from = 0;
  to = 0;
  /** Edges of the range and time of the step, ms. */
  rangeStart = 0;
  rangeEnd = 0;
  stepTime = 0;
  /** Set by a function that gives nothing here. */
  none = false;
  /** Sums of the counter's resets up to each sample; made on demand by `resetsBefore`. */
  #resets: Float64Array | undefined;
  #resetsFilled = 0;
  get count(): number {
    return this.to - this.from;
  }
  empty(): number {
    this.none = true;
    return Number.NaN;
  }
  begin(times: Float64Array, values: Float64Array): void {
    this.times = times;
    this.values = values;
    this.#resetsFilled = 0;
  }
  /** What counter resets between samples a and b (a < b) took away: the sum of the values before each drop. */
  resetsBetween(a: number, b: number): number {
    if (b - a < 32) {
      let sum = 0;
      for (let i = a + 1; i <= b; i++) if ((this.values[i] ?? 0) < (this.values[i - 1] ?? 0)) sum += this.values[i - 1] ?? 0;
      return sum;
    }
    if (this.#resets === undefined || this.#resets.length < this.values.length) {
      this.#resets = new Float64Array(this.values.length);
      this.#resetsFilled = 0;
    }
    const sums = this.#resets;
    if (this.#resetsFilled === 0) sums[0] = 0;
    for (let i = Math.max(1, this.#resetsFilled); i <= b; i++) sums[i] = (sums[i - 1] ?? 0) + ((this.values[i] ?? 0) < (this.values[i - 1] ?? 0) ? (this.values[i - 1] ?? 0) : 0);
    this.#resetsFilled = Math.max(this.#resetsFilled, b + 1);
    return (sums[b] ?? 0) - (sums[a] ?? 0);
  }
}

/** A range function: a number, or `w.empty()`. `args` are its scalar arguments at this step. */
export type RangeFunction = (w: SampleWindow, args: readonly number[]) => number;
/** How the caller wants the series: `each` gets a filled window for every step of a series. */
export type WindowUser = { readonly lookAt: (w: SampleWindow, step: number) => number; readonly dropName: boolean; /** The result depends on the samples alone, so equal windows need not be looked at twice. */ readonly pure: boolean };

/** What a slider reads. */
type Samples = { readonly times: Float64Array; readonly values: Float64Array; readonly n: number };
type Range = { readonly first: number; readonly move: number; readonly rangeMs: number };
/** Samples looked at between two looks at the clock, over all windows of a series. */
const SAMPLES_PER_LOOK = 200_000;

/** Slides the windows of one series (its samples in a buffer, stale ones already left out) over the steps. */
class Slider {
  readonly values: Float64Array;
  readonly has: Uint8Array;
  readonly #w = new SampleWindow();
  readonly #range: Range;
  readonly #steps: Steps;
  readonly #user: WindowUser;
  #samples: Samples = { times: new Float64Array(0), values: new Float64Array(0), n: 0 };
  #from = 0;
  #to = 0;
  #step = 0;
  /** Some step has a result. */
  any = false;
  constructor(range: Range, steps: Steps, user: WindowUser) {
    this.#range = range;
    this.#steps = steps;
    this.#user = user;
    this.values = new Float64Array(steps.count);
    this.has = new Uint8Array(steps.count);
  }
  /** Takes a series; `advance` until it is true fills `values` and `has`. */
  begin(samples: Samples): void {
    this.#samples = samples;
    this.#w.begin(samples.times, samples.values);
    this.#from = 0;
    this.#to = 0;
    this.#step = 0;
    this.any = false;
  }
  /** Goes on over the steps; false when there was so much to look at that other work should have a turn. */
  advance(): boolean {
    const { rangeMs, first, move } = this.#range;
    const { times, n } = this.#samples;
    let looked = 0;
    for (let s = this.#step; s < this.#steps.count; s++) {
      if (s > 0 && move === 0 && this.#user.pure) {
        this.values[s] = this.values[0] ?? 0;
        this.has[s] = this.has[0] ?? 0;
        continue;
      }
      const end = first + s * move;
      while (this.#to < n && (times[this.#to] ?? 0) <= end) this.#to += 1;
      while (this.#from < this.#to && (times[this.#from] ?? 0) <= end - rangeMs) this.#from += 1;
      this.has[s] = 0;
      if (this.#from === this.#to) continue;
      if (this.#look(s, this.#from, this.#to, end)) this.any = true;
      looked += this.#to - this.#from;
      if (looked < SAMPLES_PER_LOOK) continue;
      this.#step = s + 1;
      return false;
    }
    return true;
  }
  #look(s: number, from: number, to: number, end: number): boolean {
    const w = this.#w;
    w.from = from;
    w.to = to;
    w.rangeStart = end - this.#range.rangeMs;
    w.rangeEnd = end;
    w.stepTime = this.#steps.start + s * this.#steps.step;
    w.none = false;
    const v = this.#user.lookAt(w, s);
    if (w.none) return false;
    this.values[s] = v;
    this.has[s] = 1;
    return true;
  }
}

/** Leaves stale markers out. */
function dropStale(buffer: SampleBuffer): void {
  let n = 0;
  for (let i = 0; i < buffer.n; i++) {
    if (buffer.stale[i] === 1) continue;
    if (n !== i) {
      buffer.times[n] = buffer.times[i] ?? 0;
      buffer.values[n] = buffer.values[i] ?? 0;
    }
    n += 1;
  }
  buffer.n = n;
}

/** Applies a range function to a range selector. */
export async function evaluateMatrix(matrix: MatrixSelector, steps: Steps, context: QueryContext, user: WindowUser, sink: Sink): Promise<void> {
  const { first, move, last } = timesOf(matrix.selector, steps, context);
  const buffer = new SampleBuffer();
  const slider = new Slider({ first, move, rangeMs: matrix.rangeMs }, steps, user);
  let n = 0;
  for (const ref of context.store.select(matrix.selector.matchers, first - matrix.rangeMs, last)) {
    buffer.n = 0;
    context.store.read(ref, first - matrix.rangeMs, last, buffer);
    dropStale(buffer);
    if (buffer.n === 0) continue;
    slider.begin(buffer);
    while (!slider.advance()) await context.breathe();
    if (slider.any) sink(ref, user.dropName, slider.values, slider.has);
    if (++n % SERIES_PER_LOOK === 0 && context.due) await context.pause();
  }
}

/** The steps a subquery evaluates its inner expression at: multiples of its step within the range of every outer step. */
export function subquerySteps(subquery: Subquery, steps: Steps, context: QueryContext): { readonly inner: Steps; readonly first: number; readonly move: number } {
  const step = subquery.stepMs === 0 ? context.subqueryStepMs : subquery.stepMs;
  const { first, move, last } = timesOf(subquery, steps, context);
  let start = step * Math.trunc((first - subquery.rangeMs) / step);
  if (start <= first - subquery.rangeMs) start += step; // the range is open on the left
  return { inner: { start, step, count: Math.max(0, Math.floor((last - start) / step) + 1) }, first, move };
}
type InnerSeries = { readonly ref: number; readonly dropName: boolean; readonly times: Float64Array; readonly values: Float64Array };

/** Applies a range function to the series of a subquery, given one after the other by `evaluate`. */
export async function evaluateSubquery(subquery: Subquery, steps: Steps, context: QueryContext, user: WindowUser, sink: Sink, evaluate: (inner: Steps, sink: Sink) => Promise<void>): Promise<void> {
  const { inner, first, move } = subquerySteps(subquery, steps, context);
  if (inner.count === 0) return;
  const list: InnerSeries[] = [];
  await evaluate(inner, (ref, dropName, innerValues, innerHas) => {
    let n = 0;
    for (let i = 0; i < inner.count; i++) n += innerHas[i] ?? 0;
    context.hold(n);
    const times = new Float64Array(n);
    const values = new Float64Array(n);
    for (let i = 0, at = 0; i < inner.count; i++) {
      if (innerHas[i] === 0) continue;
      times[at] = inner.start + i * inner.step;
      values[at++] = innerValues[i] ?? 0;
    }
    list.push({ ref, dropName, times, values });
  });
  const slider = new Slider({ first, move, rangeMs: subquery.rangeMs }, steps, user);
  for (const { ref, dropName, times, values } of list) {
    slider.begin({ times, values, n: times.length });
    while (!slider.advance()) await context.breathe();
    if (slider.any) sink(ref, user.dropName || dropName, slider.values, slider.has);
    context.hold(-times.length);
  }
}
