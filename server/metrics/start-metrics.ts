import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Registry } from '#server/lib';
import type { Logger } from '#server/lib';
import type { ApiContext } from './api/context.ts';
import { QueryGate } from './api/query-gate.ts';
import { apiServer } from './api/server.ts';
import { METRICS_LIMITS } from './limits.ts';
import type { MetricsLimits } from './limits.ts';
import { Engine } from './promql/eval/engine.ts';
import { discoverPods } from './scrape/discover-pods.ts';
import type { Discovery, KubeAccess } from './scrape/discover-pods.ts';
import { Scraper } from './scrape/scraper.ts';
import { staticTarget } from './scrape/target.ts';
import { DiskJournal } from './store/journal/disk-journal.ts';
import type { DiskOps } from './store/journal/record-file.ts';
import { SeriesStore } from './store/series-store.ts';

/** A series that was not written for this long belongs to a target that is gone, ms. */
const IDLE_MS = 10 * 60_000;
const MAINTENANCE_MS = 60_000;
/** Fewer dead label sets than this are left where they are. */
const DEAD_SERIES_MIN = 2000;

/** A target of a fixed list: "host:port", or a URL with labels. */
export type StaticTarget = string | { readonly address: string; readonly labels?: Readonly<Record<string, string>> };
export type MetricsOptions = {
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly dataDir: string;
  /** Where pods are found; without it only `targets` are scraped. */
  readonly kube?: KubeAccess;
  readonly targets?: readonly StaticTarget[];
  readonly log: Logger;
  readonly limits?: Partial<MetricsLimits>;
  readonly clock?: () => number;
  /** The calls that write to disk; tests play a full one. */
  readonly diskOps?: DiskOps;
};
export type Metrics = { readonly url: string; stop(): Promise<void> };

/** Starts the metrics store: discovery, scraping, storage and the HTTP API. */
export async function startMetrics(options: MetricsOptions): Promise<Metrics> {
  const { log } = options;
  const limits = { ...METRICS_LIMITS, ...options.limits };
  const now = options.clock ?? ((): number => Date.now());
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const registry = new Registry();
  const store = new SeriesStore({ seriesMax: limits.seriesMax });
  const journal = new DiskJournal({ dir: options.dataDir, store, limits, log, registry, now, ...(options.diskOps === undefined ? {} : { ops: options.diskOps }) });
  const scraper = new Scraper({ store, limits, registry, now });
  const engine = new Engine({ store, limits: { lookbackMs: limits.lookbackMs, samplesMax: limits.querySamplesMax, timeoutMs: limits.queryMsMax } });
  const context: ApiContext = {
    store, engine, scraper, gate: new QueryGate(limits), limits, registry, now, startedAt: now(), dataDir: options.dataDir,
    disk: () => ({ failing: journal.failing, corruptions: journal.corruptions, walBytes: journal.bytes.wal, segmentBytes: journal.bytes.segments, replayed: journal.replayed }),
  };
  const server = apiServer(context, log);
  server.listen({ host: options.bindAddress, port: options.port });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const fixed = (options.targets ?? []).map((target) => (typeof target === 'string' ? staticTarget(target) : staticTarget(target.address, target.labels)));
  scraper.set(fixed);
  const discovery: Discovery | undefined = options.kube === undefined ? undefined : await discoverPods(options.kube, log, (found) => scraper.set([...fixed, ...found]));
  const maintenance = setInterval(() => {
    store.retireIdle(now() - IDLE_MS);
    store.expire(now() - limits.retentionMs);
    if (context.gate.running === 0 && store.deadSeries > Math.max(DEAD_SERIES_MIN, store.seriesCount / 4)) store.compact();
  }, MAINTENANCE_MS);
  maintenance.unref();
  const url = `http://${options.bindAddress.includes(':') ? `[${options.bindAddress}]` : options.bindAddress}:${address.port}`;
  log.info({ url }, 'the metrics store is ready');
  return {
    url,
    stop: async () => {
      discovery?.stop();
      clearInterval(maintenance);
      scraper.stop();
      await journal.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      });
    },
  };
}
