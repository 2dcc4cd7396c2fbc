import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CSRF_HEADER, ROUTES } from '#shared/api';
import { applyFrame, decodeFrame } from '#shared/graph';
import type { GraphModel, Held } from '#shared/graph';
import { reviewsRule, reviewsSubsets } from '#shared/fixtures';
import type { KubeObject } from '#shared/mesh';
import { BROKEN_LOG, HANGING_LOG, pathOf, startWorld } from '../lib/console-world.ts';
import type { World } from '../lib/console-world.ts';

// The console against a Kubernetes API, a metrics store and a trace store, each spoken to over its own interface. Every reply is checked by its schema.

let world: World;
let app: { readonly url: string; stop(): Promise<void> };
const place = (name: string, version = 'v1', namespace = 'default') => ({ namespace, workload: `${name}-${version}`, app: name, version });
const svc = (name: string) => ({ namespace: 'default', name });
const gateway = { namespace: 'istio-system', workload: 'istio-ingressgateway', app: 'istio-ingressgateway', version: 'latest' };

/** One round of requests through bookinfo; `split` says how many of them each version of reviews got. */
function round(split: Readonly<Record<string, number>> = { v1: 9, v2: 1 }): void {
  const n = Object.values(split).reduce((a, b) => a + b, 0);
  world.counters.both({ source: gateway, destination: place('productpage'), service: svc('productpage') }, n, 40);
  world.counters.both({ source: place('productpage'), destination: place('details'), service: svc('details') }, n, 5);
  for (const [version, count] of Object.entries(split)) world.counters.both({ source: place('productpage'), destination: place('reviews', version), service: svc('reviews') }, count, 20);
  world.counters.add({ destination: place('productpage'), service: svc('productpage'), reporter: 'destination' }, 1);
}
let traffic: NodeJS.Timeout;
let current: Readonly<Record<string, number>> = { v1: 9, v2: 1 };

beforeAll(async () => {
  world = await startWorld();
  traffic = setInterval(() => round(current), 200);
  app = await world.console();
  await until(async () => pick((await get('/api/overview')).body, 'requests.state') === 'value', 'requests are measured');
});
afterAll(async () => {
  clearInterval(traffic);
  await app.stop();
  await world.stop();
});
beforeEach(() => {
  world.istiod.rejectWith = undefined;
});

/** The value at a path of an answer ("value.0.name"); undefined where there is none. */
function pick(body: unknown, path: string): unknown {
  let at: unknown = body;
  for (const key of path.split('.')) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  return at;
}
const list = (body: unknown, path: string): readonly unknown[] => {
  const found = path === '' ? body : pick(body, path);
  return Array.isArray(found) ? found : [];
};
const text = (body: unknown, path: string): string => String(pick(body, path));
const named = (body: unknown, path: string, key: string, value: string): unknown => list(body, path).find((item) => pick(item, key) === value);
async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = { [CSRF_HEADER]: '1' }): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await fetch(app.url + path, { method, headers: { ...(method === 'GET' ? {} : headers), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: answer.status, body: await answer.json() };
}
const get = (path: string): ReturnType<typeof call> => call('GET', path);
async function until(condition: () => Promise<boolean>, what: string, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(50);
  }
}
async function graph(query = ''): Promise<GraphModel> {
  const frame = decodeFrame((await get(`/api/graph${query}`)).body);
  if (!frame.ok || frame.value.type !== 'full') throw new Error('no full frame');
  return frame.value.model;
}
const rule = (name: string): string => `/apis/networking.istio.io/v1/namespaces/default/${name}`;
async function object(path: string): Promise<KubeObject | undefined> {
  try {
    return (await world.client.request({ method: 'GET', path })) as KubeObject;
  } catch {
    return undefined;
  }
}
const weights = (vs: KubeObject | undefined): unknown => (vs?.['spec'] as { http: { route: { destination: { subset: string }; weight: number }[] }[] } | undefined)?.http.at(-1)?.route.map((r) => [r.destination.subset, r.weight]);
async function rolledOut(id: string): Promise<unknown> {
  await until(async () => ['live', 'failed'].includes(text((await get(`/api/rollouts/${id}`)).body, 'state')), `rollout ${id} ends`);
  return (await get(`/api/rollouts/${id}`)).body;
}
async function removeRules(): Promise<void> {
  for (const path of [rule('virtualservices/reviews'), rule('destinationrules/reviews')]) if ((await object(path)) !== undefined) await world.client.request({ method: 'DELETE', path });
  await until(async () => JSON.stringify(await base()) === '{}', 'the console saw the rules go');
}
type Base = { baseVirtualService?: string; baseDestinationRule?: string };
async function base(): Promise<Base> {
  const { body } = await get('/api/shift/default/reviews');
  const [vs, dr] = [pick(body, 'virtualService.resourceVersion'), pick(body, 'destinationRule.resourceVersion')];
  return { ...(vs === undefined ? {} : { baseVirtualService: String(vs) }), ...(dr === undefined ? {} : { baseDestinationRule: String(dr) }) };
}

