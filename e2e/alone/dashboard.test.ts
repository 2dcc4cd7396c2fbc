import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDashboard } from '#server/dashboard';
import type { Dashboard } from '#server/dashboard';
import { createLog } from '#server/lib';
import { ROUTES } from '#shared/api';
import { decodeFrame } from '#shared/graph';

// The console alone: three addresses at which nobody answers. Every page's data says which source is missing; nothing hangs, nothing is empty without a reason.

let dir = '';
let started: Dashboard | undefined;
const url = (): string => started?.url ?? '';
beforeAll(async () => {
  dir = mkdtempSync(`${tmpdir()}/pharos-alone-`);
  const log = createLog('console');
  log.level = 'fatal';
  started = await startDashboard({ bindAddress: '127.0.0.1', port: 0, kube: { kubeconfigPath: `${dir}/nothing` }, prometheusUrl: 'http://127.0.0.1:1', jaegerUrl: 'http://127.0.0.1:1', dataDir: dir, webDir: `${dir}/web`, meshName: 'dead', log, validateReplies: true });
});
afterAll(async () => {
  await started?.stop();
  rmSync(dir, { recursive: true, force: true });
});
const get = async (path: string): Promise<{ readonly status: number; readonly body: unknown }> => {
  const answer = await fetch(url() + path);
  return { status: answer.status, body: await answer.json() };
};

test('it is alive and describes itself', async () => {
  expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  const metrics = await (await fetch(`${url()}/metrics`)).text();
  expect(metrics).toMatch(/pharos_source_up\{source="prometheus"\} 0/);
  const { body } = await get('/api/openapi.json');
  expect(body).toMatchObject({ openapi: '3.0.3' });
  const paths = Object.keys((body as { paths: object }).paths);
  for (const route of Object.values(ROUTES)) expect(paths).toContain(route.path.replaceAll(/:(\w+)/g, '{$1}'));
});

test('each page says which source is missing', async () => {
  expect((await get('/api/meta')).body).toMatchObject({ sources: [{ source: 'kubernetes', state: 'down' }, { source: 'prometheus', state: 'down' }, { source: 'jaeger' }] });
  const missing = (source: string) => ({ state: 'error', error: { source, message: expect.stringContaining('not'), next: expect.any(String), since: expect.any(Number) } });
  expect((await get('/api/overview')).body).toMatchObject({ requests: missing('prometheus'), errors: missing('prometheus'), mtls: missing('prometheus'), services: { state: 'error', error: { source: 'kubernetes' } } });
  for (const path of ['/api/services', '/api/workloads', '/api/config']) expect((await get(path)).body).toMatchObject({ state: 'error', error: { source: 'kubernetes' } });
  for (const path of ['/api/traces', '/api/traces/services', '/api/traces/abc123']) expect((await get(path)).body).toMatchObject(missing('jaeger'));
  expect((await get('/api/mesh')).body).toMatchObject({ sources: [{ state: 'down' }, { state: 'down' }, { state: 'down' }] });
  expect((await get('/api/charts/service/default/reviews')).body).toMatchObject(missing('prometheus'));
  expect(await get('/api/services/default/reviews')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND', next: expect.any(String) } });
  expect(await get('/api/config/networking.istio.io/VirtualService/default/reviews')).toMatchObject({ status: 503 });
  expect((await get('/api/changes')).body).toMatchObject({ state: 'value', value: [] });
});

test('the graph tells why it is empty, as a frame and as a stream', async () => {
  const frame = decodeFrame((await get('/api/graph')).body);
  if (!frame.ok || frame.value.type !== 'full') throw new Error('no frame');
  expect(frame.value.model.notes.map((note) => note.code)).toEqual(['source-missing', 'partial']);
  const stop = new AbortController();
  const stream = await fetch(`${url()}/api/graph/stream`, { signal: stop.signal });
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('event: frame') && text.includes('event: sources')) break;
  }
  stop.abort();
  expect(text).toContain('"code":"source-missing"');
});

test('a console without any source says what it was not given', async () => {
  const log = createLog('console');
  log.level = 'fatal';
  const bare = await startDashboard({ bindAddress: '127.0.0.1', port: 0, kube: {}, dataDir: `${dir}/bare`, webDir: `${dir}/web`, meshName: 'none', log, validateReplies: true });
  try {
    const read = async (path: string): Promise<unknown> => (await fetch(bare.url + path)).json();
    expect(await read('/api/meta')).toMatchObject({ sources: [{ state: 'not-configured' }, { state: 'not-configured' }, { state: 'not-configured' }] });
    expect(await read('/api/services')).toMatchObject({ state: 'not-asked', reason: expect.stringContaining('--kubeconfig') });
    expect(await read('/api/traces')).toMatchObject({ state: 'error', error: { code: 'SOURCE_MISSING', next: expect.stringContaining('--jaeger') } });
    expect(await read('/api/overview')).toMatchObject({ requests: { state: 'error', error: { next: expect.stringContaining('--prometheus') } } });
  } finally {
    await bare.stop();
  }
});
