import { isRecord } from '#shared/base';
import type { SourceError } from '#shared/base';
import { schemas } from '#shared/api';
import { applyFrame, decodeFrame } from '#shared/graph';
import type { GraphModel } from '#shared/graph';
import type { SourceState } from '../types.ts';

/** The stream as the browser gives it; a fake in tests. */
export type StreamSource = { addEventListener: (type: string, listener: (event: MessageEvent | Event) => void) => void; close: () => void; readonly readyState: number };
export type FeedDeps = {
  readonly open: (url: string) => StreamSource;
  readonly now: () => number;
  /** Runs `f` after `ms`; gives back its cancellation. */
  readonly later: (f: () => void, ms: number) => () => void;
  readonly onFresh: (at: number, now: number) => void;
  readonly onFailed: (now: number) => void;
};
export type FeedState = {
  readonly model: GraphModel | undefined;
  readonly revision: number;
  /** When the newest frame was measured. */
  readonly at: number | undefined;
  readonly sources: readonly SourceState[];
  readonly error: SourceError | undefined;
};

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;
/** Nothing at all for this long (the server pings each few seconds) means the line is dead. */
export const SILENCE_MS = 15_000;
const CLOSED = 2;
const EMPTY: FeedState = { model: undefined, revision: 0, at: undefined, sources: [], error: undefined };

/**
 * The graph as it comes by SSE: applies frames, asks again with the held revision after a break, waits for a full frame when a patch does not fit.
 * Keeps the last model through every failure.
 */
export class GraphFeed {
  readonly #deps: FeedDeps;
  readonly #url: (base: number | undefined) => string;
  readonly #listeners = new Set<() => void>();
  #state: FeedState = EMPTY;
  #source: StreamSource | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelSilence: (() => void) | undefined;
  #retryMs = RETRY_FIRST_MS;

  constructor(url: (base: number | undefined) => string, deps: FeedDeps) {
    this.#url = url;
    this.#deps = deps;
  }

  readonly state = (): FeedState => this.#state;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    if (this.#source !== undefined) return;
    const source = this.#deps.open(this.#url(this.#state.model === undefined ? undefined : this.#state.revision));
    this.#source = source;
    this.#watchSilence();
    source.addEventListener('frame', (event) => this.#take(source, event));
    source.addEventListener('sources', (event) => this.#takeSources(event));
    source.addEventListener('ping', (event) => this.#takePing(source, event));
    source.addEventListener('error', () => this.#broken(source, source.readyState === CLOSED ? 'The console’s server refused the stream of the graph.' : 'The stream of the graph broke off.'));
  }

  stop(): void {
    this.#source?.close();
    this.#source = undefined;
    this.#cancelRetry?.();
    this.#cancelSilence?.();
    this.#cancelRetry = undefined;
  }

  #take(source: StreamSource, event: MessageEvent | Event): void {
    if (source !== this.#source) return;
    this.#watchSilence();
    const frame = decodeFrame(parsed(event));
    if (!frame.ok) return this.#broken(source, `The server sent a frame that cannot be read: ${frame.error}`);
    const held = applyFrame(this.#state.model === undefined ? undefined : { revision: this.#state.revision, model: this.#state.model }, frame.value);
    if (held === undefined) return; // a patch for another revision: the next full frame comes by itself
    this.#fresh({ model: held.model, revision: held.revision, at: frame.value.at });
  }

  /** Nothing changed: what is held was true at `at` too. A ping of another revision says nothing about it. */
  #takePing(source: StreamSource, event: MessageEvent | Event): void {
    if (source !== this.#source) return;
    this.#watchSilence();
    const ping = parsed(event);
    const { model, revision } = this.#state;
    if (model === undefined || !isRecord(ping) || ping['revision'] !== revision || typeof ping['at'] !== 'number') return;
    this.#fresh({ model, revision, at: ping['at'] });
  }

  #fresh(held: { readonly model: GraphModel; readonly revision: number; readonly at: number }): void {
    this.#retryMs = RETRY_FIRST_MS;
    this.#put({ ...this.#state, ...held, error: undefined });
    this.#deps.onFresh(held.at, this.#deps.now());
  }

  #takeSources(event: MessageEvent | Event): void {
    this.#watchSilence();
    const sources = schemas.meta.shape.sources.safeParse(parsed(event));
    if (sources.success) this.#put({ ...this.#state, sources: sources.data });
  }

  #broken(source: StreamSource, message: string): void {
    if (source !== this.#source) return;
    source.close();
    this.#source = undefined;
    this.#cancelSilence?.();
    const now = this.#deps.now();
    this.#put({ ...this.#state, error: this.#state.error ?? { source: 'pharos', code: 'STREAM_BROKEN', message, next: 'It is tried again by itself.', since: now } });
    this.#deps.onFailed(now);
    this.#cancelRetry = this.#deps.later(() => this.start(), this.#retryMs);
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
  }

  #watchSilence(): void {
    this.#cancelSilence?.();
    const source = this.#source;
    if (source !== undefined) this.#cancelSilence = this.#deps.later(() => this.#broken(source, 'The server has been silent for 15 s.'), SILENCE_MS);
  }

  #put(next: FeedState): void {
    this.#state = next;
    this.#listeners.forEach((listener) => listener());
  }
}

function parsed(event: MessageEvent | Event): unknown {
  if (!('data' in event) || typeof event.data !== 'string') return undefined;
  try {
    return JSON.parse(event.data);
  } catch {
    return undefined; // decodeFrame then names what is missing
  }
}
