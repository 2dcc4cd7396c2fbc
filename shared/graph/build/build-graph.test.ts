import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bookinfo, namespace, requestLabels, service, workload } from '#shared/fixtures';
import type { RequestLabels } from '#shared/fixtures';
import { buildGraph, EMPTY_VIEW, NO_ROWS, viewOf } from '../index.ts';
import type { BuildOptions, GraphModel, GraphRows, PromRow, SnapshotView } from '../index.ts';

const place = (app: string, version = 'v1', ns = 'default', name = `${app}-${version}`) => ({ namespace: ns, workload: name, app, version });
const svc = (name: string, ns = 'default') => ({ namespace: ns, name });
const row = (rate: number, r: RequestLabels): PromRow => ({ labels: requestLabels(r), value: rate });
const both = (rate: number, r: Omit<RequestLabels, 'reporter'>): PromRow[] => [row(rate, { ...r, reporter: 'source' }), row(rate, { ...r, reporter: 'destination' })];
const build = (requests: readonly PromRow[], view: SnapshotView = viewOf(bookinfo()), more: Partial<BuildOptions> & { rows?: Partial<GraphRows> } = {}): GraphModel =>
  buildGraph({ ...NO_ROWS, requests, ...more.rows }, view, { window: { from: 0, to: 60_000 }, grouping: 'service-version', namespaces: [], ...more });
const edge = (model: GraphModel, key: string) => {
  const found = model.edges.find((e) => e.key === key);
  if (found === undefined) throw new Error(`no edge ${key}; there are ${model.edges.map((e) => e.key).join(' ')}`);
  return found;
};
const node = (model: GraphModel, key: string) => model.nodes.find((n) => n.key === key);

test('a request reported by both sides counts once: the rate is the caller\'s, identity and mTLS are the callee\'s', () => {
  const model = build(both(10, { source: place('productpage'), destination: place('details'), service: svc('details') }));
  const found = edge(model, 'wl:default/productpage-v1>wl:default/details-v1:http');
  expect(found.traffic.rate).toBe(10);
  expect(found.mtlsShare).toBe(1);
  expect(found.principals).toEqual({ source: 'spiffe://cluster.local/ns/default/sa/productpage', destination: 'spiffe://cluster.local/ns/default/sa/details' });
  expect(found.health).toEqual({ state: 'healthy', reason: '600 requests, none failed' });
  expect(node(model, 'wl:default/details-v1')?.inbound.rate).toBe(10);
});

test('two reports that disagree in code are one request, with the code the caller got', () => {
  const pair = { source: place('productpage'), destination: place('details'), service: svc('details') };
  const model = build([row(1, { ...pair, reporter: 'source', code: '0', flags: 'DC' }), row(1, { ...pair, reporter: 'destination', code: '200' }), ...both(9, pair)]);
  const found = edge(model, 'wl:default/productpage-v1>wl:default/details-v1:http');
  expect(found.traffic).toMatchObject({ rate: 10, errorShare: 0.1 });
  expect(found.responses).toEqual([{ code: '200', flags: '-', rate: 9 }, { code: '0', flags: 'DC', rate: 1 }]);
});

test('what a fault rule answered in the caller\'s sidecar belongs to the service that was asked for, by whatever name', () => {
  const pair = { source: place('reviews', 'v2'), destination: place('ratings'), service: svc('ratings') };
  for (const host of ['ratings', 'ratings:9080', 'ratings.default', 'ratings.default.svc.cluster.local']) {
    const aborted = row(1, { source: place('reviews', 'v2'), service: { namespace: 'unknown', name: host, host }, reporter: 'source', code: '500', flags: 'FI' });
    const model = build([...both(3, pair), aborted]);
    expect(edge(model, 'wl:default/reviews-v2>wl:default/ratings-v1:http').traffic).toMatchObject({ rate: 4, errorShare: 0.25 });
    expect(model.nodes.filter((n) => n.kind === 'external')).toEqual([]);
  }
  const away = build([row(1, { source: place('reviews', 'v2'), service: { namespace: 'unknown', name: 'ratings.example.com', host: 'ratings.example.com' }, reporter: 'source', code: '500', flags: 'FI' })]);
  expect(node(away, 'ext:ratings.example.com')).toBeTruthy();
});