test('every route of the table answers within its schema', async () => {
  const values: Record<string, string> = { namespace: 'default', name: 'reviews', kind: 'service', id: 'abc', group: 'networking.istio.io' };
  for (const [id, route] of Object.entries(ROUTES)) {
    if (route.method !== 'GET' || 'sse' in route) continue;
    const name = id === 'workload' || id === 'logs' ? 'reviews-v1' : id === 'proxy' ? 'productpage-v1-5f6d7c8b9-abcde' : 'reviews';
    const path = route.path.replaceAll(/:(\w+)/g, (_, key: string) => (key === 'name' ? name : id === 'configGet' && key === 'kind' ? 'DestinationRule' : (values[key] ?? key)));
    const answer = await get(path);
    const missing = ['configGet', 'rollout'].includes(id);
    expect([id, answer.status]).toEqual([id, missing ? 404 : 200]);
    if (missing) expect(answer.body).toEqual({ code: 'NOT_FOUND', message: expect.any(String), next: expect.any(String) });
  }
});

test('the graph of the mesh: rates once, mTLS as observed, callers without a sidecar, p95', async () => {
  let model = await graph();
  // a scrape can come in between the query of the rates and that of the times
  await until(async () => (model = await graph()).edges.some((e) => e.traffic.p95 !== undefined), 'p95 is known');
  const edge = (from: string, to: string) => model.edges.find((e) => e.key === `${from}>${to}:http`) ?? expect.fail(`no edge ${from} ${to}: ${model.edges.map((e) => e.key).join(' ')}`);
  const main = edge('wl:istio-system/istio-ingressgateway', 'wl:default/productpage-v1');
  expect(main).toMatchObject({ mtlsShare: 1, principals: { source: 'spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway' } });
  expect(main.traffic.p95).toBeGreaterThan(25);
  expect(edge('unknown:default', 'wl:default/productpage-v1').mtlsShare).toBe(0);
  expect(edge('svc:default/reviews', 'wl:default/reviews-v1').split?.observed).toBeCloseTo(0.9, 1);
  expect(edge('wl:default/productpage-v1', 'svc:default/reviews').traffic.rate / main.traffic.rate).toBeCloseTo(1, 0);
  expect(model.nodes.find((n) => n.kind === 'gateway')?.name).toBe('istio-ingressgateway');
  expect((await graph('?namespaces=legacy')).notes.map((n) => n.code)).toEqual(['not-injected']);
  expect((await graph('?grouping=app')).nodes.map((n) => n.key)).toContain('app:default/reviews');
});

test('a caller without a sidecar is named by the callee\'s access log, served or refused', async () => {
  const inbound = (remote: string, code: number, flags: string, cluster: string): string => `[${new Date().toISOString()}] "GET /productpage HTTP/1.1" ${code} ${flags} via_upstream - "-" 0 1 2 - "-" "curl" "id" "productpage:9080" "-" ${cluster} - 10.0.0.2:9080 ${remote}:40000 - default`;
  const log = 'default/productpage-v1-5f6d7c8b9-abcde/istio-proxy';
  world.logs.set(log, `${inbound('10.0.0.10', 200, '-', 'inbound|9080||')}\n${inbound('10.0.0.8', 200, '-', 'inbound|9080||')}\n`);
  await until(async () => (await graph()).edges.some((e) => e.key === 'wl:legacy/curl>wl:default/productpage-v1:http' && e.mtlsShare === 0), 'the caller has its name');
  expect((await graph()).edges.some((e) => e.source.startsWith('unknown:'))).toBe(false);
  await until(async () => list((await get('/api/mesh')).body, 'mtls').some((ns) => list(ns, 'plaintextCallers').some((c) => pick(c, 'caller') === 'legacy/curl' && pick(c, 'target') === 'default/productpage-v1')), 'the mesh page names it');
  await world.create({ apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata: { name: 'default', namespace: 'default' }, spec: { mtls: { mode: 'STRICT' } } });
  world.logs.set(log, `[${new Date().toISOString()}] "- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" "-" "-" "-" - - 10.0.0.2:9080 10.0.0.10:40000 - -\n`);
  await until(async () => list((await get('/api/mesh')).body, 'mtls').some((ns) => pick(ns, 'mode') === 'STRICT' && list(ns, 'plaintextCallers').some((c) => pick(c, 'caller') === 'legacy/curl (refused)')), 'it is shown as refused');
  await world.client.request({ method: 'DELETE', path: '/apis/security.istio.io/v1/namespaces/default/peerauthentications/default' });
  world.logs.delete(log);
});

