import { GLYPH_PATH, LOCK_PATH, MARK_PATH, isHollow } from '#web/kit';
import type { HealthState } from '#shared/health';
import type { Ink } from './style.ts';

const STATES: readonly HealthState[] = ['healthy', 'degraded', 'failing', 'idle', 'unknown'];
type Marks = { readonly shape: Readonly<Record<HealthState, Path2D>>; readonly glyph: Readonly<Record<HealthState, Path2D>>; readonly lock: Path2D; readonly unlock: Path2D; readonly badge: ReadonlyMap<string, Path2D> };
/** Config that touches a node, as small glyphs in a 12 x 12 box: fork, bolt, clock, broken ring, mirror. */
const BADGES: readonly (readonly [string, string])[] = [
  ['virtual-service', 'M2 6h3M5 6c2 0 1-3.500 4-3.500M5 6c2 0 1 3.500 4 3.500'], ['fault', 'M6.800 1.500 3 6.800h2.600L5 10.500 9 5.200H6.300z'], ['timeout', 'M6 1.800a4.200 4.200 0 1 1 0 8.400a4.200 4.200 0 0 1 0-8.400zM6 3.600V6l1.600 1'],
  ['circuit-breaker', 'M2 6h2.500M7.500 6H10M4.500 6 7.500 3.500'], ['mirror', 'M6 1.500v9M4.200 3.500 1.800 6l2.400 2.500M7.800 3.500 10.200 6 7.800 8.500'], ['gateway', 'M1.500 6h9M7.500 3l3 3-3 3'],
];
const paths = (of: Readonly<Record<HealthState, string>>): Readonly<Record<HealthState, Path2D>> => ({ healthy: new Path2D(of.healthy), degraded: new Path2D(of.degraded), failing: new Path2D(of.failing), idle: new Path2D(of.idle), unknown: new Path2D(of.unknown) });

let made: Marks | undefined;
export function marks(): Marks {
  made ??= { shape: paths(MARK_PATH), glyph: paths(GLYPH_PATH), lock: new Path2D(LOCK_PATH.closed), unlock: new Path2D(LOCK_PATH.open), badge: new Map(BADGES.map(([name, path]) => [name, new Path2D(path)])) };
  return made;
}
export const stateColour = (ink: Ink, state: HealthState): string => (state === 'healthy' ? ink['mark-healthy'] : state === 'degraded' ? ink['mark-degraded'] : state === 'failing' ? ink['mark-failing'] : ink['mark-idle']);

/** A state's mark with its centre at (x, y); the same shapes as in the DOM. */
export function drawMark(g: CanvasRenderingContext2D, ink: Ink, state: HealthState, x: number, y: number, size: number): void {
  const known = STATES.includes(state) ? state : 'unknown';
  const { shape, glyph } = marks();
  g.save();
  g.translate(x - size / 2, y - size / 2);
  g.scale(size / 16, size / 16);
  g.lineCap = 'round';
  g.lineJoin = 'round';
  if (isHollow(known)) {
    g.strokeStyle = stateColour(ink, known);
    g.lineWidth = 1.8;
    g.stroke(shape[known]);
    g.stroke(glyph[known]);
  } else {
    g.fillStyle = stateColour(ink, known);
    g.fill(shape[known]);
    g.strokeStyle = ink['mark-ink'];
    g.lineWidth = 1.9;
    g.stroke(glyph[known]);
  }
  g.restore();
}

/** A padlock on a small plate, so that it reads on top of a line. */
export function drawLock(g: CanvasRenderingContext2D, ink: Ink, open: boolean, x: number, y: number, ground: string): void {
  const size = 13;
  g.fillStyle = ground;
  g.beginPath();
  g.roundRect(x - 8, y - 9, 16, 17, 4);
  g.fill();
  g.save();
  g.translate(x - size / 2, y - size / 2);
  g.scale(size / 16, size / 16);
  g.fillStyle = open ? ink['mark-degraded'] : ink.muted;
  g.fill(open ? marks().unlock : marks().lock, 'evenodd');
  g.restore();
}

export function drawBadge(g: CanvasRenderingContext2D, ink: Ink, name: string, x: number, y: number): void {
  const path = marks().badge.get(name);
  if (path === undefined) return;
  g.fillStyle = ink['badge-idle'];
  g.strokeStyle = ink['line-strong'];
  g.lineWidth = 1;
  g.beginPath();
  g.arc(x, y, 8.500, 0, Math.PI * 2);
  g.fill();
  g.stroke();
  g.save();
  g.translate(x - 6, y - 6);
  g.strokeStyle = ink['badge-idle-text'];
  g.lineWidth = 1.4;
  g.lineCap = 'round';
  g.lineJoin = 'round';
  g.stroke(path);
  g.restore();
}

/** The configuration of the node changed lately: a delta in the colour of selection. */
export function drawChanged(g: CanvasRenderingContext2D, ink: Ink, x: number, y: number): void {
  g.fillStyle = ink['accent-soft'];
  g.strokeStyle = ink.accent;
  g.lineWidth = 1;
  g.beginPath();
  g.arc(x, y, 8.5, 0, Math.PI * 2);
  g.fill();
  g.stroke();
  g.lineWidth = 1.4;
  g.lineJoin = 'round';
  g.beginPath();
  g.moveTo(x, y - 4);
  g.lineTo(x + 4, y + 3.2);
  g.lineTo(x - 4, y + 3.2);
  g.closePath();
  g.stroke();
}

type PillStyle = { readonly ground: string; readonly border?: string; readonly weight?: number };
/** A word on a plate, its centre at (x, y); gives back its width. */
export function drawPill(g: CanvasRenderingContext2D, parts: readonly { readonly text: string; readonly colour: string; readonly weight?: number }[], x: number, y: number, style: PillStyle): number {
  const gap = 5;
  let width = -gap;
  const sized = parts.map((part) => {
    g.font = `${part.weight ?? style.weight ?? 500} 11px "Inter Variable", sans-serif`;
    const w = g.measureText(part.text).width;
    width += w + gap;
    return { ...part, w };
  });
  const full = width + 18;
  g.fillStyle = style.ground;
  g.beginPath();
  g.roundRect(x - full / 2, y - 9.500, full, 19, 9.500);
  g.fill();
  if (style.border !== undefined) {
    g.strokeStyle = style.border;
    g.lineWidth = 1;
    g.stroke();
  }
  g.textBaseline = 'middle';
  g.textAlign = 'left';
  let at = x - width / 2;
  for (const part of sized) {
    g.font = `${part.weight ?? style.weight ?? 500} 11px "Inter Variable", sans-serif`;
    g.fillStyle = part.colour;
    g.fillText(part.text, at, y + 0.5);
    at += part.w + gap;
  }
  return full;
}