test('a retried request counts once although the callee saw every try', () => {
  const pair = { source: place('productpage'), destination: place('details'), service: svc('details') };
  const model = build([row(10, { ...pair, reporter: 'source' }), row(30, { ...pair, reporter: 'destination', code: '503' })]);
  expect(edge(model, 'wl:default/productpage-v1>wl:default/details-v1:http').traffic).toMatchObject({ rate: 10, errorShare: 0 });
});

test('what only one side saw is kept: callers without a sidecar, and requests that reached no workload', () => {
  const model = build([
    row(2, { destination: place('productpage'), service: svc('productpage'), reporter: 'destination' }),
    row(3, { source: place('productpage'), service: svc('details'), reporter: 'source', code: '503', flags: 'UH' }),
  ]);
  const plain = edge(model, 'unknown:default>wl:default/productpage-v1:http');
  expect(plain).toMatchObject({ traffic: { rate: 2 }, mtlsShare: 0 });
  expect(edge(model, 'wl:default/productpage-v1>wl:default/details-v1:http')).toMatchObject({ traffic: { rate: 3, errorShare: 1 }, mtlsShare: undefined, health: { state: 'failing', reason: '100 % of 180 requests failed with 503 UH' } });
});

test('answered requests whose workload the caller did not know are the ones the callee names', () => {
  const model = build([
    row(10, { source: place('productpage'), service: svc('reviews'), reporter: 'source' }),
    row(2, { source: place('productpage'), service: svc('reviews'), reporter: 'source', code: '503', flags: 'UF' }),
    ...['v1', 'v2'].map((v) => row(5, { source: place('productpage'), destination: place('reviews', v), service: svc('reviews'), reporter: 'destination' })),
  ]);
  expect(edge(model, 'wl:default/productpage-v1>svc:default/reviews:http').traffic).toMatchObject({ rate: 12, errorShare: 0.1667 });
  expect(edge(model, 'svc:default/reviews>wl:default/reviews-v1:http').traffic.rate).toBe(5);
});

test('a call to an address is one edge, not a second one to PassthroughCluster', () => {
  const model = build([
    row(4, { source: place('productpage'), service: { namespace: 'unknown', name: 'PassthroughCluster', host: 'PassthroughCluster' }, reporter: 'source' }),
    row(4, { source: place('productpage'), destination: place('ratings'), service: svc('ratings'), reporter: 'destination' }),
  ]);
  expect(model.edges.map((e) => [e.key, e.traffic.rate])).toEqual([['wl:default/productpage-v1>wl:default/ratings-v1:http', 4]]);
});

test('a service stands between its callers and its versions, with the split that is set and the one that was observed', () => {
  const rows = Object.entries({ v1: 8, v2: 2 }).flatMap(([version, rate]) => both(rate, { source: place('productpage'), destination: place('reviews', version), service: svc('reviews') }));
  const model = build(rows, viewOf(bookinfo({ v1: 75, v2: 25 })), { rows: { edgeLatency: [{ labels: { source_workload: 'productpage-v1', source_workload_namespace: 'default', destination_service_name: 'reviews', destination_service_namespace: 'default' }, value: 38.04 }], nodeLatency: [{ labels: { destination_workload: 'reviews-v2', destination_workload_namespace: 'default' }, value: 12.5 }] } });
  expect(edge(model, 'wl:default/productpage-v1>svc:default/reviews:http').traffic).toMatchObject({ rate: 10, p95: 38 });
  expect(edge(model, 'svc:default/reviews>wl:default/reviews-v1:http').split).toEqual({ set: 0.75, observed: 0.8 });
  expect(edge(model, 'svc:default/reviews>wl:default/reviews-v2:http')).toMatchObject({ split: { set: 0.25, observed: 0.2 }, traffic: { p95: 12.5 } });
  expect(node(model, 'svc:default/reviews')).toMatchObject({ kind: 'service', badges: ['split', 'virtual-service'], inbound: { rate: 10 } });
  expect(node(model, 'wl:default/reviews-v3')).toMatchObject({ idle: true, app: 'reviews', version: 'v3', health: { state: 'idle', reason: 'no requests in 60 s' } });
  expect(node(model, 'svc:default/details')).toBeUndefined(); // one version: its card takes the calls
});

