import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rebalance } from './rebalance.ts';

const sum = (weights: Readonly<Record<string, number>>): number => Object.values(weights).reduce((a, b) => a + b, 0);
const splits = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 6 }).map((list) => Object.fromEntries(list.map((v, i) => [`v${i + 1}`, v])));

test('the others keep their proportion', () => {
  expect(rebalance({ v1: 60, v2: 30, v3: 10 }, 'v3', 40)).toEqual({ v1: 40, v2: 20, v3: 40 });
  expect(rebalance({ v1: 100, v2: 0 }, 'v2', 10)).toEqual({ v1: 90, v2: 10 });
  expect(rebalance({ v1: 0, v2: 0, v3: 100 }, 'v3', 50)).toEqual({ v1: 25, v2: 25, v3: 50 });
  expect(rebalance({ v1: 34, v2: 33, v3: 33 }, 'v1', 0)).toEqual({ v1: 0, v2: 50, v3: 50 });
});
test('whatever is asked: whole numbers within 0 and 100 that add up to 100, with the asked one as asked', () => {
  fc.assert(fc.property(splits, fc.integer({ min: -20, max: 120 }), (weights, value) => {
    const next = rebalance(weights, 'v1', value);
    expect(sum(next)).toBe(100);
    expect(next['v1']).toBe(Math.min(100, Math.max(0, value)));
    for (const v of Object.values(next)) expect(Number.isInteger(v) && v >= 0 && v <= 100).toBe(true);
  }));
});
test('a single version always has everything', () => {
  expect(rebalance({ v1: 40 }, 'v1', 10)).toEqual({ v1: 100 });
});
