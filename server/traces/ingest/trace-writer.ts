import type { Logger, Registry } from '#server/lib';
import { errorText } from '#shared/base';
import { TRACE_ERRORS } from '../errors.ts';
import type { TraceLimits } from '../limits.ts';
import type { StoredSpan } from '../span.ts';
import type { TraceStore } from '../store/trace-store.ts';

/** So many spans are worth a commit of their own, before the time is up. */
const FLUSH_SPANS = 1000;
/** How often limits are checked, ms. */
const PRUNE_MS = 5000;
/** A failing disk is told once in this time, ms. */
const COMPLAIN_MS = 30_000;

/** What the writer needs of the store. */
export type SpanSink = Pick<TraceStore, 'add' | 'prune' | 'size' | 'linkFailures'>;
type Waiting = { readonly spans: readonly StoredSpan[]; done(): void; failed(error: unknown): void };

/** Collects spans for a moment and stores them in one transaction; `add` resolves when they are durable and visible. */
export class TraceWriter {
  readonly #store: SpanSink;
  readonly #limits: TraceLimits;
  readonly #log: Logger;
  readonly #clock: () => number;
  #waiting: Waiting[] = [];
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #pruneTimer: NodeJS.Timeout;
  #complainedAt = Number.NEGATIVE_INFINITY;
  readonly #metrics;
  constructor(options: { readonly store: SpanSink; readonly limits: TraceLimits; readonly registry: Registry; readonly log: Logger; readonly clock: () => number }) {
    this.#store = options.store;
    this.#limits = options.limits;
    this.#log = options.log;
    this.#clock = options.clock;
    const { registry } = options;
    this.#metrics = {
      stored: registry.counter('pharos_traces_spans_stored_total', 'Spans stored.'),
      duplicate: registry.counter('pharos_traces_spans_duplicate_total', 'Spans that were stored already (a sender tried again).'),
      failed: registry.counter('pharos_traces_write_errors_total', 'Batches the disk refused; their senders were told to send again.'),
      pruned: registry.counter('pharos_traces_pruned_total', 'Traces deleted because a limit was reached.'),
      traces: registry.gauge('pharos_traces_kept', 'Traces in the store.'),
      linkFailures: registry.gauge('pharos_traces_link_write_errors', 'Batches of call counts the disk refused; they are tried again.'),
      bytes: registry.gauge('pharos_traces_store_bytes', 'Size of the store.'),
    };
    this.#pruneTimer = setInterval(() => this.#prune(), PRUNE_MS);
    this.#pruneTimer.unref();
  }
  /** Throws at once when too many spans wait. */
  add(spans: readonly StoredSpan[]): Promise<void> {
    if (spans.length === 0) return Promise.resolve();
    if (this.#pending > 0 && this.#pending + spans.length > this.#limits.pendingSpansMax) throw TRACE_ERRORS.make('TRACES_BUSY', { count: String(this.#pending) });
    this.#pending += spans.length;
    this.#timer ??= setTimeout(() => this.flush(), this.#limits.commitMs);
    const stored = new Promise<void>((done, failed) => {
      this.#waiting.push({ spans, done, failed });
    });
    if (this.#pending >= FLUSH_SPANS) this.flush();
    return stored;
  }
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#pending = 0;
    const spans = batch.flatMap((b) => b.spans);
    if (spans.length === 0) return;
    try {
      const added = this.#store.add(spans, this.#clock());
      this.#metrics.stored.inc({}, added);
      if (added < spans.length) this.#metrics.duplicate.inc({}, spans.length - added);
      for (const b of batch) b.done();
    } catch (error) {
      this.#metrics.failed.inc();
      if (this.#clock() - this.#complainedAt > COMPLAIN_MS) this.#log.error({ err: error, spans: spans.length }, 'spans could not be stored; their senders will try again');
      this.#complainedAt = Math.max(this.#complainedAt, this.#clock());
      const told = TRACE_ERRORS.make('TRACES_DISK', { reason: errorText(error) }, error);
      for (const b of batch) b.failed(told);
    }
  }
  #prune(): void {
    try {
      const pruned = this.#store.prune(this.#clock());
      this.#metrics.pruned.inc({}, pruned);
      const { traces, bytes } = this.#store.size;
      this.#metrics.traces.set(traces);
      this.#metrics.bytes.set(bytes);
      this.#metrics.linkFailures.set(this.#store.linkFailures);
      if (pruned > 0) setTimeout(() => this.#prune(), 10).unref();
    } catch (error) {
      this.#metrics.failed.inc();
      this.#log.error({ err: error }, 'old traces could not be deleted');
    }
  }
  stop(): void {
    clearInterval(this.#pruneTimer);
    this.flush();
  }
}
