import { isRecord, parseDuration } from '#shared/base';
import type { Reading, Result } from '#shared/base';
import { parseLines, parseRows } from '#shared/graph';
import type { PromLine, PromRow } from '#shared/graph';
import { createHttpSource, shownUrl } from '../http-source.ts';
import { Monitor } from '../monitor.ts';
import { reading, SourceFailure } from '../source-failure.ts';

const TIMEOUT_MS = 10_000;
/** How often version and scrape interval are asked. */
const ABOUT_MS = 60_000;

export type Prometheus = {
  readonly monitor: Monitor;
  /** An instant query at `time` (ms), now when absent. */
  instant(query: string, time?: number): Promise<Reading<readonly PromRow[]>>;
  range(query: string, window: { readonly from: number; readonly to: number; readonly stepSeconds: number }): Promise<Reading<readonly PromLine[]>>;
  /** How often it scrapes, ms; undefined until it told. */
  scrapeMs(): number | undefined;
  close(): void;
};

/** Client of a Prometheus HTTP API v1 (Prometheus, Thanos, VictoriaMetrics, Mimir). */
export function createPrometheus(options: { readonly url: string | undefined; readonly clock: () => number }): Prometheus {
  const { clock } = options;
  const monitor = new Monitor({ source: 'prometheus', url: shownUrl(options.url), configured: options.url !== undefined && options.url !== '', clock });
  const http = createHttpSource({ monitor, url: options.url, title: 'Prometheus', flag: '--prometheus URL', timeoutMs: TIMEOUT_MS });
  let scrapeMs: number | undefined;

  const ask = async <T>(path: string, form: Readonly<Record<string, string>>, parse: (body: unknown) => Result<T>): Promise<Reading<T>> => reading(async () => {
    const parsed = parse(await http.json({ path, form }));
    if (!parsed.ok) throw new SourceFailure(monitor.failed({ code: 'BAD_ANSWER', message: `Prometheus answered something else than a query result: ${parsed.error}.`, next: `Check that ${monitor.url} is the address of its API.` }));
    return parsed.value;
  }, clock);

  const about = async (): Promise<void> => {
    try {
      const build = await http.json({ path: '/api/v1/status/buildinfo' });
      if (isRecord(build) && isRecord(build['data']) && typeof build['data']['version'] === 'string') monitor.succeeded(undefined, build['data']['version']);
      scrapeMs = scrapeIntervalOf(await http.json({ path: '/api/v1/status/config' })) ?? scrapeMs;
    } catch (error) {
      if (!(error instanceof SourceFailure)) throw error; // a store without these pages still answers queries
    }
  };
  const timer = setInterval(() => void about(), ABOUT_MS).unref();
  if (monitor.configured) void about();
  return {
    monitor, scrapeMs: () => scrapeMs,
    instant: (query, time) => ask('/api/v1/query', { query, ...(time === undefined ? {} : { time: String(time / 1000) }) }, parseRows),
    range: (query, w) => ask('/api/v1/query_range', { query, start: String(w.from / 1000), end: String(w.to / 1000), step: String(w.stepSeconds) }, parseLines),
    close: () => {
      clearInterval(timer);
      http.close();
    },
  };
}

/** global.scrape_interval of /api/v1/status/config, ms. */
function scrapeIntervalOf(body: unknown): number | undefined {
  if (!isRecord(body) || !isRecord(body['data']) || typeof body['data']['yaml'] !== 'string') return undefined;
  const found = /^\s*scrape_interval:\s*([0-9a-z.]+)/m.exec(body['data']['yaml']);
  return found?.[1] === undefined ? undefined : parseDuration(found[1]);
}
