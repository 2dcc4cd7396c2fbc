import { expect, test } from 'vitest';
import { bookinfo } from '#shared/fixtures';
import { viewOf } from '#shared/graph';
import type { Span } from '#shared/telemetry';
import type { Trace } from '../sources/jaeger/trace.ts';
import { crosses, passes, placeOf } from './ways.ts';

const view = viewOf(bookinfo());
const place = (key: string): ReturnType<typeof placeOf> => placeOf(key, view);
const workloadOf = (namespace: string, pod: string): string => `${namespace}/${pod.replace(/-x-y$/, '')}`;

type Hop = { readonly id: string; readonly parent?: string; readonly at: string; readonly kind: Span['kind']; readonly cluster: string; readonly error?: boolean };
/** Spans as Envoy writes them: the caller's client span, below it the callee's server span. */
const trace = (id: string, hops: readonly Hop[]): Trace => ({
  id, spans: hops.map((hop, i): Span => {
    const [namespace = '', workload = ''] = hop.at.split('/');
    const gateway = workload.includes('gateway');
    return {
      traceId: id, spanId: hop.id, parentSpanId: hop.parent, service: `${workload.replace(/-v\d$/, '')}.${namespace}`, operation: 'op', kind: hop.kind, start: i * 1000, duration: 1000, processTags: {}, logs: [], warnings: [],
      tags: { component: 'proxy', node_id: `${gateway ? 'router' : 'sidecar'}~10.0.0.1~${workload}-x-y.${namespace}~${namespace}.svc.cluster.local`, upstream_cluster: hop.cluster, ...(hop.error === true ? { error: true, 'http.status_code': '500' } : {}) },
    };
  }),
});
const out = (service: string, subset = ''): string => `outbound|9080|${subset}|${service}.default.svc.cluster.local`;
const IN = 'inbound|9080||';
/** Gateway, productpage, one version of reviews, ratings. `fault`: the sidecar of reviews answers for ratings. */
const request = (version: string, fault = false): Trace => trace(`t-${version}`, [
  { id: 'g1', at: 'istio-system/istio-ingressgateway', kind: 'server', cluster: out('productpage') }, { id: 'g2', parent: 'g1', at: 'istio-system/istio-ingressgateway', kind: 'client', cluster: out('productpage') },
  { id: 'p1', parent: 'g2', at: 'default/productpage-v1', kind: 'server', cluster: IN }, { id: 'p2', parent: 'p1', at: 'default/productpage-v1', kind: 'client', cluster: out('details') }, { id: 'd1', parent: 'p2', at: 'default/details-v1', kind: 'server', cluster: IN },
  { id: 'p3', parent: 'p1', at: 'default/productpage-v1', kind: 'client', cluster: out('reviews') }, { id: 'r1', parent: 'p3', at: `default/reviews-${version}`, kind: 'server', cluster: IN },
  { id: 'r2', parent: 'r1', at: `default/reviews-${version}`, kind: 'client', cluster: out('ratings'), error: fault }, ...(fault ? [] : [{ id: 'a1', parent: 'r2', at: 'default/ratings-v1', kind: 'server' as const, cluster: IN }]),
]);
const through = (t: Trace, key: string, errors = false): boolean => passes(t, place(key), errors, workloadOf);
const over = (t: Trace, source: string, target: string, errors = false): boolean => crosses(t, place(source), place(target), errors, workloadOf);

test('a trace belongs to the version that served it, and to the whole service', () => {
  const [v1, v3] = [request('v1'), request('v3')];
  expect([through(v3, 'wl:default/reviews-v3'), through(v1, 'wl:default/reviews-v3'), through(v1, 'svc:default/reviews'), through(v3, 'app:default/reviews')]).toEqual([true, false, true, true]);
  expect([over(v3, 'svc:default/reviews', 'wl:default/reviews-v3'), over(v1, 'svc:default/reviews', 'wl:default/reviews-v3')]).toEqual([true, false]);
  expect([over(v3, 'wl:default/reviews-v3', 'wl:default/ratings-v1'), over(v1, 'wl:default/reviews-v3', 'wl:default/ratings-v1')]).toEqual([true, false]);
  expect([over(v1, 'wl:default/productpage-v1', 'svc:default/reviews'), over(v1, 'wl:default/productpage-v1', 'svc:default/ratings'), over(v1, 'wl:default/reviews-v1', 'wl:default/productpage-v1')]).toEqual([true, false, false]);
});

test('a fault of the caller is an error of the callee, which has no span, and of nobody else', () => {
  const failed = request('v2', true);
  expect(['wl:default/ratings-v1', 'svc:default/ratings', 'wl:default/reviews-v2'].map((key) => through(failed, key, true))).toEqual([true, true, true]);
  expect(['wl:default/reviews-v3', 'wl:default/details-v1', 'wl:default/productpage-v1', 'svc:default/details'].map((key) => through(failed, key, true))).toEqual([false, false, false, false]);
  expect(over(failed, 'wl:default/reviews-v2', 'wl:default/ratings-v1', true)).toBe(true);
  expect([over(failed, 'wl:default/productpage-v1', 'wl:default/details-v1', true), over(failed, 'wl:default/productpage-v1', 'svc:default/reviews', true), over(request('v2'), 'wl:default/reviews-v2', 'wl:default/ratings-v1', true)]).toEqual([false, false, false]);
});

test('a call that never arrived counts for the version its subset names', () => {
  const lost = trace('lost', [{ id: 'p', at: 'default/productpage-v1', kind: 'client', cluster: out('reviews', 'v1'), error: true }]);
  expect(['wl:default/reviews-v1', 'wl:default/reviews-v2', 'svc:default/reviews'].map((key) => through(lost, key, true))).toEqual([true, false, true]);
  expect([over(lost, 'svc:default/reviews', 'wl:default/reviews-v1', true), over(lost, 'svc:default/reviews', 'wl:default/reviews-v3', true)]).toEqual([true, false]);
});

test('callers without a sidecar are those in front of the first span', () => {
  const t = request('v1');
  expect([over(t, 'unknown:-', 'wl:istio-system/istio-ingressgateway'), over(t, 'unknown:default', 'wl:default/productpage-v1'), through(t, 'wl:istio-system/istio-ingressgateway')]).toEqual([true, false, true]);
  const outside = trace('e', [{ id: 'r', at: 'default/reviews-v1', kind: 'client', cluster: 'outbound|443||api.example.com' }]);
  expect([through(outside, 'ext:api.example.com'), over(outside, 'wl:default/reviews-v1', 'ext:api.example.com'), through(outside, 'ext:other.example.com')]).toEqual([true, true, false]);
});
