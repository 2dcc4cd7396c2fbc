import { expect, test } from 'vitest';
import { edge, model, node } from '../small-graphs.ts';
import { entryOf, moveStand, standAt } from './outline-move.ts';
import type { Move, Stand } from './outline-move.ts';

const mesh = model(
  [node('wl:default/details-v1'), node('wl:default/productpage-v1', 'degraded'), node('wl:default/ratings-v1', 'failing'), node('wl:default/reviews-v2', 'degraded'), node('wl:istio-system/gw', 'healthy', { kind: 'gateway' })],
  [edge('wl:istio-system/gw', 'wl:default/productpage-v1'), edge('wl:default/productpage-v1', 'wl:default/details-v1'), edge('wl:default/productpage-v1', 'wl:default/reviews-v2', 'degraded'), edge('wl:default/reviews-v2', 'wl:default/ratings-v1', 'failing')],
);
function walk(from: Stand | undefined, moves: readonly Move[]): string | undefined {
  let stand = from;
  for (const move of moves) if (stand !== undefined) stand = moveStand(mesh, stand, move);
  return stand?.key;
}

test('the entry is the gateway', () => {
  expect(entryOf(mesh)?.key).toBe('wl:istio-system/gw');
  expect(standAt(mesh, undefined)?.key).toBe('wl:istio-system/gw');
});
test('right follows a call (the worst first), down goes to the next one called from there, left goes back', () => {
  const start = standAt(mesh, undefined);
  expect(walk(start, ['follow'])).toBe('wl:default/productpage-v1');
  expect(walk(start, ['follow', 'follow'])).toBe('wl:default/reviews-v2');
  expect(walk(start, ['follow', 'follow', 'down'])).toBe('wl:default/details-v1');
  expect(walk(start, ['follow', 'follow', 'follow'])).toBe('wl:default/ratings-v1');
  expect(walk(start, ['follow', 'follow', 'follow', 'back'])).toBe('wl:default/reviews-v2');
});
test('siblings in a namespace are stepped through, and the ends hold', () => {
  const start = standAt(mesh, 'wl:default/details-v1');
  expect(walk(start, ['up'])).toBe('wl:default/details-v1');
  expect(walk(start, ['down', 'down'])).toBe('wl:default/ratings-v1');
  expect(walk(start, ['last', 'down'])).toBe('wl:default/reviews-v2');
  expect(walk(start, ['entry'])).toBe('wl:istio-system/gw');
});
test('every namespace is reached, also one that no call leads to', () => {
  const start = standAt(mesh, undefined);
  expect(walk(start, ['next-box'])).toBe('wl:default/details-v1');
  expect(walk(start, ['next-box', 'next-box'])).toBe('wl:istio-system/gw');
  expect(walk(start, ['previous-box', 'down'])).toBe('wl:default/productpage-v1');
});
test('e goes round those in trouble, failing first; with none it stands still', () => {
  const start = standAt(mesh, undefined);
  expect(walk(start, ['next-failing'])).toBe('wl:default/ratings-v1');
  expect(walk(start, ['next-failing', 'next-failing'])).toBe('wl:default/productpage-v1');
  const calm = model([node('wl:a/b')], []);
  expect(moveStand(calm, { key: 'wl:a/b', siblings: ['wl:a/b'] }, 'next-failing').key).toBe('wl:a/b');
});
