import { unwrap } from '../parse/ast.ts';
import type { Call, Expr, MatrixSelector, Subquery } from '../parse/ast.ts';
import { MATH_FUNCTIONS } from '../functions/math.ts';
import { histogramFraction, histogramQuantile, histogramQuantiles } from '../functions/histogram-functions.ts';
import { labelJoin, labelReplace } from '../functions/labels.ts';
import { KEEPS_NAME, OVER_TIME_FUNCTIONS } from '../functions/over-time.ts';
import { RATE_FUNCTIONS } from '../functions/rate.ts';
import { quote } from '../parse/go-text.ts';
import { NAME_ID } from '../../store/symbols.ts';
import { Block } from './block.ts';
import type { Sink } from './block.ts';
import type { EvalHost } from './eval-host.ts';
import type { Steps } from './query-context.ts';
import { QueryError } from './query-error.ts';
import { evaluateMatrix, evaluateSelector, evaluateSubquery } from './selectors.ts';
import type { RangeFunction, SampleWindow, WindowUser } from './selectors.ts';

type VectorFunction = (ev: EvalHost, call: Call, steps: Steps, sink: Sink) => Promise<void>;

/** Native histograms are not stored, so what reads them finds nothing; arguments are still checked. */
const nothing: VectorFunction = async (ev, call, steps) => {
  for (const arg of call.args) await ev.rows(arg, steps, () => undefined);
};

/** sort and sort_desc: by value, NaN last; only an instant query has an order. */
const sorted = (sign: 1 | -1): VectorFunction => async (ev, call, steps, sink) => {
  const [vector] = call.args;
  if (vector === undefined) return;
  if (steps.count > 1) return ev.rows(vector, steps, sink);
  const block = new Block(1, ev.context);
  await ev.rows(vector, steps, block.sink);
  const order = [...block.refs.keys()].sort((a, b) => {
    const [x, y] = [block.values[a] ?? 0, block.values[b] ?? 0];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return (x - y) * sign;
  });
  for (const row of order) sink(block.refs[row] ?? 0, block.drops[row] ?? false, block.values.subarray(row, row + 1), block.has.subarray(row, row + 1));
};
/** sort_by_label: natural order of the labels' values, then of all labels. */
const sortedByLabel = (sign: 1 | -1): VectorFunction => async (ev, call, steps, sink) => {
  const [vector, ...names] = call.args;
  if (vector === undefined) return;
  const { labels } = ev.context;
  const block = new Block(steps.count, ev.context);
  await ev.rows(vector, steps, block.sink);
  const collator = new Intl.Collator('en', { numeric: true });
  const keys = names.map((name) => labels.id(ev.string(name)));
  const byLabels = new Map(labels.sorted(block.refs, (ref) => ref).map((ref, i) => [ref, i]));
  const order = [...block.refs.entries()].sort(([, a], [, b]) => {
    for (const id of keys) {
      const difference = collator.compare(labels.text(labels.get(a, id)), labels.text(labels.get(b, id)));
      if (difference !== 0) return difference * sign;
    }
    return ((byLabels.get(a) ?? 0) - (byLabels.get(b) ?? 0)) * sign;
  });
  const n = steps.count;
  for (const [row, ref] of order) sink(ref, block.drops[row] ?? false, block.values.subarray(row * n, (row + 1) * n), block.has.subarray(row * n, (row + 1) * n));
};

/** The labels of absent(): those of `=` matchers that name their label once. */
function absentLabels(ev: EvalHost, expr: Expr): number {
  const inner = unwrap(expr);
  const selector = inner.kind === 'matrix' ? inner.selector : inner;
  if (selector.kind !== 'selector') return ev.context.labels.ofTexts([]);
  const once = selector.matchers.filter((m) => m.op === '=' && m.name !== '__name__' && selector.matchers.filter((other) => other.name === m.name).length === 1);
  return ev.context.labels.ofTexts(once.map((m) => [m.name, m.value] as const));
}
/** absent and absent_over_time: 1 at each step at which the argument has nothing. */
const absent: VectorFunction = async (ev, call, steps, sink) => {
  const [arg] = call.args;
  if (arg === undefined) return;
  const has = new Uint8Array(steps.count).fill(1);
  const clear: Sink = (_, __, ___, present) => {
    for (let s = 0; s < steps.count; s++) if (present[s] === 1) has[s] = 0;
  };
  if (call.func === 'absent') await ev.rows(arg, steps, clear);
  else await overRange(ev, { ...call, func: 'present_over_time' }, arg, steps, clear);
  if (has.includes(1)) sink(absentLabels(ev, arg), false, new Float64Array(steps.count).fill(1), has);
};