test('a node agent that never answers for a log holds neither graph nor mesh page, and is not taken for the Kubernetes API', async () => {
  const log = 'default/productpage-v1-5f6d7c8b9-abcde/istio-proxy';
  world.logs.set(log, HANGING_LOG);
  const fresh = await world.console({ dataDir: `${world.dir}/hanging` });
  const ask = async (path: string): Promise<unknown> => (await fetch(fresh.url + path, { signal: AbortSignal.timeout(5000) })).json(); // its log is given up after 3 s
  try {
    await until(async () => list(await ask('/api/graph'), 'model.nodes.key').length > 0 || JSON.stringify(await ask('/api/graph')).includes('productpage'), 'the graph is there');
    const began = Date.now();
    await ask('/api/graph');
    await ask('/api/mesh');
    expect(Date.now() - began).toBeLessThan(5000);
    await until(async () => {
      await ask('/api/graph');
      expect(named(await ask('/api/mesh'), 'sources', 'source', 'kubernetes')).toMatchObject({ state: 'up' });
      return Date.now() - began > 4500;
    }, 'the log is given up');
  } finally {
    await fresh.stop();
    world.logs.delete(log);
  }
});

test('a log that breaks off in the middle takes away only itself', async () => {
  world.logs.set('default/productpage-v1-5f6d7c8b9-abcde/istio-proxy', BROKEN_LOG);
  world.logs.set('default/productpage-v1-5f6d7c8b9-abcde/productpage', 'INFO served\n');
  const lines = list((await get('/api/workloads/default/productpage-v1/logs')).body, 'value');
  expect(lines.find((line) => pick(line, 'container') === 'productpage')).toMatchObject({ text: 'INFO served' });
  expect(lines.find((line) => pick(line, 'container') === 'istio-proxy')).toMatchObject({ text: expect.stringContaining('the log cannot be read') });
  expect(named((await get('/api/mesh')).body, 'sources', 'source', 'kubernetes')).toMatchObject({ state: 'up' });
  world.logs.clear();
});

test('lists, overview and charts show the same traffic', async () => {
  await until(async () => pick(named((await get('/api/services')).body, 'value', 'name', 'reviews'), 'traffic.p99') !== undefined, 'quantiles are measured');
  const reviews = named((await get('/api/services')).body, 'value', 'name', 'reviews');
  expect(reviews).toMatchObject({ namespace: 'default', health: { state: 'healthy' }, mtlsShare: 1, versions: [{ version: 'v1' }, { version: 'v2' }, { version: 'v3' }] });
  expect(pick(reviews, 'traffic')).toMatchObject({ errorShare: 0, p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) });
  const overview = (await get('/api/overview')).body;
  expect(overview).toMatchObject({ requests: { state: 'value', value: { rate: expect.any(Number), p95: expect.any(Number) } }, mtls: { state: 'value' }, counts: { services: 6 } });
  expect(pick(overview, 'mtls.value.share')).toBeGreaterThan(0.9);
  expect(pick(overview, 'mtls.value.share')).toBeLessThan(1);
  const [last, end] = [Number(pick(overview, 'trend.from')) + Number(pick(overview, 'trend.stepMs')) * (list(overview, 'requests.value.trend').length - 1), Number(pick(overview, 'window.to'))];
  expect(end - last).toBeLessThanOrEqual(Number(pick(overview, 'trend.stepMs')) + 1000); // its last point is the newest whole step
  expect(pick(overview, 'trend.from')).toBeLessThan(Number(pick(overview, 'window.from')));
  const charts = (await get('/api/charts/workload/default/reviews-v1?window=5m')).body;
  expect(list(charts, 'value.lines').map((l) => pick(l, 'name'))).toEqual(['requests', '5xx and no answer', '4xx', 'errors', 'p50', 'p95', 'p99']);
  expect((await get('/api/workloads/default/reviews-v1')).body).toMatchObject({ pods: [{ ready: expect.any(String), ip: expect.any(String) }], services: ['reviews'], inbound: { state: 'value', value: [{ peer: 'productpage v1', mtlsShare: 1 }] } });
});

