import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeBoth, judgePods, judgeTraffic, percent, worst } from './index.ts';

const traffic = (rate: number, errorShare: number, clientErrorShare = 0) => judgeTraffic({ rate, errorShare, clientErrorShare, windowSeconds: 60, error: { code: '503', flags: 'UF' }, clientError: '404' });

test('a judgement says its figures', () => {
  expect(traffic(10.2, 0.024)).toEqual({ state: 'degraded', reason: '2.4 % of 612 requests failed with 503 UF' });
  expect(traffic(4.1, 0.078)).toEqual({ state: 'failing', reason: '7.8 % of 246 requests failed with 503 UF' });
  expect(traffic(10, 0.0001).state).toBe('healthy');
  expect(traffic(10, 0, 0.5)).toEqual({ state: 'degraded', reason: '50 % of 600 requests were refused with 404' });
  expect(traffic(0, 0)).toEqual({ state: 'idle', reason: 'no requests in 60 s' });
  expect(judgeTraffic({ rate: 1 / 60, errorShare: 1, clientErrorShare: 0, windowSeconds: 60, error: { code: '0', flags: 'DC' } })).toEqual({ state: 'degraded', reason: '100 % of 1 request failed without an answer DC' });
});

test('pods in trouble count, pods that are well do not hide idleness', () => {
  const idle = traffic(0, 0);
  expect(judgeBoth(idle, judgePods({ ready: 1, desired: 1 }))).toBe(idle);
  expect(judgeBoth(traffic(1, 0), judgePods({ ready: 0, desired: 2 })).state).toBe('failing');
  expect(judgeBoth(traffic(1, 0), judgePods({ ready: 0, desired: 0 })).state).toBe('healthy');
  expect(judgePods({ ready: 1, desired: 2 }).state).toBe('degraded');
});

test('more failures never read as better health, and only nothing reads as 0 %', () => {
  const rank = { idle: 0, unknown: 0, healthy: 1, degraded: 2, failing: 3 };
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(fc.double({ min: 0.1, max: 1000, noNaN: true }), share, share, (rate, a, b) => rank[traffic(rate, Math.max(a, b)).state] >= rank[traffic(rate, Math.min(a, b)).state]));
  fc.assert(fc.property(share, (s) => (percent(s) === '0 %') === (s === 0) && (percent(s) === '100 %') === (s === 1)));
  expect(worst([traffic(1, 0), traffic(1, 0.5), traffic(1, 0.01)]).state).toBe('failing');
});
