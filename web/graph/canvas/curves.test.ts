import fc from 'fast-check';
import { expect, test } from 'vitest';
import { curveOf, cytoscapeCurve, pointAt } from './curves.ts';
import type { Rect } from './curves.ts';

const rect = fc.record({ x: fc.integer({ min: -1000, max: 1000 }), y: fc.integer({ min: -1000, max: 1000 }), width: fc.constantFrom(112, 180), height: fc.constantFrom(44, 52) });

test('a line leaves right and arrives left, straight when the cards stand level', () => {
  const [a, b]: [Rect, Rect] = [{ x: 0, y: 0, width: 100, height: 40 }, { x: 300, y: 0, width: 100, height: 40 }];
  const curve = curveOf(a, b);
  expect([curve.from, curve.to]).toEqual([{ x: 50, y: 0 }, { x: 250, y: 0 }]);
  expect(pointAt(curve, 0.5)).toEqual({ x: 150, y: 0 });
  expect(curveOf(b, a).from.x).toBe(250);
});
test('cards above each other are joined from edge to edge', () => {
  const curve = curveOf({ x: 0, y: 0, width: 100, height: 40 }, { x: 20, y: 200, width: 100, height: 40 });
  expect([curve.from, curve.to]).toEqual([{ x: 0, y: 20 }, { x: 20, y: 180 }]);
});
test('in the words of Cytoscape it is the same curve: weights and distances give back the control points', () => {
  fc.assert(fc.property(rect, rect, (a, b) => {
    const curve = curveOf(a, b);
    const { from, to } = curve;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    fc.pre(length > 5);
    const words = cytoscapeCurve(curve, a, b);
    const [distances, weights] = [words.distances.split(' ').map(Number), words.weights.split(' ').map(Number)];
    for (const [i, wanted] of [curve.a, curve.b].entries()) {
      const [w, d] = [weights[i] ?? Number.NaN, distances[i] ?? Number.NaN];
      // as cytoscape.js computes an unbundled-bezier with edge-distances: endpoints
      const x = from.x * (1 - w) + to.x * w + (-(to.y - from.y) / length) * d;
      const y = from.y * (1 - w) + to.y * w + ((to.x - from.x) / length) * d;
      expect(Math.abs(x - wanted.x)).toBeLessThan(1);
      expect(Math.abs(y - wanted.y)).toBeLessThan(1);
    }
  }));
});
test('every point of the line lies within reach of its ends', () => {
  fc.assert(fc.property(rect, rect, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, t) => {
    const curve = curveOf(a, b);
    const xs = [curve.from.x, curve.a.x, curve.b.x, curve.to.x];
    const p = pointAt(curve, t);
    expect(p.x >= Math.min(...xs) - 1e-6 && p.x <= Math.max(...xs) + 1e-6).toBe(true);
  }));
});
