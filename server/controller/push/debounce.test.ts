import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Debounce, FIRST_MS, QUIET_MS, WAIT_MS_MAX } from './debounce.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Times at which changes are acted on, for changes at these times (ms). */
function runs(changes: readonly number[]): readonly number[] {
  const found: number[] = [];
  let now = 0;
  const debounce = new Debounce(() => found.push(now));
  const end = Math.max(...changes) + 3000;
  for (now = 0; now <= end; now++) {
    for (const at of changes) if (at === now) debounce.changed(now);
    vi.advanceTimersByTime(1);
  }
  debounce.stop();
  return found;
}

test('the first change after a quiet time goes at once, with those that come in the same moment', () => {
  expect(FIRST_MS).toBeLessThanOrEqual(10);
  expect(runs([1000])).toEqual([1000 + FIRST_MS - 1]);
  expect(runs([1000, 1001, 1002])).toEqual([1000 + FIRST_MS - 1]);
  expect(runs([1000, 2000])).toHaveLength(2);
});

test('later changes wait for quiet, and never longer than the limit', () => {
  const [first, second] = runs([1000, 1020, 1040]);
  expect([first, second]).toEqual([1000 + FIRST_MS - 1, 1040 + QUIET_MS - 1]);
  const storm = runs(Array.from({ length: 500 }, (_, i) => 1000 + i * 10)); // five seconds
  expect(storm.length).toBeGreaterThanOrEqual(5);
  expect(storm.length).toBeLessThanOrEqual(8);
  for (const [i, at] of storm.entries()) if (i > 0) expect(at - (storm[i - 1] ?? 0)).toBeLessThanOrEqual(WAIT_MS_MAX + 20);
});
