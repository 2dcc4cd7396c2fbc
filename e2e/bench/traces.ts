// The trace store: spans as sidecars send them (21 tags), OTLP over HTTP in protobuf, then Jaeger's queries over them.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import * as z from 'zod';
import { encodeOtlpTraces } from '#server/wire';
import type { OtlpSpan } from '#server/wire';
import type { BenchRow } from './bench-row.ts';
import { startChild, timingClient } from './child.ts';

const SPANS = 200_000;
const BATCH = 500;
const CONNECTIONS = 4;
const SPANS_PER_TRACE = 10;
const SERVICES = 20;

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
function span(n: number, now: bigint): { readonly service: string; readonly span: OtlpSpan } {
  const trace = Math.floor(n / SPANS_PER_TRACE);
  const place = n % SPANS_PER_TRACE;
  const from = `svc-${(trace + place) % SERVICES}`;
  const to = `svc-${(trace + place + 1) % SERVICES}`;
  const text = (key: string, value: string): { key: string; value: string } => ({ key, value });
  const start = now - BigInt(SPANS - n) * 1_000_000n;
  const code = trace % 50 === 0 ? '503' : '200';
  return { service: `${from}.default`, span: {
    traceId: hex(trace + 1, 32), spanId: hex(n + 1, 16), parentSpanId: place === 0 ? '' : hex(n, 16), traceState: '', flags: 1, name: `${to}.default.svc.cluster.local:9080/*`, kind: place % 2 === 0 ? 3 : 2,
    startTimeUnixNano: start, endTimeUnixNano: start + BigInt(1_000_000 + (n % 977) * 10_000), events: [], links: [], statusCode: code === '200' ? 0 : 2, statusMessage: '',
    attributes: [
      text('component', 'proxy'), text('node_id', `sidecar~10.0.0.${place}~${from}-7d4b9c-x2x9k.default~default.svc.cluster.local`), text('zone', ''), text('guid:x-request-id', `${hex(trace, 8)}-1111-9222-8333-${hex(n, 12)}`), text('http.url', `http://${to}:9080/${to}/${n % 5000}`),
      text('http.method', 'GET'), text('downstream_cluster', '-'), text('user_agent', 'python-requests/2.31'), text('http.protocol', 'HTTP/1.1'), text('peer.address', `10.0.0.${place}`), text('request_size', '0'), text('response_size', String(n % 700)),
      text('http.status_code', code), text('response_flags', code === '200' ? '-' : 'UH'), text('upstream_cluster', `outbound|9080||${to}.default.svc.cluster.local`), text('upstream_cluster.name', `outbound|9080||${to}.default.svc.cluster.local`),
      text('istio.canonical_service', from), text('istio.canonical_revision', 'v1'), text('istio.mesh_id', 'cluster.local'), text('istio.namespace', 'default'), text('istio.cluster_id', 'Kubernetes'),
    ],
  } };
}
function batches(): readonly Buffer[] {
  const now = BigInt(Date.now()) * 1_000_000n;
  return Array.from({ length: SPANS / BATCH }, (_, b) => {
    const byService = new Map<string, OtlpSpan[]>();
    for (let i = 0; i < BATCH; i++) {
      const { service, span: one } = span(b * BATCH + i, now);
      byService.set(service, [...(byService.get(service) ?? []), one]);
    }
    return encodeOtlpTraces({ resources: [...byService].map(([service, spans]) => ({ attributes: [{ key: 'service.name', value: service }], scopes: [{ scopeName: '', scopeVersion: '', spans }] })) });
  });
}
/** Sends every batch over some connections; returns the times of the answers, ms. */
async function sendAll(port: number, list: readonly Buffer[]): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const times: number[] = [];
  let next = 0;
  const send = (body: Buffer): Promise<void> => new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: '/v1/traces', method: 'POST', agent, headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length } }, (answer) => {
      answer.resume();
      answer.once('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(`status ${answer.statusCode}`))));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    for (let body = list[next++]; body !== undefined; body = list[next++]) {
      const from = performance.now();
      await send(body);
      times.push(performance.now() - from);
    }
  }));
  agent.destroy();
  return times.sort((a, b) => a - b);
}

export async function bench(): Promise<readonly BenchRow[]> {
  const dataDir = mkdtempSync(`${tmpdir()}/pharos-bench-traces-`);
  const store = await startChild(`const { startTraces } = await import('#server/traces'); const { createLog } = await import('#server/lib');
    const t = await startTraces({ bindAddress: '127.0.0.1', ports: { query: 0, otlpHttp: 0, otlpGrpc: 0, zipkin: 0 }, dataDir: ${JSON.stringify(dataDir)}, log: createLog('traces') });
    console.log(JSON.stringify(t.ports)); process.on('SIGTERM', () => t.stop().then(() => process.exit(0)));`);
  const ports = z.object({ query: z.number(), otlpHttp: z.number() }).parse(store.said);
  const client = timingClient(`http://127.0.0.1:${ports.query}`);
  try {
    const list = batches();
    const cpu = store.cpuSeconds();
    const from = performance.now();
    const times = await sendAll(ports.otlpHttp, list);
    const seconds = (performance.now() - from) / 1000;
    const rows: BenchRow[] = [
      { name: 'spans taken and stored, CPU per span (Jaeger in memory: 19)', value: ((store.cpuSeconds() - cpu) / SPANS) * 1e6, unit: 'us', must: 60, aim: 20 },
      { name: `spans a second over ${CONNECTIONS} connections`, value: SPANS / seconds, unit: '/s', must: 6000, aim: 30_000, higherIsBetter: true },
      { name: 'answer to a batch of 500, p99', value: times[Math.floor(times.length * 0.99)] ?? 0, unit: 'ms', must: 290, aim: 100 },
      { name: 'memory with 200 000 spans (PSS)', value: store.pssMb(), unit: 'MB', must: 800, aim: 90 },
      { name: 'disk per span with 21 tags', value: readdirSync(dataDir).reduce((n, file) => n + statSync(`${dataDir}/${file}`).size, 0) / SPANS, unit: 'B', must: 980, aim: 450 },
    ];
    const queries: readonly (readonly [string, string, number, number])[] = [
      ['services', '/api/services', 2, 1], ['search: service, limit 20', '/api/traces?service=svc-3.default&limit=20', 30, 10], ['search: service and tag, limit 20', `/api/traces?service=svc-3.default&limit=20&tags=${encodeURIComponent('{"http.status_code":"503"}')}`, 60, 18],
      ['search without a hit', `/api/traces?service=svc-3.default&tags=${encodeURIComponent('{"http.status_code":"404"}')}`, 480, 60], ['one trace of 10 spans', `/api/traces/${hex(77, 32)}`, 3, 1.1], ['dependencies of a day', '/api/dependencies', 50, 5],
    ];
    for (const [name, path, must, aim] of queries) {
      const { median, range } = await client.time(21, () => path);
      rows.push({ name, value: median, unit: 'ms', must, aim, range });
    }
    return rows;
  } finally {
    client.close();
    await store.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