test('a node says where its errors come from', () => {
  const failing = { source: place('reviews', 'v2'), destination: place('ratings'), service: svc('ratings'), code: '503' };
  const passed = { source: place('productpage'), destination: place('reviews', 'v2'), service: svc('reviews'), code: '500' };
  const model = build([...both(1, failing), ...both(9, { ...failing, code: '200' }), ...both(1, passed), ...both(9, { ...passed, code: '200' })]);
  expect(node(model, 'wl:default/ratings-v1')?.health.reason).toBe('10 % of 600 requests failed with 503');
  expect(node(model, 'wl:default/reviews-v2')?.health).toEqual({ state: 'failing', reason: '10 % of 600 requests failed with 500; the errors arrive from ratings-v1' });
});

test('4xx is shown and is no error; gRPC is judged by its status; bytes are not judged by codes', () => {
  const pair = { source: place('productpage'), destination: place('details'), service: svc('details') };
  const http = build(both(10, { ...pair, code: '404' }));
  expect(edge(http, 'wl:default/productpage-v1>wl:default/details-v1:http')).toMatchObject({ traffic: { errorShare: 0, clientErrorShare: 1 }, health: { state: 'degraded' } });
  const grpc = build(both(10, { ...pair, protocol: 'grpc', grpc: '14' }));
  expect(edge(grpc, 'wl:default/productpage-v1>wl:default/details-v1:grpc')).toMatchObject({ traffic: { errorShare: 1 }, responses: [{ code: 'grpc 14', flags: '-' }] });
  const tcp = build([], undefined, { rows: { tcp: both(2048, pair) } });
  expect(edge(tcp, 'wl:default/productpage-v1>wl:default/details-v1:tcp')).toMatchObject({ traffic: { rate: 2048 }, responses: [], mtlsShare: 1, health: { state: 'healthy' } });
});

test('each grouping has its own nodes', () => {
  const rows = [
    ...both(10, { source: place('istio-ingressgateway', 'latest', 'istio-system', 'istio-ingressgateway'), destination: place('productpage'), service: svc('productpage') }),
    ...both(6, { source: place('productpage'), destination: place('reviews', 'v1'), service: svc('reviews') }), ...both(4, { source: place('productpage'), destination: place('reviews', 'v2'), service: svc('reviews') }),
  ];
  const keys = (grouping: BuildOptions['grouping']) => build(rows, undefined, { grouping }).edges.map((e) => `${e.key} ${e.traffic.rate}`);
  expect(keys('workload')).toEqual(['wl:default/productpage-v1>wl:default/reviews-v1:http 6', 'wl:default/productpage-v1>wl:default/reviews-v2:http 4', 'wl:istio-system/istio-ingressgateway>wl:default/productpage-v1:http 10']);
  expect(keys('app')).toEqual(['app:default/productpage>app:default/reviews:http 10', 'app:istio-system/istio-ingressgateway>app:default/productpage:http 10']);
  expect(keys('service')).toEqual(['svc:default/productpage>svc:default/reviews:http 10', 'svc:istio-system/istio-ingressgateway>svc:default/productpage:http 10']);
  expect(build(rows).nodes.find((n) => n.kind === 'gateway')?.key).toBe('wl:istio-system/istio-ingressgateway');
});

test('a namespace is shown with the edges that enter and leave it, whatever characters its name has', () => {
  const rows = [...both(1, { source: place('a', 'v1', 'one.x'), destination: place('b', 'v1', 'two'), service: svc('b', 'two') }), ...both(1, { source: place('b', 'v1', 'two'), destination: place('c', 'v1', 'three'), service: svc('c', 'three') })];
  expect(build(rows, EMPTY_VIEW, { namespaces: ['one.x'] }).edges.map((e) => e.key)).toEqual(['wl:one.x/a-v1>wl:two/b-v1:http']);
  expect(build(rows, EMPTY_VIEW, { namespaces: ['two'] }).edges).toHaveLength(2);
});

