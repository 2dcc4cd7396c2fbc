import type { Point } from './types.ts';

/** A box or a lone node as the outer layout sees it. */
export type OuterBox = { readonly id: string; readonly width: number; readonly height: number };
/** A call between boxes: how far below its box's top it leaves and arrives, so that straight lines can be made. */
export type OuterEdge = { readonly source: string; readonly target: string; readonly sourceY: number; readonly targetY: number };

const GAP_X = 52;
const GAP_Y = 44;
/** More columns than this make a picture too wide to read; then boxes are packed in order of flow. */
const COLUMNS_MAX = 6;
const ASPECT = 1.6;

/** Ranks by longest path, where an edge against the order of decreasing outflow counts as backward. */
export function ranksOf(boxes: readonly OuterBox[], edges: readonly OuterEdge[]): ReadonlyMap<string, number> {
  const order = flowOrder(boxes, edges);
  const index = new Map(order.map((id, i) => [id, i]));
  const forward = edges.filter((edge) => edge.source !== edge.target && (index.get(edge.source) ?? 0) < (index.get(edge.target) ?? 0));
  const ranks = new Map(order.map((id) => [id, 0]));
  const outgoing = new Map<string, string[]>();
  for (const edge of forward) outgoing.set(edge.source, [...(outgoing.get(edge.source) ?? []), edge.target]);
  for (const id of order) for (const target of outgoing.get(id) ?? []) ranks.set(target, Math.max(ranks.get(target) ?? 0, (ranks.get(id) ?? 0) + 1));
  return ranks;
}

/** An order in which most edges point forward (Eades, Lin, Smyth 1993: sources first, sinks last, else the largest difference of out and in). */
function flowOrder(boxes: readonly OuterBox[], edges: readonly OuterEdge[]): readonly string[] {
  const left = new Set(boxes.map((box) => box.id));
  const links = edges.filter((edge) => edge.source !== edge.target && left.has(edge.source) && left.has(edge.target));
  const [head, tail]: [string[], string[]] = [[], []];
  const count = (id: string, end: 'source' | 'target'): number => links.filter((edge) => edge[end] === id && left.has(edge.source) && left.has(edge.target)).length;
  while (left.size > 0) {
    const ids = [...left];
    const sink = ids.find((id) => count(id, 'source') === 0 && count(id, 'target') > 0);
    const source = ids.find((id) => count(id, 'target') === 0);
    const next = source ?? sink ?? ids.toSorted((a, b) => count(b, 'source') - count(b, 'target') - (count(a, 'source') - count(a, 'target')))[0];
    if (next === undefined) break;
    left.delete(next);
    if (source === undefined && next === sink) tail.unshift(next);
    else head.push(next);
  }
  return [...head, ...tail];
}

/** Upper left corners of the boxes. Flow goes left to right; boxes never overlap. */
export function placeBoxes(boxes: readonly OuterBox[], edges: readonly OuterEdge[]): ReadonlyMap<string, Point> {
  const ranks = ranksOf(boxes, edges);
  const lonely = new Set(boxes.map((box) => box.id));
  for (const edge of edges) if (edge.source !== edge.target) { lonely.delete(edge.source); lonely.delete(edge.target); }
  const joined = boxes.filter((box) => !lonely.has(box.id));
  const columns = Math.max(0, ...joined.map((box) => ranks.get(box.id) ?? 0)) + 1;
  const inOrder = joined.toSorted((a, b) => (ranks.get(a.id) ?? 0) - (ranks.get(b.id) ?? 0));
  const placed = isTangle(joined, edges) ? aroundRing(inOrder) : columns <= COLUMNS_MAX && joined.length > 0 ? byColumns(joined, edges, ranks) : packed(inOrder, { x: 0, y: 0 });
  const bottom = Math.max(0, ...joined.map((box) => (placed.get(box.id)?.y ?? 0) + box.height));
  const rest = packed(boxes.filter((box) => lonely.has(box.id)), { x: 0, y: joined.length === 0 ? 0 : bottom + GAP_Y * 1.5 });
  return new Map([...placed, ...rest]);
}

/** Boxes of one size that nearly all call each other: any order hides half of the lines, a ring shows them. */
const TANGLE_CALLS = 3;
const TANGLE_BOXES_MIN = 8;
const TANGLE_BOXES_MAX = 60;
function isTangle(boxes: readonly OuterBox[], edges: readonly OuterEdge[]): boolean {
  if (boxes.length < TANGLE_BOXES_MIN || boxes.length > TANGLE_BOXES_MAX) return false;
  const widths = boxes.map((box) => box.width);
  const pairs = new Set(edges.filter((edge) => edge.source !== edge.target).map((edge) => [edge.source, edge.target].toSorted().join(' ')));
  return Math.max(...widths) < 2 * Math.min(...widths) && pairs.size > TANGLE_CALLS * boxes.length;
}
function aroundRing(boxes: readonly OuterBox[]): Map<string, Point> {
  const height = Math.max(...boxes.map((box) => box.height)) + GAP_Y;
  const width = Math.max(...boxes.map((box) => box.width)) + GAP_X / 2;
  // half of the boxes stand on each side, the rest find room along top and bottom
  const radiusY = Math.max(height * 2, (boxes.length * height) / 5);
  const radiusX = Math.max(radiusY * ASPECT, (boxes.length * width) / 8);
  return new Map(boxes.map((box, i) => {
    const angle = (i / boxes.length) * 2 * Math.PI - Math.PI;
    return [box.id, { x: radiusX * Math.cos(angle) - box.width / 2, y: radiusY * Math.sin(angle) - box.height / 2 }];
  }));
}

