import { expect, test } from 'vitest';
import { commandFor, nameOfKey, SHORTCUTS } from './shortcuts.ts';

const press = (key: string, mods: { ctrlKey?: boolean; metaKey?: boolean; altKey?: boolean } = {}): string | undefined => nameOfKey({ key, ctrlKey: false, metaKey: false, altKey: false, ...mods });

test('no two commands share keys, and no single key hides a sequence', () => {
  const keys = SHORTCUTS.map((s) => s.keys);
  expect(new Set(keys).size).toBe(keys.length);
  const starts = new Set(keys.filter((k) => /^\S \S$/.test(k)).map((k) => k[0]));
  expect(keys.filter((k) => starts.has(k))).toEqual([]);
});
test('keys are named as the sheet prints them', () => {
  expect([press('k', { ctrlKey: true }), press('k', { metaKey: true }), press(' '), press('Escape'), press('g'), press('x', { altKey: true })]).toEqual(['Mod K', 'Mod K', 'Space', 'Esc', 'g', undefined]);
});
test('g waits for its letter; the letter alone means something else', () => {
  expect(commandFor('g', undefined)).toEqual({ id: undefined, waiting: true, repeats: false });
  expect(commandFor('g', 'g')).toEqual({ id: 'go.graph', waiting: false, repeats: false });
  expect(commandFor('w', undefined)).toEqual({ id: 'graph.wrong', waiting: false, repeats: false });
  expect(commandFor('w', 'g')).toEqual({ id: 'go.workloads', waiting: false, repeats: false });
  expect(commandFor('y', undefined)).toEqual({ id: undefined, waiting: false, repeats: false });
});
