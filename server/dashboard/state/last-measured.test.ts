import { expect, test } from 'vitest';
import { LastMeasured } from './last-measured.ts';

type Row = { readonly namespace: string; readonly name: string; readonly rate?: number; readonly of?: number };
const row = (name: string, rate?: number): Row => ({ namespace: 'a', name, ...(rate === undefined ? {} : { rate }) });
const last = (): LastMeasured<Row> => new LastMeasured<Row>((now, before, at) => (before.rate === undefined ? now : { ...now, rate: before.rate, of: at }));

test('figures stay while nothing is measured, rows are those of now, and what is measured again replaces them', () => {
  const kept = last();
  expect(kept.fill('60', [row('x', 3), row('y', 4), row('idle')], true, 10)).toEqual([row('x', 3), row('y', 4), row('idle')]);
  expect(kept.fill('60', [row('x'), row('idle'), row('new')], false, 20)).toEqual([{ ...row('x', 3), of: 10 }, row('idle'), row('new')]);
  expect(kept.fill('300', [row('x')], false, 20)).toEqual([row('x')]);
  kept.fill('60', [row('x', 5)], true, 30);
  expect(kept.fill('60', [row('x')], false, 40)).toEqual([{ ...row('x', 5), of: 30 }]);
});
test('few lists are kept', () => {
  const kept = last();
  for (let i = 0; i < 40; i++) kept.fill(String(i), [row('x', i)], true, i);
  expect(kept.fill('0', [row('x')], false, 50)).toEqual([row('x')]);
  expect(kept.fill('39', [row('x')], false, 50)).toEqual([{ ...row('x', 39), of: 39 }]);
});
