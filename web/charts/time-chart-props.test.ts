import { expect, test } from 'vitest';
import { sparkPath } from './Spark.tsx';
import { rowsOf, summaryOf } from './time-chart-props.ts';
import type { ChartLine } from './time-chart-props.ts';

const line = (name: string, points: ChartLine['points']): ChartLine => ({ name, points, hue: 1 });

test('lines that were measured at other moments meet in rows in order of time; gaps stay gaps', () => {
  expect(rowsOf([line('p50', [[20, 2], [10, 1]]), line('p95', [[20, null], [30, 9]])]).map((row) => ({ ...row }))).toEqual([{ at: 10, p50: 1 }, { at: 20, p50: 2, p95: null }, { at: 30, p95: 9 }]);
});
test('a name that could harm an object is only a name', () => {
  const [row] = rowsOf([line('__proto__', [[1, 5]])]);
  expect(Object.keys(row ?? {})).toContain('__proto__');
});
test('the chart in words', () => {
  expect(summaryOf(line('p95', [[1, 22], [2, 61], [3, 38]]), (v) => `${v} ms`)).toBe('p95: 38 ms now, 22 ms to 61 ms');
  expect(summaryOf(line('p95', [[1, null]]), String)).toBe('p95: nothing measured');
});
test('a gap breaks the spark, and a flat line stands in the middle', () => {
  expect(sparkPath([0, 1, null, 1], 30, 10, { min: 0, max: 1 })).toBe('M0.0 10.0L10.0 0.0M30.0 0.0');
  expect(sparkPath([5, 5], 10, 10, { min: 5, max: 5 })).toBe('M0.0 5.0L10.0 5.0');
});
