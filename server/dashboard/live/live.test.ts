import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '#server/lib';
import { bigMesh } from '#shared/fixtures';
import { applyFrame, decodeFrame } from '#shared/graph';
import type { Held } from '#shared/graph';
import { openEventStream } from '../http/sse.ts';
import type { EventStream } from '../http/sse.ts';
import { createJaeger } from '../sources/jaeger/jaeger.ts';
import { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import { createPrometheus } from '../sources/prometheus/prometheus.ts';
import { MeshState } from '../state/mesh-state.ts';
import type { Subscriber } from './graph-producer.ts';
import { Live } from './live.ts';

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${address === null || typeof address === 'string' ? 0 : address.port}`;
}
async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (condition()) return;
    await sleep(20);
  }
  throw new Error(`not within 20 s: ${what}`);
}

/** A Prometheus with recorded answers; `mesh` may be exchanged while it runs. Counts what it is asked. */
async function recorded(): Promise<{ readonly url: string; mesh: ReturnType<typeof bigMesh>; readonly asked: string[] }> {
  const state = { mesh: bigMesh({ services: 30, edges: 80, namespaces: 3, seed: 1 }), asked: [] as string[] };
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    }).on('end', () => {
      const query = new URLSearchParams(body).get('query') ?? '';
      state.asked.push(query);
      const { answers } = state.mesh;
      const empty = '{"status":"success","data":{"resultType":"vector","result":[]}}';
      response.writeHead(200, { 'content-type': 'application/json' }).end(query.includes('histogram_quantile') ? (query.includes('source_workload,') ? answers.edgeLatency : answers.nodeLatency) : query.includes('istio_requests_total') ? answers.requests : empty);
    });
  });
  return Object.assign(state, { url: await listen(server) });
}

async function live(): Promise<{ readonly live: Live; readonly prometheus: Awaited<ReturnType<typeof recorded>> }> {
  const prometheus = await recorded();
  const log = createLog('live');
  log.level = 'fatal';
  const sources = { kubernetes: new Kubernetes({ kube: {}, clock: Date.now, log }), prometheus: createPrometheus({ url: prometheus.url, clock: Date.now }), jaeger: createJaeger({ url: undefined, clock: Date.now }) };
  const made = new Live({ state: new MeshState(sources, Date.now), log, callers: async () => undefined });
  onTestFinished(() => {
    made.stop();
    sources.prometheus.close();
  });
  return { live: made, prometheus };
}
type Client = Subscriber & { held: Held | undefined; slow: boolean; readonly types: string[] };
function client(): Client {
  const self: Client = {
    held: undefined, slow: false, types: [], revision: { current: Number.NaN }, busy: () => self.slow,
    send: (event, text) => {
      if (event !== 'frame') return;
      const frame = decodeFrame(JSON.parse(text));
      if (!frame.ok) throw new Error(frame.error);
      self.types.push(frame.value.type);
      const next = applyFrame(self.held, frame.value);
      if (next === undefined) throw new Error('a patch for another revision');
      self.held = next;
    },
  };
  return self;
}
const view = { windowSeconds: 60, grouping: 'workload', namespaces: [] } as const;

test('one producer serves every client of a view; a slow one gets one full frame when it is back, the others patches', async () => {
  const { live: frames, prometheus } = await live();
  const producer = frames.producer(view);
  expect(frames.producer({ ...view })).toBe(producer);
  const [quick, slow] = [client(), client()];
  producer.subscribe(quick);
  producer.subscribe(slow);
  await until(() => quick.held !== undefined && slow.held !== undefined, 'both have the first frame');
  expect([quick.types, slow.types]).toEqual([['full'], ['full']]);
  slow.slow = true;
  for (const seed of [2, 3, 4]) {
    const before = quick.types.length;
    // mostly the same mesh: a few rates move
    prometheus.mesh = { ...prometheus.mesh, answers: { ...prometheus.mesh.answers, requests: prometheus.mesh.answers.requests.replace(/"value":\[[\d.]+,"[\d.]+"\]/, `"value":[1,"${seed}"]`) } };
    await until(() => quick.types.length > before, 'a frame of the change');
  }
  expect(quick.types).toEqual(['full', 'patch', 'patch', 'patch']);
  expect(slow.types).toEqual(['full']);
  slow.slow = false;
  producer.drained(slow);
  expect(slow.types).toEqual(['full', 'full']);
  expect(slow.held).toEqual(quick.held);
  const late = client();
  late.revision.current = quick.held?.revision ?? 0; // it reconnects with what it holds
  late.held = quick.held;
  producer.subscribe(late);
  expect(late.types).toEqual([]);
});

test('a mesh that changes all over is sent whole: columns are smaller than patches', async () => {
  const { live: frames, prometheus } = await live();
  const one = client();
  frames.producer(view).subscribe(one);
  await until(() => one.types.length === 1, 'the first frame');
  prometheus.mesh = bigMesh({ services: 30, edges: 80, namespaces: 3, seed: 9 });
  await until(() => one.types.length === 2, 'the second frame');
  expect(one.types).toEqual(['full', 'full']);
});

test('the number of queries does not depend on the number of viewers or namespaces', async () => {
  const { live: frames, prometheus } = await live();
  const many = { ...view, namespaces: ['team-00', 'team-01', 'team-02'] };
  const clients = Array.from({ length: 20 }, client);
  for (const one of clients) frames.producer(many).subscribe(one);
  await until(() => clients.every((one) => one.held !== undefined), 'all have a frame');
  const graph = new Set(prometheus.asked.filter((query) => query.includes('istio_')));
  expect(graph.size).toBe(4);
});

test('bytes stop when a client does not read, and it hears when there is room again', async () => {
  const streams: EventStream[] = [];
  const app = fastify({ forceCloseConnections: true });
  app.get('/stream', (incoming, reply) => {
    streams.push(openEventStream(incoming, reply));
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => request(`${url}/stream`, resolve).on('error', reject).end());
  answer.pause();
  const [stream] = streams;
  if (stream === undefined) throw new Error('no stream');
  const text = 'x'.repeat(100_000);
  let sent = 0;
  for (; sent < 2000 && !stream.busy(); sent++) {
    stream.send('frame', text);
    if (sent % 20 === 0) await sleep(1);
  }
  expect(stream.busy()).toBe(true);
  let drained = false;
  stream.onDrain(() => {
    drained = true;
  });
  answer.resume();
  await until(() => drained && !stream.busy(), 'room again');
  answer.destroy();
  await stream.closed;
});

test('the change log of a folder that cannot be written keeps the console alive', async () => {
  const { startDashboard } = await import('../index.ts');
  const dir = mkdtempSync(`${tmpdir()}/pharos-ro-`);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const log = createLog('ro');
  log.level = 'silent';
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`${dir}/data`, 'a file where the folder should be');
  const app = await startDashboard({ bindAddress: '127.0.0.1', port: 0, kube: {}, dataDir: `${dir}/data`, webDir: `${dir}/web`, meshName: 'm', log });
  onTestFinished(() => app.stop());
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  expect(await (await fetch(`${app.url}/api/changes`)).json()).toMatchObject({ state: 'stale', value: [], error: { code: 'STORE_FULL' } });
});
