import { hostname } from 'node:os';
import { durationText } from '../promql/parse/go-text.ts';
import type { TargetScraper } from '../scrape/target-scraper.ts';
import type { ApiContext, Handler } from './context.ts';
import { limitParameter } from './parameters.ts';
import { success } from './reply.ts';
import type { Reply } from './reply.ts';

/** The version of Prometheus whose API this is; clients choose their features by it. */
export const API_VERSION = '3.14.0';

const json = (data: unknown): Reply => success(JSON.stringify(data));
const rfc3339 = (ms: number): string => (ms === 0 ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString());

function targetJson(scraper: TargetScraper, { limits }: ApiContext): unknown {
  const { target, state } = scraper;
  return {
    discoveredLabels: target.discovered, labels: target.labels, scrapePool: target.job, scrapeUrl: target.url, globalUrl: target.url, lastError: state.lastError, lastScrape: rfc3339(state.lastScrapeMs),
    lastScrapeDuration: state.lastDurationSeconds, health: state.health, scrapeInterval: durationText(limits.scrapeMs), scrapeTimeout: durationText(limits.scrapeTimeoutMs),
  };
}
const targets = (context: ApiContext): Handler => (params) => {
  const state = (params.get('state') ?? 'any').toLowerCase();
  const pool = params.get('scrapePool');
  const active = state === 'dropped' ? [] : context.scraper.targets().filter((t) => pool === null || pool === '' || t.target.job === pool).map((t) => targetJson(t, context));
  return json(state === 'active' ? { activeTargets: active, droppedTargets: [], droppedTargetCounts: {} } : { activeTargets: active, droppedTargets: [], droppedTargetCounts: Object.fromEntries([...new Set(context.scraper.targets().map((t) => t.target.job))].map((job) => [job, 0])) });
};
const metadata = ({ scraper }: ApiContext): Handler => (params) => {
  const metric = params.get('metric') ?? '';
  const limit = limitParameter(params);
  const one = metric === '' ? undefined : scraper.metadata.get(metric);
  const names = metric === '' ? [...scraper.metadata] : one === undefined ? [] : [[metric, one] as const];
  const kept = limit > 0 ? names.slice(0, limit) : names;
  return json(Object.fromEntries(kept.map(([name, entry]) => [name, [entry]])));
};

/** The configuration as Prometheus would write it; Kiali reads global.scrape_interval from it. */
function configYaml({ limits, scraper }: ApiContext): string {
  const jobs = [...new Set(scraper.targets().map((t) => t.target.job))];
  return [
    'global:', `  scrape_interval: ${durationText(limits.scrapeMs)}`, `  scrape_timeout: ${durationText(limits.scrapeTimeoutMs)}`, '  evaluation_interval: 1m',
    'scrape_configs:', ...jobs.flatMap((job) => [`- job_name: ${job}`, '  honor_timestamps: false', `  scrape_interval: ${durationText(limits.scrapeMs)}`, ...(job === 'kubernetes-pods' ? ['  kubernetes_sd_configs:', '  - role: pod'] : [])]), '',
  ].join('\n');
}
const flags = ({ limits, dataDir }: ApiContext): Readonly<Record<string, string>> => ({
  'enable-feature': 'promql-delayed-name-removal', 'query.lookback-delta': durationText(limits.lookbackMs), 'query.max-concurrency': String(limits.queriesMax), 'query.max-samples': String(limits.querySamplesMax),
  'query.timeout': durationText(limits.queryMsMax), 'storage.tsdb.path': dataDir, 'storage.tsdb.retention.size': `${Math.round(limits.retentionBytesMax / 1024 / 1024)}MiB`, 'storage.tsdb.retention.time': durationText(limits.retentionMs),
  'web.enable-admin-api': 'false', 'web.enable-lifecycle': 'false',
});
const retentionText = ({ limits }: ApiContext): string => `${durationText(limits.retentionMs)} or ${Math.round(limits.retentionBytesMax / 1024 / 1024)}MiB`;

function tsdb({ store, now }: ApiContext, limit: number): unknown {
  const { postings, symbols } = store;
  const top = (entries: readonly { readonly name: string; readonly value: number }[]): unknown => entries.toSorted((a, b) => b.value - a.value).slice(0, limit);
  const names = [...postings.names()].map((id) => ({ id, name: symbols.text(id), values: postings.values(id) ?? new Map<number, readonly number[]>() }));
  const metrics = [...(postings.values(1) ?? [])].map(([value, refs]) => ({ name: symbols.text(value), value: refs.length }));
  let oldest = now();
  for (const chain of store.chains.values()) oldest = Math.min(oldest, chain.frames[0]?.minTime ?? chain.openTime);
  return {
    headStats: { numSeries: store.seriesCount, numLabelPairs: names.reduce((n, { values }) => n + values.size, 0), chunkCount: [...store.chains.values()].reduce((n, c) => n + c.frames.length, 0), minTime: Math.trunc(oldest), maxTime: Math.trunc(now()) },
    seriesCountByMetricName: top(metrics), labelValueCountByLabelName: top(names.map(({ name, values }) => ({ name, value: values.size }))),
    memoryInBytesByLabelName: top(names.map(({ name, values }) => ({ name, value: [...values.keys()].reduce((n, id) => n + symbols.text(id).length, 0) }))),
    seriesCountByLabelValuePair: top(names.flatMap(({ name, values }) => [...values].map(([value, refs]) => ({ name: `${name}=${symbols.text(value)}`, value: refs.length })))),
  };
}

export const statusRoutes = (context: ApiContext): Readonly<Record<string, Handler>> => ({
  targets: targets(context),
  metadata: metadata(context),
  'targets/metadata': () => json([]),
  scrape_pools: () => json({ scrapePools: [...new Set(context.scraper.targets().map((t) => t.target.job))].sort() }),
  rules: () => json({ groups: [] }),
  alerts: () => json({ alerts: [] }),
  alertmanagers: () => json({ activeAlertmanagers: [], droppedAlertmanagers: [] }),
  'status/buildinfo': () => json({ version: API_VERSION, revision: '', branch: 'pharos', buildUser: 'pharos', buildDate: '', goVersion: '' }),
  'status/runtimeinfo': () => {
    const disk = context.disk();
    return json({
      startTime: rfc3339(context.startedAt), CWD: process.cwd(), hostname: hostname(), serverTime: new Date(context.now()).toISOString(), reloadConfigSuccess: true, lastConfigTime: rfc3339(context.startedAt), corruptionCount: disk.corruptions,
      goroutineCount: 0, GOMAXPROCS: 1, GOMEMLIMIT: 0, GOGC: '', GODEBUG: '', storageRetention: retentionText(context), storageError: disk.failing ?? '', walBytes: disk.walBytes, segmentBytes: disk.segmentBytes,
    });
  },
  'status/config': () => json({ yaml: configYaml(context) }),
  'status/flags': () => json(flags(context)),
  'status/tsdb': (params) => json(tsdb(context, Math.min(10_000, limitParameter(params) || 10))),
  'status/walreplay': () => json({ min: 0, max: 0, current: 0 }),
});