test('rare calls are not rounded away', () => {
  expect(build(both(1 / 86_400, { source: place('productpage'), destination: place('details'), service: svc('details') })).edges[0]?.traffic.rate).toBeCloseTo(1 / 86_400, 8);
});

test('callers without an identity get the name that another source gave them', () => {
  const rows = [row(4, { destination: place('productpage'), service: svc('productpage'), reporter: 'destination' })];
  const model = build(rows, undefined, { callers: new Map([['default/productpage-v1', [{ workload: 'legacy/curl', share: 0.75 }]]]) });
  expect(edge(model, 'wl:legacy/curl>wl:default/productpage-v1:http')).toMatchObject({ traffic: { rate: 3 }, mtlsShare: 0 });
  expect(edge(model, 'unknown:default>wl:default/productpage-v1:http').traffic.rate).toBe(1);
  expect(node(model, 'wl:legacy/curl')?.sidecar).toBe('none');
});

test('a gateway does not report its callers: where its log names them, they called what it sent on; where it does not, a workload without sidecar is not called idle', () => {
  const gateway = place('istio-ingressgateway', 'latest', 'istio-system', 'istio-ingressgateway');
  const sent = { source: gateway, destination: place('productpage'), service: svc('productpage') };
  const rows = [...both(8, sent), ...both(2, { ...sent, code: '503' })];
  const named = build(rows, undefined, { callers: new Map([['istio-system/istio-ingressgateway', [{ workload: 'legacy/curl', share: 0.5 }, { workload: 'gone/x', share: 0.5 }]]]) });
  expect(named.edges.map((e) => [e.key, e.traffic.rate, e.traffic.errorShare, e.mtlsShare])).toEqual([
    ['wl:istio-system/istio-ingressgateway>wl:default/productpage-v1:http', 10, 0.2, 1], ['wl:legacy/curl>wl:istio-system/istio-ingressgateway:http', 5, 0.2, undefined],
  ]);
  expect(node(named, 'wl:default/productpage-v1')?.inbound.rate).toBe(10);
  expect(node(named, 'wl:legacy/curl')).toMatchObject({ idle: false, outbound: { rate: 5 } });
  expect(node(build(rows), 'wl:legacy/curl')).toMatchObject({ idle: true, health: { state: 'unknown', reason: 'outside the mesh: no sidecar measures it' } });
  expect(node(build(rows), 'wl:default/details-v1')).toMatchObject({ idle: true, health: { state: 'idle' } });
});

test('an empty graph says which absence it is', () => {
  const codes = (view: SnapshotView, more: Partial<BuildOptions>) => build([], view, more).notes.map((n) => n.code);
  const outside = viewOf({ Namespace: [namespace('default')], Deployment: [workload('default', 'a', 'v1', { sidecar: false }).deployment], Pod: [workload('default', 'a', 'v1', { sidecar: false }).pod] });
  expect(codes(viewOf(bookinfo()), { scraped: true })).toEqual(['no-traffic']);
  expect(codes(viewOf(bookinfo()), { scraped: false })).toEqual(['not-scraped']);
  expect(codes(outside, { scraped: false })).toEqual(['not-injected']);
  expect(codes(viewOf(bookinfo()), { namespaces: ['nowhere'] })).toEqual(['no-namespace']);
  expect(codes(viewOf(bookinfo()), { missing: [{ text: 'Prometheus does not answer', help: '', partial: false }] })).toEqual(['source-missing']);
  expect(build([], outside, {}).notes[0]?.help).toBe('kubectl label namespace default istio-injection=enabled && kubectl rollout restart deployment -n default');
});

