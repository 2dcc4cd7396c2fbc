// The metrics store with 20 240 series of a mesh scraped each second. `must` is what Prometheus 3.16 needs on the same shape of data (measured once, on another run), `aim` a quarter to a third of it.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { BenchRow } from './bench-row.ts';
import { startChild, timingClient } from './child.ts';
import { MESH_LOAD } from './metrics-load.ts';

const RUNS = 21;
const WARM_MS = 20_000;
const STEADY_MS = 60_000;
const LABELS = 'source_cluster,source_workload_namespace,source_workload,source_canonical_service,source_canonical_revision,destination_cluster,destination_service_namespace,destination_service,destination_service_name,destination_workload_namespace,destination_workload,destination_canonical_service,destination_canonical_revision,request_protocol,response_code,grpc_response_status,response_flags';
const BUCKETS = 'istio_request_duration_milliseconds_bucket{reporter="destination"}[60s]';

const instant = (query: string) => (): string => `/api/v1/query?query=${encodeURIComponent(query)}`;
const range = (query: string, points: number) => (): string => {
  const end = Date.now() / 1000;
  return `/api/v1/query_range?query=${encodeURIComponent(query)}&start=${end - points + 1}&end=${end}&step=1`;
};
const QUERIES: readonly (readonly [name: string, path: () => string, must: number, aim: number])[] = [
  ['one series', instant('istio_requests_total{destination_service="svc-1.ns-1.svc.cluster.local",call="3"}'), 2.5, 1],
  ['graph of one namespace, 17 labels', instant(`round(sum(rate(istio_requests_total{reporter="destination",destination_workload_namespace="ns-1"} [60s])) by (${LABELS}) > 0,0.001)`), 5, 2],
  ['graph of the mesh, one reporter (440 series)', instant(`round(sum(rate(istio_requests_total{reporter="destination"} [60s])) by (${LABELS}) > 0,0.001)`), 10, 6],
  ['p95 by service (8 800 buckets)', instant(`histogram_quantile(0.95, sum(rate(${BUCKETS})) by (le,destination_service))`), 70, 15],
  ['sum by service of every rate (20 000 series)', instant('sum by (destination_service) (rate({__name__=~"istio_.*"}[60s]))'), 140, 40],
  ['discovery: count by name', instant('count({destination_service_namespace="ns-1"}) by (__name__)'), 55, 5],
  ['p95 by service, 60 points', range(`histogram_quantile(0.95, sum(rate(${BUCKETS})) by (le,destination_service))`, 60), 320, 80],
  ['p95 by service, 240 points', range(`histogram_quantile(0.95, sum(rate(${BUCKETS})) by (le,destination_service))`, 240), 710, 250],
  ['labels of 880 series', () => '/api/v1/series?match[]=istio_requests_total', 20, 5],
];

export async function bench(): Promise<readonly BenchRow[]> {
  const dataDir = mkdtempSync(`${tmpdir()}/pharos-bench-metrics-`);
  const load = await startChild(`const { serveLoad, MESH_LOAD } = await import('./e2e/bench/metrics-load.ts'); console.log(JSON.stringify((await serveLoad(MESH_LOAD)).targets)); process.on('SIGTERM', () => process.exit(0));`);
  const store = await startChild(`const { startMetrics } = await import('#server/metrics'); const { createLog } = await import('#server/lib');
    const m = await startMetrics({ bindAddress: '127.0.0.1', port: 0, dataDir: ${JSON.stringify(dataDir)}, targets: ${JSON.stringify(load.said)}, log: createLog('metrics') });
    console.log(JSON.stringify({ url: m.url })); process.on('SIGTERM', () => m.stop().then(() => process.exit(0)));`);
  const client = timingClient(z.object({ url: z.string() }).parse(store.said).url);
  const appended = async (): Promise<number> => Number(/^pharos_metrics_samples_appended (\d+)/m.exec(await client.get('/metrics'))?.[1] ?? 0);
  try {
    await sleep(WARM_MS);
    const [cpu, samples] = [store.cpuSeconds(), await appended()];
    await sleep(STEADY_MS);
    const scraped = (await appended()) - samples;
    const perMillion = ((store.cpuSeconds() - cpu) / scraped) * 1e6;
    const rows: BenchRow[] = [
      { name: `scrape, parse, store: CPU per million samples (${MESH_LOAD.targets} targets)`, value: perMillion, unit: 's', must: 4.3, aim: 2 },
      { name: 'memory with 20 240 series, no queries (PSS)', value: store.pssMb(), unit: 'MB', must: 214, aim: 150 },
    ];
    for (const [name, path, must, aim] of QUERIES) {
      const { median, range: spread } = await client.time(RUNS, path);
      rows.push({ name, value: median, unit: 'ms', must, aim, range: spread });
    }
    const disk = readdirSync(dataDir).reduce((n, file) => n + statSync(`${dataDir}/${file}`).size, 0);
    rows.push({ name: 'disk per sample, log and sealed together', value: disk / (await appended()), unit: 'B', must: 7.3, aim: 3 }, { name: 'memory after the queries (PSS)', value: store.pssMb(), unit: 'MB', must: 363, aim: 200 });
    return rows;
  } finally {
    client.close();
    await store.stop();
    await load.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
