import { expect, test } from 'vitest';
import { TRACE_LIMIT_MAX } from '#shared/api';
import { withState } from '#web/data';
import type { TraceRow } from '#web/data';
import { scatter } from './scatter-points.ts';
import { filterWords } from './TracesPage.tsx';
import { LIMITS, traceListUrl, traceUrl } from './url.ts';
import { whereTimeWent } from './where-time-went.ts';
import { clusterWords, logsOf } from './Why.tsx';

const row = (id: string, start: number, durationMs: number, errors = 0): TraceRow => ({ id, start, durationMs, errors, root: 'a.default', operation: 'op', spans: 1, services: [] });

test('the search survives its own address', () => {
  const state = traceListUrl.parse(new URLSearchParams('service=reviews.default&tags=http.status_code=500&errors=1&limit=20&source=wl:default/reviews-v2'));
  expect(withState('window=5m', traceListUrl, state)).toBe('window=5m&service=reviews.default&tags=http.status_code%3D500&errors=1&source=wl:default/reviews-v2&limit=20');
  expect(filterWords(state)).toEqual(['service = reviews.default', 'tags = http.status_code=500', 'from = wl:default/reviews-v2', 'errors only']);
  expect(traceListUrl.parse(new URLSearchParams('limit=7')).limit).toBe(100);
  expect(Math.max(...LIMITS)).toBe(TRACE_LIMIT_MAX); // no choice that the server would cut without a word
  expect(traceUrl.parse(new URLSearchParams('tab=nothing'))).toEqual({ span: undefined, tab: 'why', critical: true });
});

test('points stay inside the picture; failed ones lie on top', () => {
  const { points, longestMs } = scatter([row('bad', 50, 400, 1), row('late', 500, 100), row('good', 0, 200)], { from: 0, to: 100, width: 1000, height: 100 });
  expect(longestMs).toBe(400);
  expect(points.map((p) => [p.row.id, p.x, p.y])).toEqual([['late', 1000, 75], ['good', 0, 50], ['bad', 500, 0]]);
});

test('where the time went names the span that held the critical path', () => {
  const span = (spanId: string, parentSpanId: string | undefined, start: number, length: number, service: string): Parameters<typeof whereTimeWent>[0][number] => ({ traceId: 't', spanId, parentSpanId, service, operation: 'op', kind: 'server', start, duration: length, tags: {}, processTags: {}, logs: [], warnings: [] });
  expect(whereTimeWent([span('a', undefined, 0, 100_000, 'page.default'), span('b', 'a', 5_000, 90_000, 'reviews.default')])).toEqual(['90 % (90 ms) in reviews itself, op.', '10 % (10 ms) in page itself, op.']);
  expect(whereTimeWent([])).toEqual([]);
});

test('names in words', () => {
  expect([clusterWords('outbound|9080|v1|ratings.default.svc.cluster.local'), clusterWords('inbound|9080||'), clusterWords('BlackHoleCluster')]).toEqual(['ratings.default:9080, subset v1', 'the application on port 9080', 'BlackHoleCluster']);
  const log = { namespace: 'shop', workload: 'ratings-v1', pod: 'ratings-v1-5d8f9c7b6d-abcde', line: '' };
  expect(logsOf(log, { tags: { 'guid:x-request-id': 'r-1' } })).toBe('/workloads/shop/ratings-v1?tab=logs&container=istio-proxy&contains=r-1');
});