async function* frames(query: string, signal: AbortSignal): AsyncGenerator<{ readonly event: string; readonly data: unknown }> {
  const answer = await fetch(`${app.url}/api/graph/stream${query}`, { signal });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer.body ?? []) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as unknown };
    }
  }
}

test('a stream begins with a full frame, goes on with patches, and shows a request on its edge soon', async () => {
  const stop = new AbortController();
  let held: Held | undefined;
  let patches = 0;
  let sent: number | undefined;
  const rated = (): number => held?.model.edges.find((e) => e.key === 'wl:default/reviews-v3>wl:default/ratings-v1:http')?.traffic.rate ?? 0;
  for await (const { event, data } of frames('', stop.signal)) {
    if (event !== 'frame') continue;
    const frame = decodeFrame(data);
    if (!frame.ok) throw new Error(frame.error);
    if (frame.value.type === 'patch') patches += 1;
    held = applyFrame(held, frame.value);
    if (held === undefined) throw new Error('a patch of another revision');
    if (patches >= 2 && sent === undefined) {
      sent = Date.now();
      // a first request on an edge that never was: its counter is born with it
      world.counters.both({ source: place('reviews', 'v3'), destination: place('ratings'), service: svc('ratings'), code: '503' }, 1);
    }
    if (sent !== undefined && rated() > 0) break;
    if (sent !== undefined && Date.now() - sent > 20_000) throw new Error('the edge did not appear');
  }
  stop.abort();
  expect(held?.model.edges.find((e) => e.source === 'wl:default/reviews-v3')).toMatchObject({ traffic: { errorShare: 1 }, health: { state: 'degraded', reason: expect.stringContaining('failed with 503') } });
});

test('shift: what is missing is created in the safe order, acknowledged, shown, and taken back in reverse', async () => {
  await removeRules();
  const plan = (await call('POST', '/api/shift/plan', { namespace: 'default', service: 'reviews', weights: { v1: 50, v2: 0, v3: 50 } })).body;
  expect(list(plan, 'steps').map((s) => `${text(s, 'verb')} ${text(s, 'kind')}`)).toEqual(['create DestinationRule', 'wait DestinationRule', 'create VirtualService', 'wait VirtualService']);
  const applied = (await call('POST', '/api/shift/apply', { namespace: 'default', service: 'reviews', weights: { v1: 50, v2: 0, v3: 50 } })).body;
  const done = await rolledOut(text(applied, 'id'));
  expect(done).toMatchObject({ state: 'live', proxies: { acknowledged: 2, total: 2 }, ms: expect.any(Number), steps: [{ state: 'done' }, { state: 'done' }, { state: 'done' }, { state: 'done' }] });
  expect(weights(await object(rule('virtualservices/reviews')))).toEqual([['v1', 50], ['v3', 50]]);
  const [vs, dr] = [await object(rule('virtualservices/reviews')), await object(rule('destinationrules/reviews'))];
  expect(BigInt(dr?.metadata.resourceVersion ?? 0)).toBeLessThan(BigInt(vs?.metadata.resourceVersion ?? 0));
  current = { v1: 5, v3: 5 };
  await until(async () => pick(named((await get('/api/shift/default/reviews')).body, 'versions', 'subset', 'v3'), 'set') === 50, 'the set split is seen');
  expect(list((await get('/api/changes')).body, 'value').map((c) => `${text(c, 'who')} ${text(c, 'kind')} ${text(c, 'verb')}`).slice(0, 2)).toEqual(['operator VirtualService created', 'operator DestinationRule created']);
  const undone = (await call('POST', `/api/undo/${text(applied, 'undoId')}`)).body;
  expect(await rolledOut(text(undone, 'id'))).toMatchObject({ state: 'live', steps: [{ text: 'Delete VirtualService reviews' }, {}, { text: 'Delete DestinationRule reviews' }, {}] });
  expect([await object(rule('virtualservices/reviews')), await object(rule('destinationrules/reviews'))]).toEqual([undefined, undefined]);
  expect(await call('POST', `/api/undo/${text(applied, 'undoId')}`)).toMatchObject({ status: 409, body: { code: 'NOT_UNDOABLE' } });
  current = { v1: 9, v2: 1 };
});

