import type { Call, Expr } from '../parse/ast.ts';
import { formatOpenMetricsFloat, isLabelName, quote } from '../parse/go-text.ts';
import { Block } from '../eval/block.ts';
import type { Sink } from '../eval/block.ts';
import type { EvalHost } from '../eval/eval-host.ts';
import type { Steps } from '../eval/query-context.ts';
import { QueryError } from '../eval/query-error.ts';
import { NAME_ID } from '../../store/symbols.ts';
import { bucketFraction, bucketQuantile } from './histogram.ts';
import type { Bucket, QuantileResult } from './histogram.ts';

type Compute = (step: number, buckets: Bucket[]) => QuantileResult;

/** A bucket's upper bound from its label, as Go's ParseFloat reads it; undefined when it is none. */
function parseBound(text: string): number | undefined {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Groups buckets by all labels but le (the name is dropped in the end, and equal results are then an error) and gives each group to every `compute`; `label` names the result when there are several. */
async function overBuckets(ev: EvalHost, vector: Expr, steps: Steps, computes: readonly Compute[], emit: (group: number, index: number, values: Float64Array, has: Uint8Array) => void): Promise<void> {
  const { context } = ev;
  const { labels } = context;
  const block = new Block(steps.count, context);
  await ev.rows(vector, steps, block.sink);
  const leId = labels.id('le');
  const ignored = [leId];
  const groups = new Map<number, { readonly row: number; readonly bound: number }[]>();
  for (const [row, ref] of block.refs.entries()) {
    const text = labels.text(labels.get(ref, leId));
    const bound = parseBound(text);
    if (bound === undefined || text === '') {
      const name = block.drops[row] === true ? '' : labels.text(labels.get(ref, NAME_ID));
      context.warn(`bucket label "le" is missing or has a malformed value of ${quote(text)}${name === '' ? '' : ` for metric name ${quote(name)}`}`, vector);
      continue;
    }
    const key = labels.without(ref, ignored);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [{ row, bound }]);
    else list.push({ row, bound });
  }
  const values = new Float64Array(steps.count);
  const has = new Uint8Array(steps.count);
  for (const [group, rows] of groups) {
    for (const [index, compute] of computes.entries()) {
      for (let s = 0; s < steps.count; s++) {
        const buckets: Bucket[] = [];
        for (const { row, bound } of rows) if (block.has[row * steps.count + s] === 1) buckets.push({ bound, count: block.values[row * steps.count + s] ?? 0 });
        has[s] = buckets.length > 0 ? 1 : 0;
        if (buckets.length === 0) continue;
        const { value, forced } = compute(s, buckets);
        values[s] = value;
        if (forced) forcedInfo(ev, vector, labels.text(labels.get(block.refs[rows[0]?.row ?? 0] ?? 0, NAME_ID)));
      }
      emit(group, index, values, has);
    }
    if (context.due) await context.pause();
  }
}
function forcedInfo(ev: EvalHost, vector: Expr, name: string): void {
  ev.context.info(`input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)${name === '' ? '' : ` for metric name ${quote(name)}`}`, vector);
}
const outside = (q: number): boolean => !(q >= 0 && q <= 1);

/** histogram_quantile(q, buckets). */
export async function histogramQuantile(ev: EvalHost, call: Call, steps: Steps, sink: Sink): Promise<void> {
  const [q, vector] = call.args;
  if (q === undefined || vector === undefined) return;
  const qs = await ev.scalar(q, steps);
  for (const v of qs) if (outside(v)) ev.warnQuantile(v, q);
  await overBuckets(ev, vector, steps, [(s, buckets) => bucketQuantile(qs[s] ?? Number.NaN, buckets)], (group, _, values, has) => sink(group, true, values, has));
}
/** histogram_quantiles(buckets, label, q…): several quantiles, told apart by the label. */
export async function histogramQuantiles(ev: EvalHost, call: Call, steps: Steps, sink: Sink): Promise<void> {
  const [vector, label, ...qArgs] = call.args;
  if (vector === undefined || label === undefined) return;
  const name = ev.string(label);
  if (!isLabelName(name)) throw new QueryError('execution', `invalid label name ${quote(name)}`);
  const { labels } = ev.context;
  const labelId = labels.id(name);
  const qs = await Promise.all(qArgs.map((arg) => ev.scalar(arg, steps)));
  for (const [i, list] of qs.entries()) for (const v of list) if (outside(v)) ev.warnQuantile(v, qArgs[i] ?? call);
  const block = new Block(steps.count, ev.context);
  await overBuckets(ev, vector, steps, qs.map((list): Compute => (s, buckets) => bucketQuantile(list[s] ?? Number.NaN, buckets)), (group, index, values, has) => {
    block.sink(labels.with(group, labelId, labels.id(formatOpenMetricsFloat(qs[index]?.[0] ?? Number.NaN))), true, values, has);
  });
  block.merged().emit(sink);
}
/** histogram_fraction(lower, upper, buckets). */
export async function histogramFraction(ev: EvalHost, call: Call, steps: Steps, sink: Sink): Promise<void> {
  const [lower, upper, vector] = call.args;
  if (lower === undefined || upper === undefined || vector === undefined) return;
  const [lows, highs] = [await ev.scalar(lower, steps), await ev.scalar(upper, steps)];
  await overBuckets(ev, vector, steps, [(s, buckets) => bucketFraction(lows[s] ?? Number.NaN, highs[s] ?? Number.NaN, buckets)], (group, _, values, has) => sink(group, true, values, has));
}
