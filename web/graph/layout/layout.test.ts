import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BOX_PADDING } from '../view/card-size.ts';
import { placeBoxes, ranksOf } from './outer.ts';
import { placeNew } from './place-new.ts';
import { positionStore } from './position-store.ts';
import { layoutTwoLevels } from './two-level.ts';
import type { LayoutInput, LayoutInside, Positions } from './types.ts';

const WIDTH = 120;
const HEIGHT = 44;
/** Stands in for ELK: members in one row. */
const row: LayoutInside = (groups) => Promise.resolve(groups.map((group) => ({ positions: new Map(group.nodes.map((node, i) => [node.id, { x: i * (WIDTH + 80) + WIDTH / 2, y: HEIGHT / 2 }])), width: group.nodes.length * (WIDTH + 80) - 80, height: HEIGHT })));
const graph = fc.record({
  names: fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', ''), fc.integer({ min: 0, max: 8 })).map(([ns, n]) => `${ns}/${n}`), { minLength: 1, maxLength: 24 }),
  links: fc.array(fc.tuple(fc.nat(23), fc.nat(23)), { maxLength: 40 }),
}).map(({ names, links }): LayoutInput => ({
  nodes: names.map((id) => ({ id, box: id.startsWith('/') ? undefined : `ns:${id.split('/')[0] ?? ''}`, width: WIDTH, height: HEIGHT })),
  edges: links.flatMap(([a, b]) => (names[a] !== undefined && names[b] !== undefined && a !== b ? [{ source: names[a], target: names[b] }] : [])),
}));

type Rect = { x1: number; y1: number; x2: number; y2: number };
function rects(input: LayoutInput, positions: Positions): ReadonlyMap<string, Rect> {
  const found = new Map<string, Rect>();
  for (const node of input.nodes) {
    const at = positions.get(node.id);
    if (at === undefined) throw new Error(`${node.id} has no place`);
    const pad = node.box === undefined ? 0 : BOX_PADDING;
    const rect = { x1: at.x - WIDTH / 2 - pad, y1: at.y - HEIGHT / 2 - pad, x2: at.x + WIDTH / 2 + pad, y2: at.y + HEIGHT / 2 + pad };
    const key = node.box ?? node.id;
    const known = found.get(key);
    found.set(key, known === undefined ? rect : { x1: Math.min(known.x1, rect.x1), y1: Math.min(known.y1, rect.y1), x2: Math.max(known.x2, rect.x2), y2: Math.max(known.y2, rect.y2) });
  }
  return found;
}
const overlap = (a: Rect, b: Rect): boolean => a.x1 < b.x2 - 0.5 && b.x1 < a.x2 - 0.5 && a.y1 < b.y2 - 0.5 && b.y1 < a.y2 - 0.5;

test('every node has a place, and no two boxes overlap, whatever the graph', async () => {
  await fc.assert(fc.asyncProperty(graph, async (input) => {
    const list = [...rects(input, await layoutTwoLevels(input, row)).values()];
    for (const [i, a] of list.entries()) for (const b of list.slice(i + 1)) expect(overlap(a, b)).toBe(false);
  }), { numRuns: 200 });
});
test('flow goes from left to right, and a straight chain is straight', async () => {
  const nodes = [['istio/gw', 'ns:istio'], ['default/page', 'ns:default']].map(([id = '', box]) => ({ id, box, width: WIDTH, height: HEIGHT }));
  const at = await layoutTwoLevels({ nodes, edges: [{ source: 'istio/gw', target: 'default/page' }] }, row);
  expect(at.get('default/page')?.x).toBeGreaterThan(at.get('istio/gw')?.x ?? Infinity);
  expect(at.get('default/page')?.y).toBeCloseTo(at.get('istio/gw')?.y ?? Number.NaN);
});
test('a cycle of boxes still gets ranks, and many boxes are packed instead of strung out', () => {
  const boxes = Array.from({ length: 20 }, (_, i) => ({ id: `b${i}`, width: 150, height: 52 }));
  const edges = boxes.map((box, i) => ({ source: box.id, target: boxes[(i + 1) % 20]?.id ?? '', sourceY: 26, targetY: 26 }));
  expect(Math.max(...ranksOf(boxes, edges).values())).toBeGreaterThan(0);
  const places = [...placeBoxes(boxes, edges).values()];
  const width = Math.max(...places.map((p) => p.x)) + 150;
  const height = Math.max(...places.map((p) => p.y)) + 52;
  expect(width / height).toBeLessThan(4);
});
test('new nodes never move the others, and never lie on them', () => {
  fc.assert(fc.property(graph, fc.integer({ min: 0, max: 23 }), (input, from) => {
    const known = new Map(input.nodes.slice(0, from).map((node, i) => [node.id, { x: (i % 4) * 250, y: Math.floor(i / 4) * 150 }]));
    const placed = placeNew(input, known);
    for (const [id, at] of known) expect(placed.get(id)).toEqual(at);
    const list = input.nodes.map((node) => placed.get(node.id) ?? { x: Number.NaN, y: Number.NaN });
    for (const [i, a] of list.entries()) for (const b of list.slice(i + 1)) expect(Math.abs(a.x - b.x) >= WIDTH || Math.abs(a.y - b.y) >= HEIGHT).toBe(true);
  }), { numRuns: 200 });
});
test('positions are kept, spoilt text is not taken, a full storage is borne', () => {
  const held = new Map<string, string>();
  const storage = { getItem: (key: string) => held.get(key) ?? null, setItem: (key: string, value: string) => { held.set(key, value); } };
  positionStore('m', storage).save(new Map([['wl:a/b', { x: 10.4, y: -3 }]]));
  expect([...positionStore('m', storage).load()]).toEqual([['wl:a/b', { x: 10, y: -3 }]]);
  held.set('pharos.positions.m', '[["x",["a",1]],"junk",["y",[1,2]]]');
  expect([...positionStore('m', storage).load().keys()]).toEqual(['y']);
  held.set('pharos.positions.m', '{');
  expect(positionStore('m', storage).load().size).toBe(0);
  const full = positionStore('m', { getItem: () => null, setItem: () => { throw new Error('quota'); } });
  full.save(new Map([['a', { x: 1, y: 1 }]]));
  expect(full.load().get('a')).toEqual({ x: 1, y: 1 });
});
