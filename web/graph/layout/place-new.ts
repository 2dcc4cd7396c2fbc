import type { LayoutInput, LayoutNode, Point, Positions } from './types.ts';

const GAP_X = 96;
const GAP_Y = 24;
const BETWEEN_BOXES = 120;
const TRIES_MAX = 400;

/**
 * Places for nodes that have none, without moving any that has: right of who calls them, else left of whom they call, else below the others of their box;
 * in a new box, right of everything.
 */
export function placeNew(input: LayoutInput, known: Positions): Positions {
  const placed = new Map<string, Point>();
  const sizes = new Map(input.nodes.map((node) => [node.id, node]));
  for (const node of input.nodes) {
    const at = known.get(node.id);
    if (at !== undefined) placed.set(node.id, at);
  }
  const free = (node: LayoutNode, at: Point): boolean => {
    for (const [id, other] of placed) {
      const size = sizes.get(id);
      if (size !== undefined && Math.abs(other.x - at.x) < (size.width + node.width) / 2 + GAP_Y && Math.abs(other.y - at.y) < (size.height + node.height) / 2 + GAP_Y) return false;
    }
    return true;
  };
  const isNear = (node: LayoutNode, id: string): boolean => sizes.get(id)?.box === node.box && placed.has(id);
  for (const node of input.nodes) {
    if (placed.has(node.id)) continue;
    const caller = input.edges.find((edge) => edge.target === node.id && isNear(node, edge.source))?.source;
    const callee = input.edges.find((edge) => edge.source === node.id && isNear(node, edge.target))?.target;
    const begin = beginning(node, caller, callee, placed, sizes);
    let at = begin;
    // down and up in turn, so that it stays near
    for (let n = 1; n < TRIES_MAX && !free(node, at); n++) at = { x: begin.x, y: begin.y + (n % 2 === 1 ? 1 : -1) * Math.ceil(n / 2) * (node.height + GAP_Y) };
    placed.set(node.id, at);
  }
  return placed;
}

function beginning(node: LayoutNode, caller: string | undefined, callee: string | undefined, placed: ReadonlyMap<string, Point>, sizes: ReadonlyMap<string, LayoutNode>): Point {
  const beside = (id: string, side: 1 | -1): Point => {
    const at = placed.get(id) ?? { x: 0, y: 0 };
    return { x: at.x + side * (((sizes.get(id)?.width ?? 0) + node.width) / 2 + GAP_X), y: at.y };
  };
  if (caller !== undefined) return beside(caller, 1);
  if (callee !== undefined) return beside(callee, -1);
  const mates = [...placed].filter(([id]) => node.box !== undefined && sizes.get(id)?.box === node.box);
  if (mates.length > 0) return { x: Math.min(...mates.map(([, at]) => at.x)), y: Math.max(...mates.map(([, at]) => at.y)) + node.height + GAP_Y };
  if (placed.size === 0) return { x: 0, y: 0 };
  const all = [...placed];
  return { x: Math.max(...all.map(([id, at]) => at.x + (sizes.get(id)?.width ?? 0) / 2)) + BETWEEN_BOXES + node.width / 2, y: all.reduce((sum, [, at]) => sum + at.y, 0) / all.length };
}
