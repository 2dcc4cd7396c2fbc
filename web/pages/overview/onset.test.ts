import { expect, test } from 'vitest';
import type { Change, Overview } from '#web/data';
import { onsetOf } from './onset.ts';

const change = (at: number, summary: string): Change => ({ id: summary, at, who: 'operator', kind: 'VirtualService', group: 'networking.istio.io', namespace: 'default', name: 'reviews', verb: 'updated', summary, undoable: true, resourceVersion: '1' });
const overview = (trend: number[], changes: Change[], count = 74): Overview => ({
  window: { from: 0, to: 300_000 }, requests: { state: 'no-data', reason: '' }, mtls: { state: 'no-data', reason: '' }, config: { state: 'no-data', reason: '' }, services: { state: 'no-data', reason: '' }, counts: { services: 0, workloads: 0, namespaces: 0 },
  errors: { state: 'value', at: 0, value: { share: 0.024, count, total: 3061, beginsAt: 'ratings v1', trend } }, changes: { state: 'value', at: 0, value: changes },
});

test('the onset is where the errors rose, with the change just before it', () => {
  const found = onsetOf(overview([0, 0, 0, 0, 0.01, 0.08, 0.07], [change(190_000, 'reviews 60/30/10'), change(20_000, 'older')]));
  expect(found).toMatchObject({ at: 250_000, beginsAt: 'ratings v1', after: { summary: 'reviews 60/30/10' } });
});
test('a change after the onset, or long before it, is not named', () => {
  expect(onsetOf(overview([0, 0, 0.08, 0.07, 0.08, 0.07], [change(290_000, 'later')]))?.after).toBeUndefined();
});
test('nothing is claimed without errors, or when they were there from the beginning', () => {
  expect(onsetOf(overview([0, 0, 0, 0], [], 0))).toBeUndefined();
  expect(onsetOf(overview([0.08, 0.07, 0.08, 0.07], []))).toBeUndefined();
});
