import { expect, test } from 'vitest';
import type { Reading } from '#shared/base';
import { panelState } from './panel-state.ts';

const error = { source: 'prometheus', code: 'PROM_DOWN', message: 'Prometheus does not answer.', next: 'Check its URL.', since: 5 } as const;
const cases: readonly (readonly [Reading<readonly number[]> | undefined, boolean, string])[] = [
  [undefined, false, 'first-load'],
  [{ state: 'value', value: [], at: 1 }, false, 'empty'],
  [{ state: 'value', value: [], at: 1 }, true, 'empty-by-filter'],
  [{ state: 'value', value: [1], at: 1 }, true, 'shown'],
  [{ state: 'stale', value: [1], since: 5, error }, false, 'stale'],
  [{ state: 'error', error }, false, 'error'],
  [{ state: 'not-allowed', permission: 'get pods' }, false, 'not-allowed'],
  [{ state: 'no-data', reason: 'no requests in 60 s' }, false, 'empty'],
  [{ state: 'not-asked', reason: 'the window is too long' }, false, 'empty'],
];

test.each(cases)('reading %j (filtered: %s) shows %s', (reading, filtered, kind) => {
  expect(panelState({ reading, filtered, isEmpty: (v) => v.length === 0 }).kind).toBe(kind);
});

test('stale keeps its value even when it is empty: nothing is blanked by a refresh', () => {
  expect(panelState({ reading: { state: 'stale', value: [], since: 5, error }, isEmpty: () => true }).kind).toBe('stale');
});
