import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as z from 'zod';
import { createKubeClient, kubeConfig } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { GraphReader } from '../lib/graph-reader.ts';
import { startTestMesh } from '../lib/test-mesh.ts';
import type { TestMesh } from '../lib/test-mesh.ts';
import type { BenchRow } from './bench-row.ts';

const run = promisify(execFile);
const syncz = z.array(z.object({ acked_revision: z.string().optional() }));
const STARTS = 3;
const CHANGES = 50;
const EDGE_TRIES = 15;
const percentile = (values: readonly number[], p: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * p) - 1)] ?? Number.NaN;
const bounds = (values: readonly number[]): readonly [number, number] => [Math.min(...values), Math.max(...values)];

/** PSS of a process and everything below it, in MB, by process. */
async function familyPss(pid: number): Promise<ReadonlyMap<number, number>> {
  const { stdout } = await run('ps', ['-eo', 'pid=,ppid=,sid=']);
  const rows = stdout.trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const family = new Set([pid]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [child, parent] of rows) if (child !== undefined && parent !== undefined && family.has(parent) && !family.has(child)) {
      family.add(child);
      grown = true;
    }
  }
  const out = new Map<number, number>();
  for (const member of family) {
    try {
      const kb = Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${member}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
      if (kb > 0) out.set(member, kb / 1024);
    } catch {
      continue; // ended meanwhile
    }
  }
  return out;
}

const commandOf = (pid: number): string => (readdirSync('/proc').includes(String(pid)) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') : '');

/** Start to first mutual-TLS edge in the console's API, in seconds. */
async function timeToEdge(): Promise<{ readonly mesh: TestMesh; readonly seconds: number }> {
  const start = performance.now();
  const mesh = await startTestMesh();
  const reader = new GraphReader(mesh.urls.console);
  while (!(await reader.read()).edges.some((edge) => (edge.mtlsShare ?? 0) > 0)) await sleep(50);
  return { mesh, seconds: (performance.now() - start) / 1000 };
}

async function istiodOf(client: KubeClient): Promise<string> {
  const pods = await client.request({ method: 'GET', path: '/api/v1/namespaces/istio-system/pods', query: { labelSelector: 'app=istiod' } });
  return /"name":"(istiod-[a-z0-9-]+)"/.exec(JSON.stringify(pods))?.[1] ?? '';
}
/** istiod answers when it is so; asking again and again would take the time that is measured. */
async function untilAcknowledged(client: KubeClient, istiod: string, revision: bigint): Promise<void> {
  for (;;) {
    const answer = await client.request({ method: 'GET', path: `/api/v1/namespaces/istio-system/pods/${istiod}:15014/proxy/debug/syncz`, query: { revision: String(revision), wait: '5000' } });
    const proxies = syncz.parse(answer);
    if (proxies.length > 0 && proxies.every((entry) => BigInt(entry.acked_revision ?? 0) >= revision)) return;
    await sleep(2);
  }
}

/** VirtualService change through the API -> every proxy acknowledged, milliseconds. */
async function changeTimes(mesh: TestMesh): Promise<readonly number[]> {
  const client = createKubeClient(await kubeConfig({ kubeconfigPath: mesh.kubeconfig }));
  const path = '/apis/networking.istio.io/v1/namespaces/default/virtualservices';
  const spec = (weight: number): object => ({ hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' }, weight }, { destination: { host: 'reviews', subset: 'v3' }, weight: 100 - weight }] }] });
  await client.request({ method: 'POST', path, body: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'reviews', namespace: 'default' }, spec: spec(50) } });
  await sleep(1000);
  const istiod = await istiodOf(client);
  const times: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const start = performance.now();
    const changed: unknown = await client.request({ method: 'PATCH', path: `${path}/reviews`, body: { spec: spec(10 + i) }, contentType: 'application/merge-patch+json' });
    const revision = BigInt(/"resourceVersion":"(\d+)"/.exec(JSON.stringify(changed))?.[1] ?? 0);
    await untilAcknowledged(client, istiod, revision);
    times.push(performance.now() - start);
    await sleep(300);
  }
  await client.request({ method: 'DELETE', path: `${path}/reviews` });
  client.close();
  return times;
}