test('shift: a concurrent edit is a conflict, nothing is overwritten', async () => {
  await removeRules();
  await world.create(reviewsSubsets(), reviewsRule({ v1: 90, v2: 10 }));
  await until(async () => (await base()).baseVirtualService !== undefined, 'the rule is seen');
  const seen = await base();
  await world.client.request({ method: 'PATCH', path: rule('virtualservices/reviews'), contentType: 'application/merge-patch+json', body: { metadata: { labels: { by: 'someone' } } } });
  const request = { namespace: 'default', service: 'reviews', weights: { v1: 0, v2: 100, v3: 0 }, ...seen };
  expect(await call('POST', '/api/shift/apply', request)).toMatchObject({ status: 409, body: { code: 'CONFLICT', message: expect.stringContaining('reviews') } });
  expect(weights(await object(rule('virtualservices/reviews')))).toEqual([['v1', 90], ['v2', 10]]);
  await until(async () => (await base()).baseVirtualService !== seen.baseVirtualService, 'the edit is seen');
  const applied = await call('POST', '/api/shift/apply', { ...request, ...(await base()) });
  expect(await rolledOut(text(applied.body, 'id'))).toMatchObject({ state: 'live' });
  expect(weights(await object(rule('virtualservices/reviews')))).toEqual([['v1', 0], ['v2', 100]]);
  // somebody else changes it again: the undo is refused, not forced
  await world.client.request({ method: 'PATCH', path: rule('virtualservices/reviews'), contentType: 'application/merge-patch+json', body: { metadata: { labels: { by: 'another' } } } });
  expect(await call('POST', `/api/undo/${text(applied.body, 'undoId')}`)).toMatchObject({ status: 409, body: { code: 'UNDO_GONE' } });
});

test('undo keeps what tools and controllers wrote: kubectl\'s annotation, owners, finalizers', async () => {
  await removeRules();
  const owner = await object('/api/v1/namespaces/default/services/reviews');
  const applied = JSON.stringify({ kind: 'VirtualService', spec: { applied: 'by kubectl' } });
  const before = reviewsRule({ v1: 90, v2: 10 });
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': applied, team: 'books' };
  await world.create(reviewsSubsets(), { ...before, metadata: { ...before.metadata, annotations, ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'reviews', uid: owner?.metadata.uid ?? '' }] } });
  await until(async () => (await base()).baseVirtualService !== undefined, 'the rule is seen');
  const shifted = (await call('POST', '/api/shift/apply', { namespace: 'default', service: 'reviews', weights: { v1: 0, v2: 100, v3: 0 }, ...(await base()) })).body;
  expect(await rolledOut(text(shifted, 'id'))).toMatchObject({ state: 'live' });
  const undone = (await call('POST', `/api/undo/${text(shifted, 'undoId')}`)).body;
  expect(await rolledOut(text(undone, 'id'))).toMatchObject({ state: 'live' });
  const after = await object(rule('virtualservices/reviews'));
  expect(weights(after)).toEqual([['v1', 90], ['v2', 10]]);
  const kept = { annotations, ownerReferences: [{ kind: 'Service', name: 'reviews', uid: owner?.metadata.uid }] };
  expect(after?.metadata).toMatchObject(kept);
  const deleted = (await call('DELETE', '/api/config/networking.istio.io/VirtualService/default/reviews')).body;
  expect(await object(rule('virtualservices/reviews'))).toBeUndefined();
  expect(await rolledOut(text((await call('POST', `/api/undo/${text(deleted, 'undoId')}`)).body, 'id'))).toMatchObject({ state: 'live' });
  expect((await object(rule('virtualservices/reviews')))?.metadata).toMatchObject(kept);
});

test('shift: a proxy that rejects a change fails it, by name and reason; nothing goes on', async () => {
  await removeRules();
  world.istiod.rejectWith = 'unknown cluster';
  const applied = (await call('POST', '/api/shift/apply', { namespace: 'default', service: 'reviews', weights: { v1: 100, v2: 0, v3: 0 } })).body;
  const failed = await rolledOut(text(applied, 'id'));
  expect(failed).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('rejected it: unknown cluster') }, rejected: [{ proxy: expect.stringContaining('productpage') }, {}] });
  expect(await object(rule('virtualservices/reviews'))).toBeUndefined();
  world.istiod.rejectWith = undefined;
  const undone = (await call('POST', `/api/undo/${text(applied, 'undoId')}`)).body;
  expect(await rolledOut(text(undone, 'id'))).toMatchObject({ state: 'live' });
  expect(await object(rule('destinationrules/reviews'))).toBeUndefined();
});

