import type { Registry } from '#server/lib';
import type { MetricsLimits } from '../limits.ts';
import type { Engine } from '../promql/eval/engine.ts';
import type { Scraper } from '../scrape/scraper.ts';
import type { SeriesStore } from '../store/series-store.ts';
import type { QueryGate } from './query-gate.ts';
import type { Reply } from './reply.ts';

/** The state of the write-ahead log and the sealed segments, as /-/healthy and runtimeinfo tell it. */
export type DiskState = { readonly failing: string | undefined; readonly corruptions: number; readonly walBytes: number; readonly segmentBytes: number; readonly replayed: number };

export type ApiContext = {
  readonly store: SeriesStore;
  readonly engine: Engine;
  readonly scraper: Scraper;
  readonly gate: QueryGate;
  readonly limits: MetricsLimits;
  readonly registry: Registry;
  readonly now: () => number;
  readonly startedAt: number;
  readonly dataDir: string;
  disk(): DiskState;
};
/** Answers one path; the parameters of URL and form are merged. */
export type Handler = (params: URLSearchParams, signal: AbortSignal) => Reply | Promise<Reply>;
