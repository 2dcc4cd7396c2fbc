import type { Registry } from '#server/lib';
import type { MetricsLimits } from '../limits.ts';
import type { SeriesStore } from '../store/series-store.ts';
import { BufferPool, TextFetcher } from './fetch-text.ts';
import { TargetScraper } from './target-scraper.ts';
import { targetKey } from './target.ts';
import type { TargetSpec } from './target.ts';
import type { Metadata } from './text-parser.ts';

/** Metric names whose type and help are kept. */
const METADATA_MAX = 10_000;

/** Keeps one scraper for each target that discovery names. */
export class Scraper {
  readonly #options: { readonly store: SeriesStore; readonly limits: MetricsLimits; readonly registry: Registry; readonly now: () => number };
  readonly #targets = new Map<string, TargetScraper>();
  readonly #pool = new BufferPool();
  readonly #fetcher = new TextFetcher(this.#pool);
  /** Type and help by metric name; the first METADATA_MAX names are kept. */
  readonly metadata = new Map<string, Metadata>();
  readonly #metrics;
  constructor(options: { readonly store: SeriesStore; readonly limits: MetricsLimits; readonly registry: Registry; readonly now: () => number }) {
    this.#options = options;
    const { registry } = options;
    this.#metrics = {
      scrapes: registry.counter('pharos_metrics_scrapes_total', 'Scrapes by outcome: ok, failed, or late (left out because the one before still ran).'),
      samples: registry.counter('pharos_metrics_samples_scraped_total', 'Samples scraped.'),
      duplicates: registry.counter('pharos_metrics_samples_duplicate_total', 'Samples left out because a scrape held their series twice.'),
      refused: registry.counter('pharos_metrics_targets_refused_total', 'Targets not scraped because there are too many.'),
      seconds: registry.histogram('pharos_metrics_scrape_seconds', 'Time of a scrape with parsing.', [0.005, 0.02, 0.1, 0.5, 1, 5]),
    };
  }
  targets(): readonly TargetScraper[] {
    return [...this.#targets.values()];
  }
  /** Starts scrapers for new targets and ends those that are gone. */
  set(wanted: readonly TargetSpec[]): void {
    const { limits } = this.#options;
    const keys = new Set<string>();
    for (const target of wanted) {
      const key = targetKey(target);
      if (keys.has(key)) continue;
      if (keys.size >= limits.targetsMax) {
        this.#metrics.refused.inc();
        continue;
      }
      keys.add(key);
    }
    for (const [key, scraper] of this.#targets) {
      if (keys.has(key)) continue;
      scraper.stop();
      this.#targets.delete(key);
    }
    for (const target of wanted) {
      const key = targetKey(target);
      if (!keys.has(key) || this.#targets.has(key)) continue;
      this.#targets.set(key, new TargetScraper(target, this.#host(), this.#options.store.liveChain(key)));
    }
  }
  #host(): ConstructorParameters<typeof TargetScraper>[1] {
    const { store, limits, now } = this.#options;
    return {
      store, limits, now, fetcher: this.#fetcher, pool: this.#pool,
      metadata: (name, change) => {
        if (this.metadata.has(name) || this.metadata.size < METADATA_MAX) this.metadata.set(name, { type: 'unknown', help: '', unit: '', ...this.metadata.get(name), ...change });
      },
      onScrape: ({ ok, seconds, samples, duplicates, late }) => {
        this.#metrics.scrapes.inc({ outcome: late ? 'late' : ok ? 'ok' : 'failed' });
        if (late) return;
        this.#metrics.samples.inc({}, samples);
        if (duplicates > 0) this.#metrics.duplicates.inc({}, duplicates);
        this.#metrics.seconds.observe(seconds);
      },
    };
  }
  /** Ends all scraping; series stay open for the next start. */
  stop(): void {
    for (const scraper of this.#targets.values()) scraper.stop(true);
    this.#targets.clear();
    this.#fetcher.close();
  }
}
