import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Limits, Sized } from './sizes.ts';
import { limitsOf, newSetSize, proportional, shrinkOld } from './sizes.ts';

const set = (name: string, replicas: number, available: number, createdAt = name, maxBefore?: number): Sized => ({ name, replicas, available, createdAt, maxBefore });
const limits = (replicas: number, surge: number, unavailable: number): Limits => ({ replicas, surge, unavailable, rolling: true });

test('percentages round surge up and unavailable down, and never both to nothing', () => {
  const spec = (replicas: number, maxSurge: number | string, maxUnavailable: number | string) => limitsOf({
    replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } }, selector: {}, template: {}, paused: false, minReadySeconds: 0, revisionHistoryLimit: 10, progressDeadlineSeconds: 600,
  });
  expect([spec(1, '25%', '25%'), spec(10, '25%', '25%'), spec(4, 0, '10%'), spec(2, 0, 5)].map((l) => [l.surge, l.unavailable])).toEqual([[1, 0], [3, 2], [0, 1], [0, 2]]);
});

test('a new set grows into the surge and old ones shrink as far as availability allows', () => {
  const l = limits(4, 1, 1);
  expect(newSetSize(l, [set('old', 4, 4)], 0)).toBe(1);
  expect(shrinkOld(l, set('new', 1, 0), [set('old', 4, 4)])).toEqual([{ name: 'old', to: 3 }]);
  expect(shrinkOld(l, set('new', 1, 0), [set('bad', 4, 0)])).toEqual([{ name: 'bad', to: 3 }]); // unhealthy pods go first, but not below the minimum together with the new ones
  expect(shrinkOld(l, set('new', 4, 4), [set('old', 1, 1)])).toEqual([{ name: 'old', to: 0 }]);
});

test('any rollout ends with the wanted size and keeps surge and availability on the way', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), fc.infiniteStream(fc.boolean()), (replicas, surge, maxUnavailable, coin) => {
    const l = limits(replicas, surge, Math.min(replicas, surge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable));
    let newest = set('new', 0, 0);
    let old = set('old', replicas, replicas);
    for (let step = 0; step < 200 && (newest.available < replicas || old.replicas > 0); step++) {
      const size = newSetSize(l, [newest, old], newest.replicas);
      newest = { ...newest, replicas: size };
      const shrunk = shrinkOld(l, newest, [old])[0]?.to ?? old.replicas;
      old = set('old', shrunk, Math.min(shrunk, old.available));
      if (newest.replicas + old.replicas > replicas + surge) throw new Error('over the surge');
      if (newest.available + old.available < replicas - l.unavailable) throw new Error('too few available');
      if (coin.next().value === true || step > 50) newest = { ...newest, available: newest.replicas };
    }
    return newest.replicas === replicas && old.replicas === 0;
  }));
});

test('a scale in the middle of a rollout is shared in proportion and always adds up', () => {
  expect(proportional(limits(20, 3, 2), [set('new', 5, 5, '2', 13), set('old', 8, 8, '1', 13)], 13)).toEqual([{ name: 'old', to: 14 }, { name: 'new', to: 9 }]);
  fc.assert(fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 5 }), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 4 }), (replicas, surge, sizes) => {
    const sets = sizes.map((size, i) => set(`s${i}`, size, size, String(i), sizes.reduce((a, b) => a + b, 0)));
    const total = proportional(limits(replicas, surge, 1), sets, 0).reduce((sum, sizing) => sum + sizing.to, 0);
    return total === (replicas === 0 ? 0 : replicas + surge);
  }));
});