test('the cluster alone gives mTLS modes, sidecars and gateways', () => {
  const objects = bookinfo();
  const policy = (ns: string, mode: string, selector?: Record<string, string>) => ({ apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata: { name: `p${mode}`, namespace: ns }, spec: { mtls: { mode }, ...(selector === undefined ? {} : { selector: { matchLabels: selector } }) } });
  const modes = (policies: ReturnType<typeof policy>[]) => new Map(viewOf({ ...objects, PeerAuthentication: policies }).namespaces.map((ns) => [ns.name, ns.mtlsMode]));
  expect(modes([]).get('default')).toBe('PERMISSIVE');
  expect(modes([policy('istio-system', 'STRICT')]).get('default')).toBe('STRICT');
  expect(modes([policy('istio-system', 'STRICT'), policy('default', 'PERMISSIVE')]).get('default')).toBe('PERMISSIVE');
  expect(modes([policy('default', 'PERMISSIVE', { app: 'ratings' }), policy('istio-system', 'STRICT')]).get('default')).toBe('MIXED');
  const view = viewOf(objects);
  expect(view.workloads.get('legacy/curl')?.sidecar).toBe('none');
  expect(view.workloads.get('istio-system/istio-ingressgateway')?.gateway).toBe(true);
  expect(view.services.get('default/reviews')?.workloads).toEqual(['reviews-v1', 'reviews-v2', 'reviews-v3']);
  expect(view.podIps.get('10.0.0.10')).toEqual({ workload: 'legacy/curl', pod: 'curl-5f6d7c8b9-abcde' });
  expect(viewOf({ Service: [service('default', 'x')] }).services.get('default/x')?.workloads).toEqual([]);
});

test('whoever reports what, every request of a caller counts exactly once', () => {
  const apps = ['a', 'b', 'c', 'd'];
  const call = fc.record({ from: fc.option(fc.constantFrom(...apps), { nil: undefined }), to: fc.constantFrom(...apps), version: fc.constantFrom('v1', 'v2'), outcome: fc.constantFrom('ok', 'failed', 'unreachable'), nameless: fc.boolean(), n: fc.integer({ min: 1, max: 50 }) });
  fc.assert(fc.property(fc.array(call, { minLength: 1, maxLength: 30 }), fc.constantFrom('service-version', 'service', 'workload', 'app') as fc.Arbitrary<BuildOptions['grouping']>, (calls, grouping) => {
    const rows: PromRow[] = [];
    const truth = new Map<string, number>();
    // a caller either always knows the workload of a service or never does
    const namelessPairs = new Map<string, boolean>();
    for (const c of calls) {
      const pair = `${c.from}>${c.to}`;
      const nameless = namelessPairs.get(pair) ?? c.nameless;
      namelessPairs.set(pair, nameless);
      truth.set(c.from ?? '?', (truth.get(c.from ?? '?') ?? 0) + (c.from === undefined && c.outcome === 'unreachable' ? 0 : c.n));
      const source = c.from === undefined ? undefined : place(c.from);
      const destination = place(c.to, c.version);
      const code = c.outcome === 'ok' ? '200' : '500';
      if (c.outcome === 'unreachable') {
        if (source !== undefined) rows.push(row(c.n, { source, service: svc(c.to), reporter: 'source', code: '503', flags: 'UF' }));
        continue;
      }
      if (source !== undefined) rows.push(row(c.n, { source, destination: nameless ? undefined : destination, service: svc(c.to), reporter: 'source', code }));
      rows.push(row(c.n, { source, destination, service: svc(c.to), reporter: 'destination', code }));
    }
    const view = viewOf({ Service: apps.map((a) => service('default', a)), Deployment: apps.flatMap((a) => ['v1', 'v2'].map((v) => workload('default', a, v).deployment)) });
    const model = build(rows, view, { grouping });
    for (const [from, n] of truth) {
      const keys = from === '?' ? ['unknown:default'] : grouping === 'service' ? [`svc:default/${from}`] : grouping === 'app' ? [`app:default/${from}`] : [`wl:default/${from}-v1`];
      // the service's own edges lead to its versions: the same requests again
      const out = model.edges.filter((e) => keys.includes(e.source) && e.split === undefined).reduce((sum, e) => sum + e.traffic.rate, 0);
      expect(out / n || 0).toBeCloseTo(n === 0 ? 0 : 1, 2);
    }
  }), { numRuns: 200 });
});
