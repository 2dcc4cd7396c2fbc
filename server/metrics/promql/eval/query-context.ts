import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SeriesStore } from '../../store/series-store.ts';
import { positionText } from '../parse/ast.ts';
import type { Span } from '../parse/ast.ts';
import { LabelSpace } from './label-space.ts';
import { QueryError } from './query-error.ts';

/** The times an expression is evaluated at: start, start + step, …; all ms. */
export type Steps = { readonly start: number; readonly step: number; readonly count: number };

export type QueryLimits = { readonly lookbackMs: number; readonly samplesMax: number; readonly timeoutMs: number };

/** A query gives way to other work after this long, ms. */
const SLICE_MS = 12;
/** The step of a subquery that names none: Prometheus's default evaluation interval, ms. */
const DEFAULT_SUBQUERY_MS = 60_000;

/** What one query shares: its text, limits, labels, annotations and clock. */
export class QueryContext {
  readonly query: string;
  readonly store: SeriesStore;
  readonly labels: LabelSpace;
  readonly limits: QueryLimits;
  /** The query's own times; what start() and end() mean. */
  readonly steps: Steps;
  readonly subqueryStepMs: number;
  readonly warnings = new Set<string>();
  readonly infos = new Set<string>();
  samples = 0;
  peak = 0;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  #sliceEnd: number;
  constructor(options: { readonly query: string; readonly store: SeriesStore; readonly steps: Steps; readonly limits: QueryLimits; readonly signal?: AbortSignal; readonly subqueryStepMs?: number }) {
    this.query = options.query;
    this.store = options.store;
    this.labels = new LabelSpace(options.store);
    this.limits = options.limits;
    this.steps = options.steps;
    this.subqueryStepMs = options.subqueryStepMs ?? DEFAULT_SUBQUERY_MS;
    this.#signal = options.signal;
    const now = performance.now();
    this.#deadline = now + options.limits.timeoutMs;
    this.#sliceEnd = now + SLICE_MS;
  }
  get endMs(): number {
    return this.steps.start + (this.steps.count - 1) * this.steps.step;
  }
  warn(message: string, at: Span): void {
    this.warnings.add(`PromQL warning: ${message} (${positionText(this.query, at.start)})`);
  }
  info(message: string, at: Span): void {
    this.infos.add(`PromQL info: ${message} (${positionText(this.query, at.start)})`);
  }
  /** Counts values held in memory. */
  hold(count: number): void {
    this.samples += count;
    if (this.samples > this.peak) this.peak = this.samples;
    if (this.samples > this.limits.samplesMax) throw new QueryError('execution', 'query processing would load too many samples into memory in query execution');
  }
  /** True when it is time to let other work run; then `await pause()`. Cheap enough for every few series. */
  get due(): boolean {
    return performance.now() > this.#sliceEnd;
  }
  /** Checks the limits and lets other work run when it is time. */
  async breathe(): Promise<void> {
    this.check();
    if (this.due) await this.pause();
  }
  async pause(): Promise<void> {
    this.check();
    await nextTurn();
    this.check();
    this.#sliceEnd = performance.now() + SLICE_MS;
  }
  check(): void {
    if (this.#signal?.aborted === true) throw new QueryError('canceled', 'query was canceled in query execution');
    if (performance.now() > this.#deadline) throw new QueryError('timeout', 'query timed out in expression evaluation');
  }
}
