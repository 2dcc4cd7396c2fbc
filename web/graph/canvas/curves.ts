import type { Point } from '../layout/types.ts';

/** An S between two cards: two quadratic pieces that meet in the middle of their control points, as Cytoscape's unbundled-bezier draws them. */
export type Curve = { readonly from: Point; readonly a: Point; readonly b: Point; readonly to: Point };
export type Rect = Point & { readonly width: number; readonly height: number };

const REACH_MIN = 30;
/** Ends of a line, as shares of the card from its centre. */
type Side = { readonly dx: -1 | 0 | 1; readonly dy: -1 | 0 | 1 };

function sides(source: Rect, target: Rect): readonly [Side, Side] {
  const gap = Math.abs(target.x - source.x) - (source.width + target.width) / 2;
  if (gap < 0 && Math.abs(target.y - source.y) > (source.height + target.height) / 2) return target.y > source.y ? [{ dx: 0, dy: 1 }, { dx: 0, dy: -1 }] : [{ dx: 0, dy: -1 }, { dx: 0, dy: 1 }];
  return target.x >= source.x ? [{ dx: 1, dy: 0 }, { dx: -1, dy: 0 }] : [{ dx: -1, dy: 0 }, { dx: 1, dy: 0 }];
}
const end = (rect: Rect, side: Side): Point => ({ x: rect.x + (side.dx * rect.width) / 2, y: rect.y + (side.dy * rect.height) / 2 });

export function curveOf(source: Rect, target: Rect): Curve {
  const [out, into] = sides(source, target);
  const [from, to] = [end(source, out), end(target, into)];
  const reach = Math.max(REACH_MIN, Math.abs(out.dx === 0 ? to.y - from.y : to.x - from.x) / 2);
  return { from, a: { x: from.x + out.dx * reach, y: from.y + out.dy * reach }, b: { x: to.x + into.dx * reach, y: to.y + into.dy * reach }, to };
}

const mix = (p: Point, q: Point, t: number): Point => ({ x: p.x + (q.x - p.x) * t, y: p.y + (q.y - p.y) * t });
/** The point at a share of the way, 0..1. */
export function pointAt({ from, a, b, to }: Curve, t: number): Point {
  const middle = mix(a, b, 0.5);
  const [p, c, q, s] = t < 0.5 ? [from, a, middle, t * 2] : [middle, b, to, t * 2 - 1];
  return mix(mix(p, c, s), mix(c, q, s), s);
}

/** The same curve in Cytoscape's words: weights along, and distances from, the line between the ends. */
export function cytoscapeCurve(curve: Curve, source: Rect, target: Rect): { readonly distances: string; readonly weights: string; readonly sourceEnd: string; readonly targetEnd: string } {
  const { from, to } = curve;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  const weight = (p: Point): number => ((p.x - from.x) * dx + (p.y - from.y) * dy) / length ** 2;
  const distance = (p: Point): number => (-(p.x - from.x) * dy + (p.y - from.y) * dx) / length;
  const offset = (p: Point, rect: Rect): string => `${(p.x - rect.x).toFixed(1)}px ${(p.y - rect.y).toFixed(1)}px`;
  return { weights: `${weight(curve.a).toFixed(4)} ${weight(curve.b).toFixed(4)}`, distances: `${distance(curve.a).toFixed(2)} ${distance(curve.b).toFixed(2)}`, sourceEnd: offset(from, source), targetEnd: offset(to, target) };
}