const timestamp: VectorFunction = async (ev, call, steps, sink) => {
  const [arg] = call.args;
  if (arg === undefined) return;
  const inner = unwrap(arg);
  if (inner.kind === 'selector') return evaluateSelector(inner, steps, ev.context, (ref, _, values, has) => sink(ref, true, values, has), true);
  const times = Float64Array.from({ length: steps.count }, (_, s) => (steps.start + s * steps.step) / 1000);
  return ev.rows(inner, steps, (ref, _, __, has) => sink(ref, true, times, has));
};
const vector: VectorFunction = async (ev, call, steps, sink) => {
  const [arg] = call.args;
  if (arg !== undefined) sink(ev.context.labels.ofTexts([]), false, await ev.scalar(arg, steps), new Uint8Array(steps.count).fill(1));
};

const VECTOR_FUNCTIONS: ReadonlyMap<string, VectorFunction> = new Map([
  ['absent', absent], ['absent_over_time', absent], ['histogram_quantile', histogramQuantile], ['histogram_quantiles', histogramQuantiles], ['histogram_fraction', histogramFraction],
  ['histogram_avg', nothing], ['histogram_count', nothing], ['histogram_sum', nothing], ['histogram_stddev', nothing], ['histogram_stdvar', nothing],
  ['label_join', labelJoin], ['label_replace', labelReplace], ['sort', sorted(1)], ['sort_desc', sorted(-1)], ['sort_by_label', sortedByLabel(1)], ['sort_by_label_desc', sortedByLabel(-1)],
  ['timestamp', timestamp], ['vector', vector],
]);

/** Functions of each value: arithmetic, dates, clamps. */
const mapped: VectorFunction = async (ev, call, steps, sink) => {
  const f = MATH_FUNCTIONS.get(call.func);
  if (f === undefined) throw new QueryError('execution', `function ${quote(call.func)} is not supported`);
  const [arg] = call.args;
  const out = new Float64Array(steps.count);
  if (arg === undefined) { // a date function without argument: of the step's time
    for (let s = 0; s < steps.count; s++) out[s] = f((steps.start + s * steps.step) / 1000, []) ?? 0;
    return sink(ev.context.labels.ofTexts([]), false, out, new Uint8Array(steps.count).fill(1));
  }
  const scalars = await ev.scalarArgs(call, steps);
  const args = scalars.map(() => 0);
  const hasOut = new Uint8Array(steps.count);
  await ev.rows(arg, steps, (ref, _, values, has) => {
    let any = false;
    for (let s = 0; s < steps.count; s++) {
      hasOut[s] = 0;
      if (has[s] === 0) continue;
      for (let i = 0; i < args.length; i++) args[i] = scalars[i]?.[s] ?? 0;
      const v = f(values[s] ?? 0, args);
      if (v === undefined) continue;
      out[s] = v;
      hasOut[s] = 1;
      any = true;
    }
    if (any) sink(ref, true, out, hasOut);
  });
};

