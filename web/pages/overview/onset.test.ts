import { expect, test } from 'vitest';
import type { Change, Overview } from '#web/data';
import { onsetOf } from './onset.ts';

const change = (at: number, summary: string): Change => ({ id: summary, at, who: 'operator', kind: 'VirtualService', group: 'networking.istio.io', namespace: 'default', name: 'reviews', verb: 'updated', summary, undoable: true, resourceVersion: '1' });
/** Ten minutes in 30 points, as the server sends them beside a window of one minute. */
const STEP_MS = 20_000;
const POINTS = 30;
const timeOf = (i: number): number => 1_000_000 + i * STEP_MS;
const overview = (at: (i: number) => number, changes: Change[], count = 74): Overview => ({
  window: { from: timeOf(POINTS - 1) + 5000 - 60_000, to: timeOf(POINTS - 1) + 5000 }, trend: { from: timeOf(0), stepMs: STEP_MS },
  requests: { state: 'no-data', reason: '' }, mtls: { state: 'no-data', reason: '' }, config: { state: 'no-data', reason: '' }, services: { state: 'no-data', reason: '' }, counts: { services: 0, workloads: 0, namespaces: 0 },
  errors: { state: 'value', at: 0, value: { share: 0.024, count, total: 3061, beginsAt: 'ratings v1', trend: Array.from({ length: POINTS }, (_, i) => at(i)) } }, changes: { state: 'value', at: 0, value: changes },
});

test('the onset is where the errors rose, minutes before the window, with the change just before it', () => {
  const found = onsetOf(overview((i) => (i < 12 ? 0 : i === 12 ? 0.03 : 0.08), [change(timeOf(29), 'later'), change(timeOf(12) - 9_000, 'reviews 60/30/10'), change(timeOf(2), 'older')]));
  expect(found).toMatchObject({ at: timeOf(12), beginsAt: 'ratings v1', after: { summary: 'reviews 60/30/10' } });
});
test('a change after the onset, or long before it, is not named', () => {
  expect(onsetOf(overview((i) => (i < 12 ? 0 : 0.08), [change(timeOf(13), 'later'), change(timeOf(12) - 11 * 60_000, 'older')]))).toMatchObject({ at: timeOf(12), after: undefined });
});
test('an outbreak that is over is not what began the errors of now', () => {
  expect(onsetOf(overview((i) => (i >= 5 && i < 10 ? 5 : i >= 27 ? 0.1 : 0), [change(timeOf(5) - 1000, 'then'), change(timeOf(27) - 1000, 'now')]))).toMatchObject({ at: timeOf(27), after: { summary: 'now' } });
});
test('nothing is claimed without errors, or when they were there from the beginning', () => {
  expect(onsetOf(overview(() => 0, [], 0))).toBeUndefined();
  expect(onsetOf(overview(() => 0.08, []))).toBeUndefined();
  const none = overview(() => 0, []);
  expect(onsetOf({ ...none, errors: { state: 'value', at: 0, value: { share: 0.1, count: 1, total: 10, trend: [] } } })).toBeUndefined(); // the store did not answer
});