test('an istiod that hangs holds no write', async () => {
  await removeRules();
  await world.create(reviewsSubsets(), reviewsRule({ v1: 90, v2: 10 }));
  await until(async () => (await base()).baseVirtualService !== undefined, 'the rule is seen');
  world.istiod.hangs = true;
  try {
    const began = Date.now();
    const applied = (await call('POST', '/api/shift/apply', { namespace: 'default', service: 'reviews', weights: { v1: 0, v2: 100, v3: 0 }, ...(await base()) })).body;
    expect(Date.now() - began).toBeLessThan(8000); // its page would be given up after 10 s
    expect(weights(await object(rule('virtualservices/reviews')))).toEqual([['v1', 0], ['v2', 100]]);
    expect(await rolledOut(text(applied, 'id'))).toMatchObject({ state: 'live', steps: [{}, { text: expect.stringContaining('istiod cannot be read') }] });
  } finally {
    world.istiod.hangs = false;
  }
});

test('a change by someone else is logged with before and after, and taken back', async () => {
  await removeRules();
  await world.create(reviewsSubsets(), reviewsRule({ v1: 90, v2: 10 }));
  const changed = { ...reviewsRule({ v1: 60, v2: 40 }), metadata: { name: 'reviews', namespace: 'default', resourceVersion: (await object(rule('virtualservices/reviews')))?.metadata.resourceVersion ?? '' } };
  await world.client.request({ method: 'PUT', path: rule('virtualservices/reviews'), body: changed });
  const find = async (): Promise<unknown> => named((await get('/api/changes')).body, 'value', 'summary', 'reviews 90/10 → 60/40 (v1/v2)');
  await until(async () => (await find()) !== undefined, 'the change is logged');
  const change = await find();
  expect(change).toMatchObject({ verb: 'updated', undoable: true });
  const undone = await call('POST', `/api/undo/${text(change, 'id')}`);
  expect(await rolledOut(text(undone.body, 'id'))).toMatchObject({ state: 'live' });
  expect(weights(await object(rule('virtualservices/reviews')))).toEqual([['v1', 90], ['v2', 10]]);
  // the log outlives the process
  await app.stop();
  app = await world.console();
  await until(async () => named((await get('/api/changes')).body, 'value', 'id', text(change, 'id')) !== undefined, 'the log is there after a restart');
  await until(async () => pick((await get('/api/config')).body, 'state') === 'value', 'the caches are filled');
});

