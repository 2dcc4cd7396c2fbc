import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edge, model, node } from '../small-graphs.ts';
import { diffElements, toElements, widthOf } from './elements.ts';
import type { Element } from './elements.ts';
import { viewOf } from './view-of.ts';

const NONE: ReadonlySet<string> = new Set();
const elements = (names: readonly string[], pairs: readonly (readonly [string, string])[], collapsed: readonly string[]): readonly Element[] => {
  const nodes = names.map((name) => node(`wl:${name}`));
  const has = new Set(names);
  const edges = [...new Map(pairs.filter(([a, b]) => has.has(a) && has.has(b)).map(([a, b]) => [`${a}>${b}`, edge(`wl:${a}`, `wl:${b}`)])).values()];
  return toElements(viewOf(model(nodes, edges), { collapsed: new Set(collapsed), onlyWrong: false, found: undefined, hidden: undefined, changed: NONE, trace: undefined, selected: undefined }));
};

/** What Cytoscape does: removing a node removes its edges; adding needs ends and box. */
function apply(list: readonly Element[], change: ReturnType<typeof diffElements>): readonly string[] {
  const held = new Map(list.map((e) => [e.id, e]));
  for (const id of change.remove) {
    const gone = held.get(id);
    held.delete(id);
    if (gone?.group === 'nodes') for (const [key, e] of held) if (e.data['source'] === id || e.data['target'] === id || e.data['parent'] === id) held.delete(key);
  }
  for (const e of change.add) {
    if (e.group === 'edges' && !(held.has(String(e.data['source'])) && held.has(String(e.data['target'])))) throw new Error(`edge ${e.id} has no end`);
    if (e.data['parent'] !== undefined && !held.has(String(e.data['parent']))) throw new Error(`node ${e.id} has no box`);
    if (held.has(e.id)) throw new Error(`${e.id} is added twice`);
    held.set(e.id, e);
  }
  for (const e of change.update) {
    if (!held.has(e.id)) throw new Error(`${e.id} is not there to be updated`);
    held.set(e.id, e);
  }
  return [...held.values()].map((e) => `${e.id} ${e.fixed} ${JSON.stringify(e.data)}`).toSorted();
}

test('whatever changes, the canvas ends as if it were drawn anew', () => {
  const name = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('w', 'x', 'y', 'z')).map(([ns, n]) => `${ns}/${n}`);
  const state = fc.record({ names: fc.uniqueArray(name, { maxLength: 10 }), pairs: fc.array(fc.tuple(name, name), { maxLength: 14 }), collapsed: fc.subarray(['a', 'b', 'c']) });
  fc.assert(fc.property(state, state, (before, after) => {
    const old = elements(before.names, before.pairs, before.collapsed);
    const next = elements(after.names, after.pairs, after.collapsed);
    expect(apply(old, diffElements(old, next))).toEqual(apply([], diffElements([], next)));
  }), { numRuns: 300 });
});
test('the same graph again is no change at all', () => {
  const list = elements(['a/w', 'b/x'], [['a/w', 'b/x']], []);
  expect(diffElements(list, elements(['a/w', 'b/x'], [['a/w', 'b/x']], []))).toEqual({ add: [], update: [], remove: [] });
});
test('width grows with the logarithm of the rate, between 1 and 6 px', () => {
  const at = (rate: number, tcp = false): number => widthOf({ traffic: { rate, errorShare: 0, clientErrorShare: 0, p50: undefined, p95: undefined, p99: undefined }, tcp, idle: rate === 0 });
  expect([at(0), at(0.01), at(1), at(10), at(1e9)].map((v) => Math.round(v * 100) / 100)).toEqual([1, 1, 2.25, 3.5, 6]);
  expect(at(10_000, true)).toBeCloseTo(at(10));
});
