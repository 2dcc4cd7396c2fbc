import { errorText } from '#shared/base';
import type { MetricsLimits } from '../limits.ts';
import type { Chain } from '../store/chain.ts';
import { ColumnWriter } from '../store/column-writer.ts';
import type { SeriesStore } from '../store/series-store.ts';
import type { BufferPool, TextFetcher } from './fetch-text.ts';
import { targetKey } from './target.ts';
import type { TargetSpec } from './target.ts';
import { TextParser } from './text-parser.ts';
import type { Metadata, SeriesLabels } from './text-parser.ts';

/** Series that every scrape adds about itself (Prometheus docs, "Automatically generated labels and time series"). */
const OWN = ['up', 'scrape_duration_seconds', 'scrape_samples_scraped', 'scrape_samples_post_metric_relabeling', 'scrape_series_added'] as const;

/** Slots of vanished series that a target may leave behind before they are cleared away. */
const DEAD_SLOTS_MAX = 256;

export type TargetState = { readonly health: 'up' | 'down' | 'unknown'; readonly lastError: string; readonly lastScrapeMs: number; readonly lastDurationSeconds: number };
export type ScrapeHost = {
  readonly store: SeriesStore;
  readonly limits: MetricsLimits;
  readonly fetcher: TextFetcher;
  readonly pool: BufferPool;
  readonly now: () => number;
  metadata(name: string, change: Partial<Metadata>): void;
  onScrape(result: { readonly ok: boolean; readonly seconds: number; readonly samples: number; readonly duplicates: number; readonly late: boolean }): void;
};

/** One target: scraped on a fixed grid of times, so that samples are evenly spaced; a scrape that takes longer than the interval skips the next. */
export class TargetScraper {
  readonly target: TargetSpec;
  readonly #host: ScrapeHost;
  #chain: Chain;
  #writer: ColumnWriter;
  readonly #parser: TextParser;
  readonly #targetPairs: readonly (readonly [number, number])[];
  readonly #targetNames: ReadonlySet<string>;
  #ownSlots: readonly number[];
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #stopped = false;
  #seriesAdded = 0;
  state: TargetState = { health: 'unknown', lastError: '', lastScrapeMs: 0, lastDurationSeconds: 0 };
  constructor(target: TargetSpec, host: ScrapeHost, chain?: Chain) {
    this.target = target;
    this.#host = host;
    const { store } = host;
    this.#chain = chain ?? store.createChain(targetKey(target));
    this.#chain.live = true;
    this.#writer = new ColumnWriter(store, this.#chain);
    this.#targetPairs = Object.entries(target.labels).filter(([, value]) => value !== '').map(([name, value]) => [store.symbols.intern(name), store.symbols.intern(value)] as const);
    this.#targetNames = new Set(Object.keys(target.labels));
    this.#parser = new TextParser({ slotOf: (labels) => this.#slotOf(labels), metadata: (name, change) => host.metadata(name, change) }, host.limits);
    this.#ownSlots = OWN.map((name) => this.#slotOf([['__name__', name]]));
    this.#schedule();
  }
  #slotOf(labels: SeriesLabels): number {
    const { symbols } = this.#host.store;
    const pairs: (readonly [number, number])[] = [...this.#targetPairs];
    for (const [name, value] of labels) if (value !== '') pairs.push([symbols.intern(this.#targetNames.has(name) ? `exported_${name}` : name), symbols.intern(value)]);
    const flat = pairs.toSorted((a, b) => a[0] - b[0]).flat();
    const before = this.#chain.refs.length;
    const slot = this.#writer.slotOf(this.#host.store.intern(flat, flat.length));
    if (this.#chain.refs.length > before) this.#seriesAdded += 1;
    return slot;
  }
  #schedule(): void {
    if (this.#stopped) return;
    const { scrapeMs } = this.#host.limits;
    const now = this.#host.now();
    const offset = hashOf(targetKey(this.target)) % scrapeMs;
    let next = Math.floor((now - offset) / scrapeMs) * scrapeMs + offset;
    while (next <= now) next += scrapeMs;
    this.#timer = setTimeout(() => this.#tick(next), next - now);
  }
  #tick(due: number): void {
    this.#schedule();
    if (this.#busy) return this.#host.onScrape({ ok: true, seconds: 0, samples: 0, duplicates: 0, late: true });
    this.#busy = true;
    void this.scrape(due).finally(() => {
      this.#busy = false;
    });
  }
  /** Scrapes once; the samples get the time `due` unless the clock has gone on by more than a tenth of the interval. */
  async scrape(due: number): Promise<void> {
    const { limits, fetcher, pool, now } = this.#host;
    const start = performance.now();
    const began = now();
    const time = Math.abs(began - due) <= limits.scrapeMs / 10 ? due : began;
    let error = '';
    let samples = 0;
    try {
      const body = await fetcher.fetch(this.target.url, { timeoutMs: limits.scrapeTimeoutMs, bytesMax: limits.scrapeBytesMax });
      pool.give(this.#parser.parse(body));
      samples = this.#parser.n;
    } catch (failure) {
      error = errorText(failure);
      if (failure instanceof Error && 'code' in failure && typeof failure.code === 'string' && error === '') error = failure.code;
      this.#parser.n = 0;
    }
    if (this.#stopped) return;
    const seconds = (performance.now() - start) / 1000;
    const duplicates = this.#write(time, error === '', seconds, samples);
    this.state = { health: error === '' ? 'up' : 'down', lastError: error, lastScrapeMs: began, lastDurationSeconds: seconds };
    this.#host.onScrape({ ok: error === '', seconds, samples, duplicates, late: false });
  }
  #write(time: number, ok: boolean, seconds: number, samples: number): number {
    const writer = this.#writer;
    if (!writer.open(time)) return 0;
    const { slots, values } = this.#parser;
    let duplicates = 0;
    for (let i = 0; i < samples; i++) {
      const slot = slots[i] ?? -1;
      if (writer.has(slot)) duplicates += 1;
      else writer.set(slot, values[i] ?? 0);
    }
    const own = [ok ? 1 : 0, seconds, samples, samples - duplicates, this.#seriesAdded];
    this.#seriesAdded = 0;
    for (const [i, slot] of this.#ownSlots.entries()) if (slot >= 0) writer.set(slot, own[i] ?? 0);
    writer.commit();
    if (this.#chain.refs.length > DEAD_SLOTS_MAX + 2 * (samples + OWN.length)) this.#renew();
    return duplicates;
  }
  /** Most slots belong to series that are gone: the target goes on in a new chain with those that live. */
  #renew(): void {
    const live = this.#writer.liveSlots().map((slot) => this.#chain.refs[slot] ?? -1).filter((ref) => ref >= 0);
    this.#chain = this.#host.store.renew(this.#chain, live);
    this.#writer = new ColumnWriter(this.#host.store, this.#chain, live.length);
    this.#parser.reset();
    this.#ownSlots = OWN.map((name) => this.#slotOf([['__name__', name]]));
  }
  /** The target is gone: its series end here. `keep` leaves them open, as a process does that will go on after a restart. */
  stop(keep = false): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (keep) return;
    if (this.#writer.open(this.#host.now())) this.#writer.commit();
    this.#host.store.retire(this.#chain);
  }
}

/** Spreads targets over the interval. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
