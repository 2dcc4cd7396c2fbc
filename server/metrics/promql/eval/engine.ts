import { SampleBuffer } from '../../store/chain.ts';
import type { SeriesStore } from '../../store/series-store.ts';
import { unwrap } from '../parse/ast.ts';
import type { Expr, MatrixSelector, Subquery } from '../parse/ast.ts';
import { typeOf } from '../parse/check.ts';
import { parseQuery } from '../parse/parse.ts';
import { Block } from './block.ts';
import { Evaluator } from './evaluator.ts';
import type { LabelSpace } from './label-space.ts';
import { QueryContext } from './query-context.ts';
import type { QueryLimits, Steps } from './query-context.ts';
import { QueryError, SAME_LABELSET } from './query-error.ts';
import { subquerySteps, timesOf } from './selectors.ts';

/** A series of raw samples; for a range selector at the top of an instant query. */
export type RawSeries = { readonly ref: number; readonly times: Float64Array; readonly values: Float64Array };
/** What a query gives: times are ms. `block` holds `steps.count` values per series. */
export type QueryData =
  | { readonly type: 'scalar'; readonly time: number; readonly value: number }
  | { readonly type: 'string'; readonly time: number; readonly value: string }
  | { readonly type: 'vector'; readonly time: number; readonly block: Block }
  | { readonly type: 'matrix'; readonly steps: Steps; readonly block: Block }
  | { readonly type: 'raw'; readonly series: readonly RawSeries[] };
export type QueryResult = { readonly data: QueryData; readonly labels: LabelSpace; readonly warnings: readonly string[]; readonly infos: readonly string[]; readonly peakSamples: number };

export type EngineOptions = { readonly store: SeriesStore; readonly limits: QueryLimits; readonly experimental?: boolean; readonly subqueryStepMs?: number };
export type RunOptions = { readonly signal?: AbortSignal; readonly timeoutMs?: number; readonly lookbackMs?: number };

/** Parses and evaluates queries. Metric names are dropped at the very end (Prometheus's feature promql-delayed-name-removal). */
export class Engine {
  readonly #options: EngineOptions;
  constructor(options: EngineOptions) {
    this.#options = options;
  }
  parse(query: string, steps?: Steps): Expr {
    const rangeMs = steps === undefined ? 0 : (steps.count - 1) * steps.step;
    return parseQuery(query, { experimental: this.#options.experimental ?? false, stepMs: steps === undefined || steps.count === 1 ? 0 : steps.step, rangeMs });
  }
  #context(query: string, steps: Steps, run: RunOptions): QueryContext {
    const { store, limits, subqueryStepMs } = this.#options;
    return new QueryContext({
      query, store, steps, limits: { lookbackMs: run.lookbackMs ?? limits.lookbackMs, samplesMax: limits.samplesMax, timeoutMs: Math.min(limits.timeoutMs, run.timeoutMs ?? limits.timeoutMs) },
      ...(run.signal === undefined ? {} : { signal: run.signal }), ...(subqueryStepMs === undefined ? {} : { subqueryStepMs }),
    });
  }
  /** Evaluates at one time. */
  async instant(query: string, time: number, run: RunOptions = {}): Promise<QueryResult> {
    const steps = { start: time, step: 1, count: 1 };
    const expr = this.parse(query);
    const context = this.#context(query, steps, run);
    const ev = new Evaluator(context);
    const inner = unwrap(expr);
    switch (typeOf(expr)) {
      case 'string': return finish(context, { type: 'string', time, value: ev.string(expr) });
      case 'scalar': return finish(context, { type: 'scalar', time, value: (await ev.scalar(expr, steps))[0] ?? Number.NaN });
      case 'matrix': {
        const series = inner.kind === 'subquery' ? await rawSubquery(ev, inner, steps) : inner.kind === 'matrix' ? await rawMatrix(context, inner, steps) : [];
        return finish(context, { type: 'raw', series });
      }
      default: {
        const block = new Block(1, context);
        await ev.rows(expr, steps, block.sink);
        return finish(context, { type: 'vector', time, block: named(block, context) });
      }
    }
  }
  /** Evaluates at start, start + step, … up to the end. */
  async range(query: string, steps: Steps, run: RunOptions = {}): Promise<QueryResult> {
    const expr = this.parse(query, steps);
    const type = typeOf(expr);
    if (type !== 'vector' && type !== 'scalar') throw new QueryError('bad_data', `invalid expression type ${JSON.stringify(type === 'matrix' ? 'range vector' : type)} for range query, must be Scalar or instant Vector`);
    const context = this.#context(query, steps, run);
    const ev = new Evaluator(context);
    const block = new Block(steps.count, context);
    if (type === 'scalar') block.sink(context.labels.ofTexts([]), false, await ev.scalar(expr, steps), new Uint8Array(steps.count).fill(1));
    else await ev.rows(expr, steps, block.sink);
    return finish(context, { type: 'matrix', steps, block: named(block, context).merged() });
  }
}

const finish = (context: QueryContext, data: QueryData): QueryResult => ({ data, labels: context.labels, warnings: [...context.warnings], infos: [...context.infos], peakSamples: context.peak });

/** Drops the names that are to be dropped; in an instant result equal label sets are then an error. */
function named(block: Block, context: QueryContext): Block {
  for (const [i, ref] of block.refs.entries()) if (block.drops[i] === true) block.refs[i] = context.labels.dropName(ref);
  if (block.steps === 1 && new Set(block.refs).size !== block.count) throw new QueryError('execution', SAME_LABELSET);
  return block;
}

async function rawMatrix(context: QueryContext, matrix: MatrixSelector, steps: Steps): Promise<readonly RawSeries[]> {
  const { first } = timesOf(matrix.selector, steps, context);
  const series: RawSeries[] = [];
  for (const ref of context.store.select(matrix.selector.matchers, first - matrix.rangeMs, first)) {
    const buffer = new SampleBuffer();
    context.store.read(ref, first - matrix.rangeMs, first, buffer);
    const kept = [...buffer.times.subarray(0, buffer.n).keys()].filter((i) => buffer.stale[i] === 0);
    context.hold(kept.length);
    if (kept.length > 0) series.push({ ref, times: Float64Array.from(kept, (i) => buffer.times[i] ?? 0), values: Float64Array.from(kept, (i) => buffer.values[i] ?? 0) });
    if (context.due) await context.pause();
  }
  return series;
}
async function rawSubquery(ev: Evaluator, subquery: Subquery, steps: Steps): Promise<readonly RawSeries[]> {
  const { inner } = subquerySteps(subquery, steps, ev.context);
  const series: RawSeries[] = [];
  if (inner.count === 0) return series;
  await ev.rows(subquery.expr, inner, (ref, dropName, values, has) => {
    const kept = [...has.keys()].filter((i) => has[i] === 1);
    ev.context.hold(kept.length);
    series.push({ ref: dropName ? ev.context.labels.dropName(ref) : ref, times: Float64Array.from(kept, (i) => inner.start + i * inner.step), values: Float64Array.from(kept, (i) => values[i] ?? 0) });
  });
  return series;
}