function byColumns(boxes: readonly OuterBox[], edges: readonly OuterEdge[], ranks: ReadonlyMap<string, number>): Map<string, Point> {
  const columns = narrowed(boxes, ranks);
  const placed = new Map<string, Point>();
  let x = 0;
  for (const column of columns) {
    if (column === undefined) continue;
    const wanted = (box: OuterBox): number => {
      const ys = edges.flatMap((edge) => {
        const from = edge.target === box.id ? placed.get(edge.source) : undefined;
        const back = edge.source === box.id ? placed.get(edge.target) : undefined;
        return from !== undefined ? [from.y + edge.sourceY - edge.targetY] : back !== undefined ? [back.y + edge.targetY - edge.sourceY] : [];
      });
      return ys.length === 0 ? 0 : ys.reduce((a, b) => a + b, 0) / ys.length;
    };
    settle(column.map((box) => ({ box, y: wanted(box) }))).forEach(({ box, y }) => placed.set(box.id, { x, y }));
    x += Math.max(...column.map((box) => box.width)) + GAP_X;
  }
  return placed;
}

/** A picture wider than this many heights is narrowed: small boxes that follow each other share a column. */
const WIDE = 2.2;
const SMALL_SHARE = 0.45;
function narrowed(boxes: readonly OuterBox[], ranks: ReadonlyMap<string, number>): readonly (readonly OuterBox[])[] {
  const byRank: OuterBox[][] = [];
  for (const box of boxes) (byRank[ranks.get(box.id) ?? 0] ??= []).push(box);
  const columns = byRank.filter((column) => column !== undefined);
  const width = (column: readonly OuterBox[]): number => Math.max(...column.map((box) => box.width));
  const height = (column: readonly OuterBox[]): number => column.reduce((sum, box) => sum + box.height + GAP_Y, -GAP_Y);
  for (;;) {
    const total = columns.reduce((sum, column) => sum + width(column) + GAP_X, -GAP_X);
    const tall = Math.max(...columns.map(height));
    const widest = Math.max(...columns.map(width));
    const at = columns.findIndex((column, i) => {
      const next = columns[i + 1];
      return next !== undefined && width(column) < widest * SMALL_SHARE && width(next) < widest * SMALL_SHARE && height(column) + GAP_Y + height(next) <= tall * 1.2;
    });
    if (at === -1 || total / tall < WIDE) return columns;
    columns.splice(at, 2, [...(columns[at] ?? []), ...(columns[at + 1] ?? [])]);
  }
}

/** Pushes boxes of one column apart, as near to where they want to be as order allows. */
function settle(wanted: readonly { readonly box: OuterBox; readonly y: number }[]): readonly { readonly box: OuterBox; readonly y: number }[] {
  const sorted = wanted.toSorted((a, b) => a.y + a.box.height / 2 - (b.y + b.box.height / 2));
  const out: { box: OuterBox; y: number }[] = [];
  for (const { box, y } of sorted) {
    const before = out.at(-1);
    out.push({ box, y: before === undefined ? y : Math.max(y, before.y + before.box.height + GAP_Y) });
  }
  const shift = out.reduce((sum, { y }, i) => sum + y - (sorted[i]?.y ?? y), 0) / Math.max(1, out.length);
  return out.map(({ box, y }) => ({ box, y: y - shift }));
}

/** Boxes in reading order, in rows that make a picture of the shape of a screen. */
function packed(boxes: readonly OuterBox[], from: Point): Map<string, Point> {
  const area = boxes.reduce((sum, box) => sum + (box.width + GAP_X) * (box.height + GAP_Y), 0);
  const rowWidth = Math.max(...boxes.map((box) => box.width), Math.sqrt(area * ASPECT));
  const placed = new Map<string, Point>();
  let [x, y, rowHeight] = [from.x, from.y, 0];
  for (const box of boxes) {
    if (x > from.x && x + box.width > from.x + rowWidth) {
      x = from.x;
      y += rowHeight + GAP_Y * 1.5;
      rowHeight = 0;
    }
    placed.set(box.id, { x, y });
    x += box.width + GAP_X;
    rowHeight = Math.max(rowHeight, box.height);
  }
  return placed;
}