const COUNTER_SUFFIX = /_(total|sum|count|bucket)$/;
/** Functions of a range. */
async function overRange(ev: EvalHost, call: Call, rangeArg: Expr, steps: Steps, sink: Sink): Promise<void> {
  const f: RangeFunction | undefined = RATE_FUNCTIONS.get(call.func) ?? OVER_TIME_FUNCTIONS.get(call.func);
  if (f === undefined) throw new QueryError('execution', `function ${quote(call.func)} is not supported`);
  const scalars = await ev.scalarArgs(call, steps);
  const args = scalars.map(() => 0);
  const lookAt = (w: SampleWindow, step: number): number => {
    for (let i = 0; i < args.length; i++) args[i] = scalars[i]?.[step] ?? 0;
    return f(w, args);
  };
  const user: WindowUser = { lookAt, dropName: !KEEPS_NAME.has(call.func), pure: call.func !== 'predict_linear' && scalars.every((list) => list.every((v) => v === list[0])) };
  const range: MatrixSelector | Subquery | Expr = unwrap(rangeArg);
  const { context } = ev;
  const out = call.func === 'rate' || call.func === 'increase' ? counterCheck(ev, rangeArg, sink) : sink;
  if (call.func === 'quantile_over_time') for (const q of scalars[0] ?? []) if (!(q >= 0 && q <= 1)) ev.warnQuantile(q, call.args[0] ?? call);
  if (call.func === 'double_exponential_smoothing') checkSmoothing(scalars);
  if (range.kind === 'matrix') return evaluateMatrix(range, steps, context, user, out);
  if (range.kind === 'subquery') return evaluateSubquery(range, steps, context, user, out, (inner, innerSink) => ev.rows(range.expr, inner, innerSink));
  throw new QueryError('internal', `${range.kind} is no range vector`);
}
function checkSmoothing(scalars: readonly Float64Array[]): void {
  const [smoothing, trend] = [scalars[0]?.[0] ?? 0, scalars[1]?.[0] ?? 0];
  if (smoothing <= 0 || smoothing >= 1) throw new QueryError('execution', `invalid smoothing factor. Expected: 0 < sf < 1, got: ${smoothing.toFixed(6)}`);
  if (trend <= 0 || trend >= 1) throw new QueryError('execution', `invalid trend factor. Expected: 0 < tf < 1, got: ${trend.toFixed(6)}`);
}
/** Says once that a metric is probably no counter. */
function counterCheck(ev: EvalHost, arg: Expr, sink: Sink): Sink {
  const { labels } = ev.context;
  const seen = new Set<number>();
  return (ref, dropName, values, has) => {
    const nameId = labels.get(ref, NAME_ID);
    if (!seen.has(nameId)) {
      seen.add(nameId);
      const name = labels.text(nameId);
      if (name !== '' && !COUNTER_SUFFIX.test(name)) ev.context.info(`metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${quote(name)}`, arg);
    }
    sink(ref, dropName, values, has);
  };
}

export function evaluateCall(ev: EvalHost, call: Call, steps: Steps, sink: Sink): Promise<void> {
  const special = VECTOR_FUNCTIONS.get(call.func);
  if (special !== undefined) return special(ev, call, steps, sink);
  const range = call.args.find((arg) => ['matrix', 'subquery'].includes(unwrap(arg).kind));
  return range === undefined ? mapped(ev, call, steps, sink) : overRange(ev, call, range, steps, sink);
}

/** time(), pi(), scalar(v) and the query's own start, end, step and range. */
export async function scalarCall(ev: EvalHost, call: Call, steps: Steps): Promise<Float64Array> {
  const { context } = ev;
  const constant = (v: number): Float64Array => new Float64Array(steps.count).fill(v);
  switch (call.func) {
    case 'time': return Float64Array.from({ length: steps.count }, (_, s) => (steps.start + s * steps.step) / 1000);
    case 'pi': return constant(Math.PI);
    case 'start': return constant(context.steps.start / 1000);
    case 'end': return constant(context.endMs / 1000);
    case 'step': return constant(context.steps.count === 1 ? 0 : context.steps.step / 1000);
    case 'range': return constant((context.endMs - context.steps.start) / 1000);
    case 'scalar': {
      const out = constant(Number.NaN);
      const seen = new Uint8Array(steps.count);
      const [arg] = call.args;
      if (arg === undefined) return out;
      await ev.rows(arg, steps, (_, __, values, has) => {
        for (let s = 0; s < steps.count; s++) {
          if (has[s] === 0) continue;
          out[s] = seen[s] === 0 ? (values[s] ?? 0) : Number.NaN;
          seen[s] = 1;
        }
      });
      return out;
    }
    default: throw new QueryError('execution', `function ${quote(call.func)} is not supported`);
  }
}
