import { errorText } from '#shared/base';
import type { Logger } from './log.ts';

/** First wait after a failure, doubled each time. client-go's rate limiter starts at 5 ms. */
const BACKOFF_MS_MIN = 5;
const BACKOFF_MS_MAX = 10_000;
/** Keys that may wait at once; above it new ones are dropped and counted. Keys are objects of the cluster, so this is far away. */
const KEYS_MAX = 200_000;

/** What a run of one key asks for: nothing, or another run after some time. */
export type Outcome = { readonly againAfterMs: number } | undefined;
export type WorkQueueOptions = {
  readonly name: string;
  /** Brings the world of one key in order. It is never run twice at once for one key. A throw is retried with back-off. */
  readonly work: (key: string) => Promise<Outcome | void>;
  readonly log: Logger;
  /** Keys worked on at once (default 4). */
  readonly concurrency?: number;
  /** Longest wait after failures (default 10 s). */
  readonly backoffMsMax?: number;
  /** True for failures that are part of normal work (a lost race) and are not logged. */
  readonly quiet?: (error: unknown) => boolean;
};
export type WorkQueue = {
  /** Asks for a run of the key; asked many times before it starts, it runs once. */
  add(key: string): void;
  addAfter(key: string, ms: number): void;
  /** Runs that failed and keys that were dropped so far. */
  readonly failed: number;
  readonly dropped: number;
  /** No run starts any more; resolves when those under way have ended. */
  stop(): Promise<void>;
};

/** A level-triggered queue: keys without duplicates, bounded, retried with back-off. No timer runs while it is idle. */
export const createWorkQueue = (options: WorkQueueOptions): WorkQueue => new Queue(options);

class Queue implements WorkQueue {
  failed = 0;
  dropped = 0;
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #running = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>();
  readonly #idle: (() => void)[] = [];
  #scheduled = false;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#stopped || this.#waiting.has(key)) return;
    if (this.#waiting.size >= KEYS_MAX) {
      this.dropped += 1;
      return;
    }
    this.#waiting.add(key);
    this.#schedule();
  }

  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    const at = performance.now() + ms;
    const known = this.#timers.get(key);
    if (known !== undefined && known.at <= at) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, ms);
    timer.unref();
    this.#timers.set(key, { timer, at });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** After the I/O of this turn, so that a burst of events for one key is one run. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const concurrency = this.#options.concurrency ?? 4;
    for (const key of this.#waiting) {
      if (this.#running.size >= concurrency) return;
      if (this.#running.has(key)) continue;
      this.#waiting.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  }

  async #run(key: string): Promise<void> {
    try {
      const outcome = await this.#options.work(key);
      this.#failures.delete(key);
      if (outcome) this.addAfter(key, outcome.againAfterMs);
    } catch (error) {
      this.#onFailure(key, error);
    }
    this.#running.delete(key);
    if (this.#running.size === 0) for (const done of this.#idle.splice(0)) done();
    if (this.#waiting.size > 0) this.#schedule();
  }

  #onFailure(key: string, error: unknown): void {
    this.failed += 1;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const wait = Math.min(this.#options.backoffMsMax ?? BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** failures);
    if (!this.#stopped && this.#options.quiet?.(error) !== true) this.#options.log.warn({ queue: this.#options.name, key, again_ms: wait, error: errorText(error) }, 'a run failed');
    this.addAfter(key, wait);
  }
}
