import { expect, test } from 'vitest';
import { rank, scoreOf } from './palette-items.ts';
import type { PaletteItem } from './palette-items.ts';

const item = (group: PaletteItem['group'], text: string): PaletteItem => ({ id: text, group, text, run: () => undefined });

test('beginnings beat words, words beat parts, parts beat letters in order', () => {
  const scores = ['reviews', 'pod reviews', 'previews', 'r-e-v-i-e-w-s x'].map((text) => scoreOf(text, 'reviews') ?? 0);
  expect(scores.toSorted((a, b) => b - a)).toEqual(scores);
  expect(scoreOf('ratings', 'reviews')).toBeUndefined();
  expect(scoreOf('a(b', '(')).toBeDefined();
});
test('the group with the best answer comes first', () => {
  const items = [item('Go to', 'Services'), item('Services', 'reviews'), item('Workloads', 'reviews-v1'), item('Workloads', 'ratings-v1')];
  expect(rank(items, 'reviews').map((i) => i.text)).toEqual(['reviews', 'reviews-v1']);
  expect(rank(items, '').map((i) => i.text)).toEqual(['Services', 'reviews', 'reviews-v1', 'ratings-v1']);
});