/** A request to a path of its own rate -> the edge of the gateway moved in the console's stream, milliseconds. */
async function edgeTimes(mesh: TestMesh): Promise<readonly number[]> {
  const reader = new GraphReader(mesh.urls.console);
  const times: number[] = [];
  for (let i = 0; i < EDGE_TRIES; i++) {
    await sleep(1500 + Math.random() * 1000);
    times.push(await reader.timeUntilEdgeMoves(async () => {
      await Promise.all(Array.from({ length: 60 }, () => fetch(`${mesh.urls.gateway}/api/v1/products/0/ratings`)));
    }, (edge) => edge.source.includes('productpage') && edge.target.includes('ratings')));
  }
  return times;
}

const sidecarsOf = (pss: ReadonlyMap<number, number>): readonly number[] => [...pss].filter(([pid]) => / proxy(?: |$)/.test(commandOf(pid))).map(([, mb]) => mb);

/** PSS of each sidecar while the load maker is away, MB. */
async function idleSidecars(mesh: TestMesh): Promise<readonly number[]> {
  const client = createKubeClient(await kubeConfig({ kubeconfigPath: mesh.kubeconfig }));
  const scale = (replicas: number): Promise<unknown> => client.request({ method: 'PATCH', path: '/apis/apps/v1/namespaces/traffic/deployments/load/scale', body: { spec: { replicas } }, contentType: 'application/merge-patch+json' });
  await scale(0);
  await sleep(20_000);
  const idle = sidecarsOf(await familyPss(mesh.pid));
  await scale(1);
  client.close();
  return idle;
}

/** The figures of the whole demo mesh. */
export async function bench(): Promise<readonly BenchRow[]> {
  const starts: number[] = [];
  let last: TestMesh | undefined;
  for (let i = 0; i < STARTS; i++) {
    await last?.stop();
    const { mesh, seconds } = await timeToEdge();
    starts.push(seconds);
    last = mesh;
  }
  if (last === undefined) throw new Error('no mesh was started');
  try {
    const idle = await idleSidecars(last);
    await sleep(60_000); // memory settles under the load of 10 requests/s
    const pss = await familyPss(last.pid);
    const total = [...pss.values()].reduce((sum, mb) => sum + mb, 0);
    const sidecars = sidecarsOf(pss);
    const changes = await changeTimes(last);
    const edges = await edgeTimes(last);
    return [
      { name: 'npm start, installed, to the first mutual-TLS edge in the console API', value: percentile(starts, 0.5), unit: 's', must: 12, aim: 6, range: bounds(starts) },
      { name: `demo mesh at 10 requests/s, PSS of ${pss.size} processes`, value: total, unit: 'MB', must: 800, aim: 550 },
      { name: 'one idle sidecar, PSS, median', value: percentile(idle, 0.5), unit: 'MB', must: 45, aim: 35, range: bounds(idle), note: 'the load maker away for 20 s' },
      { name: 'one sidecar under the demo load, PSS, median', value: percentile(sidecars, 0.5), unit: 'MB', range: bounds(sidecars) },
      { name: `VirtualService change to every proxy acknowledged, p95 of ${CHANGES}`, value: percentile(changes, 0.95), unit: 'ms', must: 150, aim: 40, range: bounds(changes), note: 'a real istiod to one client: 119 ms at 200 services' },
      { name: `request to its edge moved on the graph, p95 of ${EDGE_TRIES}`, value: percentile(edges, 0.95) / 1000, unit: 's', must: 3, aim: 1, range: [bounds(edges)[0] / 1000, bounds(edges)[1] / 1000] },
    ];
  } finally {
    await last.stop();
  }
}
