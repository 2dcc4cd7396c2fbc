import { expect, test } from 'vitest';
import { needsLayout } from './when.ts';
import type { LayoutCase } from './when.ts';

const known: LayoutCase = { nodes: 10, unplaced: 0, edges: 12, made: undefined, touched: false };

test('a picture whose places are known is never laid out again, however it changes', () => {
  expect(needsLayout(known)).toBe(false);
  expect(needsLayout({ ...known, edges: 500 })).toBe(false);
  expect(needsLayout({ ...known, unplaced: 5 })).toBe(false);
});
test('mostly new nodes are another picture', () => {
  expect(needsLayout({ ...known, unplaced: 6 })).toBe(true);
  expect(needsLayout({ nodes: 0, unplaced: 0, edges: 0, made: undefined, touched: false })).toBe(false);
});
test('a mesh that is just being discovered settles: its first layout is made again while calls keep appearing, until somebody moves a node or the time is over', () => {
  const growing = { ...known, made: { edges: 4, ageMs: 5_000 } };
  expect(needsLayout(growing)).toBe(true);
  expect(needsLayout({ ...growing, touched: true })).toBe(false);
  expect(needsLayout({ ...growing, made: { edges: 4, ageMs: 120_000 } })).toBe(false);
  expect(needsLayout({ ...growing, made: { edges: 11, ageMs: 5_000 } })).toBe(false);
  expect(needsLayout({ ...growing, edges: 1, made: { edges: 0, ageMs: 5_000 } })).toBe(true);
  expect(needsLayout({ ...growing, edges: 0, made: { edges: 0, ageMs: 5_000 } })).toBe(false);
});
