import type { SourceError } from '#shared/base';

/** Failures in a row after which a source is left alone for a while. */
const FAILURES_TO_OPEN = 3;
const OPEN_MS_MIN = 1000;
const OPEN_MS_MAX = 15_000;
/** Weight of the newest latency in the running mean. */
const LATENCY_WEIGHT = 0.2;

export type SourceName = SourceError['source'];
export type SourceState = { readonly source: SourceName; readonly url: string; readonly state: 'up' | 'down' | 'not-configured' | 'unknown'; readonly version?: string; readonly error?: SourceError; readonly latencyMs?: number };
type Failure = Pick<SourceError, 'code' | 'message' | 'next'>;

/** What is known of one source: up or down since when, how fast, and a breaker that spares a source which fails. */
export class Monitor {
  readonly source: SourceName;
  readonly url: string;
  readonly configured: boolean;
  readonly #clock: () => number;
  #failures = 0;
  #openUntil = 0;
  #probing = false;
  #error: SourceError | undefined;
  #latency: number | undefined;
  #version: string | undefined;
  #seen = false;
  onChange: () => void = () => {};

  constructor(options: { readonly source: SourceName; readonly url: string; readonly configured: boolean; readonly clock: () => number }) {
    this.source = options.source;
    this.url = options.url;
    this.configured = options.configured;
    this.#clock = options.clock;
  }

  /** False while the breaker is open; after that one request at a time is let through until one succeeds. */
  allow(): boolean {
    if (this.#failures < FAILURES_TO_OPEN) return true;
    if (this.#probing || this.#clock() < this.#openUntil) return false;
    this.#probing = true;
    return true;
  }

  succeeded(ms?: number, version?: string): void {
    const changed = this.#error !== undefined || !this.#seen || (version !== undefined && version !== this.#version);
    this.#seen = true;
    this.#failures = 0;
    this.#probing = false;
    this.#error = undefined;
    if (ms !== undefined) this.#latency = this.#latency === undefined ? ms : this.#latency + LATENCY_WEIGHT * (ms - this.#latency);
    if (version !== undefined) this.#version = version;
    if (changed) this.onChange();
  }

  failed(failure: Failure): SourceError {
    const now = this.#clock();
    const first = this.#error === undefined;
    this.#failures += 1;
    this.#probing = false;
    this.#openUntil = now + Math.min(OPEN_MS_MAX, OPEN_MS_MIN * 2 ** Math.max(0, this.#failures - FAILURES_TO_OPEN));
    this.#error = { source: this.source, ...failure, since: this.#error?.since ?? now };
    if (first) this.onChange();
    return this.#error;
  }

  now(): number {
    return this.#clock();
  }
  get error(): SourceError | undefined {
    return this.#error;
  }
  state(): SourceState {
    const state = !this.configured ? 'not-configured' : this.#error !== undefined ? 'down' : this.#seen ? 'up' : 'unknown';
    return {
      source: this.source, url: this.url, state, ...(this.#version === undefined ? {} : { version: this.#version }), ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#latency === undefined ? {} : { latencyMs: Math.round(this.#latency * 10) / 10 }),
    };
  }
}
