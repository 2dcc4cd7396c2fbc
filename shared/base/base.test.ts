import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BoundedMap, defineErrors, parseDuration, parseQuantity, protoDuration } from './index.ts';

test('durations parse as Go does and print as protobuf JSON', () => {
  expect(['1h30m', '100ms', '1.5s', '0', '-2s', '7'].map(parseDuration)).toEqual([5_400_000, 100, 1500, 0, -2000, undefined]);
  expect([250, 1000, 0, -1500].map(protoDuration)).toEqual(['0.250s', '1s', '0s', '-1.500s']);
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => parseDuration(protoDuration(ms)) === ms));
});

test('quantities', () => {
  expect(['100m', '1Gi', '2', '1e3', '1.5k', 'x'].map(parseQuantity)).toEqual([0.1, 2 ** 30, 2, 1000, 1500, undefined]);
});

test('a bounded map drops the entry used longest ago and counts it', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c'), map.dropped]).toEqual([1, undefined, 3, 1]);
});

test('errors fill their text and never take a name from the prototype', () => {
  const errors = defineErrors({ X: { status: 404, message: 'no {name} {constructor}', next: 'make {name}' } });
  const error = errors.make('X', { name: 'thing' });
  expect([error.message, error.next, error.status]).toEqual(['no thing {constructor}', 'make thing', 404]);
});