test('the editor is told where a mistake is, by the console and by the server, and saves with the version it saw', async () => {
  await removeRules();
  await world.create(reviewsSubsets(), reviewsRule({ v1: 90, v2: 10 }));
  const path = '/api/config/networking.istio.io/VirtualService/default/reviews';
  const loaded = (await get(path)).body;
  const yaml = text(loaded, 'yaml');
  const wrong = yaml.replace('weight: 10', 'weigth: 10');
  const line = wrong.split('\n').findIndex((text) => text.includes('weigth')) + 1;
  expect(list((await call('POST', '/api/config-check', { yaml: wrong })).body, '').map((m) => [pick(m, 'line'), pick(m, 'source')])).toContainEqual([line, 'schema']);
  const refused = await call('PUT', path, { yaml: wrong, resourceVersion: text(loaded, 'resourceVersion'), dryRun: false });
  expect(refused.body).toMatchObject({ saved: false, resourceVersion: text(loaded, 'resourceVersion') });
  expect(list(refused.body, 'markers').map((m) => pick(m, 'line'))).toContain(line);
  const good = yaml.replace('weight: 90', 'weight: 80').replace('weight: 10', 'weight: 20');
  const dry = await call('PUT', path, { yaml: good, resourceVersion: text(loaded, 'resourceVersion'), dryRun: true });
  expect(dry.body).toMatchObject({ saved: false, markers: [] });
  expect(text(dry.body, 'diff')).toMatch(/^-\s+weight: 90$/m);
  expect(weights(await object(rule('virtualservices/reviews')))).toEqual([['v1', 90], ['v2', 10]]);
  const saved = await call('PUT', path, { yaml: good, resourceVersion: text(loaded, 'resourceVersion'), dryRun: false });
  expect(saved.body).toMatchObject({ saved: true, rolloutId: expect.any(String) });
  expect(await call('PUT', path, { yaml: good, resourceVersion: text(loaded, 'resourceVersion'), dryRun: false })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  const removed = await call('DELETE', path);
  expect(await object(rule('virtualservices/reviews'))).toBeUndefined();
  await call('POST', `/api/undo/${text(removed.body, 'undoId')}`);
  await until(async () => (await object(rule('virtualservices/reviews'))) !== undefined, 'the deleted rule is back');
  expect(weights(await object(rule('virtualservices/reviews')))).toEqual([['v1', 80], ['v2', 20]]);
});

test('findings: a subset that is not there is found in the list, at its line in the editor before it is applied, and counted', async () => {
  await removeRules();
  await world.create(reviewsSubsets());
  const text = `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: reviews\n  namespace: default\nspec:\n  hosts:\n    - reviews\n  http:\n    - route:\n        - destination:\n            host: reviews\n            subset: v9\n`;
  await until(async () => list((await call('POST', '/api/config-check', { yaml: text })).body, '').some((m) => pick(m, 'line') === 13 && String(pick(m, 'message')).startsWith('IST0101')), 'the editor is told at the line');
  expect((await call('POST', '/api/config', { yaml: text, dryRun: false })).body).toMatchObject({ saved: true });
  await until(async () => list(named((await get('/api/config')).body, 'value', 'name', 'reviews'), 'findings').length + list(list((await get('/api/config?kind=VirtualService')).body, 'value')[0], 'findings').length > 0, 'the list shows it');
  expect((await get('/api/overview')).body).toMatchObject({ config: { state: 'value', value: { first: expect.stringContaining('in ') } } });
  expect(Number(pick((await get('/api/overview')).body, 'config.value.errors'))).toBeGreaterThan(0);
  await until(async () => Number(pick(named((await get('/api/services')).body, 'value', 'name', 'reviews'), 'findings')) > 0, 'the service counts it');
  await removeRules();
});

test('new objects: created, refused with a name that has a slash, refused when they exist', async () => {
  const yaml = (name: string): string => `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: ${name}\n  namespace: default\nspec:\n  mtls:\n    mode: PERMISSIVE\n`;
  expect((await call('POST', '/api/config', { yaml: yaml('extra'), dryRun: true })).body).toMatchObject({ saved: false, markers: [] });
  expect((await call('POST', '/api/config', { yaml: yaml('extra'), dryRun: false })).body).toMatchObject({ saved: true });
  expect(await call('POST', '/api/config', { yaml: yaml('extra'), dryRun: false })).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS' } });
  const slash = await call('POST', '/api/config', { yaml: yaml('a/b'), dryRun: false });
  expect(slash.status === 200 ? pick(slash.body, 'saved') : false).toBe(false);
  expect(list(slash.body, 'markers').map((m) => pick(m, 'line'))).toContain(4);
  expect(list((await call('POST', '/api/config', { yaml: yaml('extra').replace('PERMISSIVE', 'SOMETIMES'), dryRun: false })).body, 'markers').map((m) => pick(m, 'line'))).toContain(8);
  await call('DELETE', '/api/config/security.istio.io/PeerAuthentication/default/extra');
});

test('bad requests are told apart: too large, not JSON, unknown fields of a path, other hosts and origins, no header', async () => {
  const big = await fetch(`${app.url}/api/config-check`, { method: 'POST', headers: { [CSRF_HEADER]: '1', 'content-type': 'application/json' }, body: JSON.stringify({ yaml: 'x'.repeat(10_000_000) }) });
  expect([big.status, await big.json()]).toMatchObject([413, { code: 'TOO_LARGE' }]);
  const broken = await fetch(`${app.url}/api/config-check`, { method: 'POST', headers: { [CSRF_HEADER]: '1', 'content-type': 'application/json' }, body: '{"yaml":' });
  expect([broken.status, await broken.json()]).toMatchObject([400, { code: 'BAD_REQUEST' }]);
  const latin = await fetch(`${app.url}/api/config-check`, { method: 'POST', headers: { [CSRF_HEADER]: '1', 'content-type': 'application/json' }, body: new Uint8Array([0x7b, 0x22, 0x79, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]) });
  expect([latin.status, await latin.json()]).toMatchObject([400, { message: 'The body is not valid UTF-8' }]);
  expect(await call('POST', '/api/config-check', { yaml: 1 })).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST', message: expect.stringContaining('yaml') } });
  expect(await get('/api/graph?window=soon')).toMatchObject({ status: 400 });
  expect(await get('/api/traces/not-hex')).toMatchObject({ status: 400 });
  expect(await get('/api/nothing')).toMatchObject({ status: 404, body: { code: 'NO_SUCH_ROUTE' } });
  expect(await call('PUT', '/api/load-maker', { ratePerSecond: 1 }, {})).toMatchObject({ status: 403, body: { code: 'NO_REQUEST_HEADER' } });
  expect(await call('PUT', '/api/load-maker', { ratePerSecond: 9999 })).toMatchObject({ status: 400 });
  const foreign = await fetch(`${app.url}/api/meta`, { headers: { origin: 'http://evil.example' } });
  expect([foreign.status, await foreign.json()]).toMatchObject([403, { code: 'ORIGIN_NOT_ALLOWED' }]);
  const { request } = await import('node:http');
  const rebound = await new Promise<number>((resolve, reject) => request(`${app.url}/api/meta`, { headers: { host: 'evil.example' } }, (answer) => resolve(answer.resume().statusCode ?? 0)).on('error', reject).end());
  expect(rebound).toBe(421);
  const page = await fetch(`${app.url}/graph`, { headers: { accept: 'text/html' } });
  expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self';(?!.*unsafe-inline.*script)/);
});

test('Prometheus goes away: the graph stays, its time stands still, the reason is named; then it is back', async () => {
  const stop = new AbortController();
  let held: Held | undefined;
  let phase: 'well' | 'down' | 'back' = 'well';
  for await (const { event, data } of frames('', stop.signal)) {
    if (event !== 'frame') continue;
    const frame = decodeFrame(data);
    if (!frame.ok) throw new Error(frame.error);
    held = applyFrame(held, frame.value) ?? held;
    const notes = held?.model.notes.map((n) => n.code) ?? [];
    if (phase === 'well' && (held?.model.edges.length ?? 0) > 3) {
      phase = 'down';
      await world.stopPrometheus();
    } else if (phase === 'down' && notes.includes('partial')) {
      expect(held?.model.edges.length).toBeGreaterThan(3);
      expect((await get('/api/overview')).body).toMatchObject({ requests: { state: 'error', error: { source: 'prometheus' } }, services: { state: 'value' } });
      phase = 'back';
      await world.startPrometheus();
    } else if (phase === 'back' && notes.length === 0) break;
  }
  stop.abort();
});

test('who may not see a kind loses that kind only', async () => {
  await world.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader', namespace: 'default' } }, {
    apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'reader' }, rules: [{ apiGroups: ['', 'apps'], resources: ['namespaces', 'pods', 'services', 'deployments'], verbs: ['get', 'list', 'watch'] }],
  }, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'reader' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' }, subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }] });
  const token = (await world.client.request({ method: 'POST', path: '/api/v1/namespaces/default/serviceaccounts/reader/token', body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} } })) as { status: { token: string } };
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`${world.dir}/reader`, JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': 'a', contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }], clusters: [{ name: 'a', cluster: { server: world.urls.kubernetes, 'insecure-skip-tls-verify': true } }], users: [{ name: 'a', user: { token: token.status.token } }] }));
  const limited = await world.console({ kube: { kubeconfigPath: `${world.dir}/reader` }, dataDir: `${world.dir}/limited` });
  try {
    const read = async (path: string): Promise<unknown> => (await fetch(limited.url + path)).json();
    await until(async () => named(await read('/api/services'), 'value', 'name', 'reviews') !== undefined, 'services are seen');
    await until(async () => pick(await read('/api/config'), 'state') === 'not-allowed', 'the config kinds are refused');
    expect(await read('/api/config')).toMatchObject({ permission: expect.stringContaining('networking.istio.io') });
    expect(await read('/api/mesh')).toMatchObject({ proxies: { state: 'not-allowed' } });
  } finally {
    await limited.stop();
  }
});

test('nothing of the cluster is left over', async () => {
  expect(pathOf({ apiVersion: 'v1', kind: 'Pod', metadata: {} })).toBe('/api/v1/namespaces/default/pods');
  await removeRules();
});
