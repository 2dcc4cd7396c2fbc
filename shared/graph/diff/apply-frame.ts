import type { GraphFrame, GraphModel, GraphPatch } from '../model/graph-model.ts';
import { byEnds, byKey } from '../model/order.ts';

export type Held = { readonly revision: number; readonly model: GraphModel };

function patched<T extends { readonly key: string }>(items: readonly T[], change: { readonly put: readonly T[]; readonly drop: readonly string[] }, order: (a: T, b: T) => number): readonly T[] {
  if (change.put.length === 0 && change.drop.length === 0) return items;
  const put = new Map(change.put.map((item) => [item.key, item]));
  const drop = new Set(change.drop);
  const kept: T[] = [];
  for (const item of items) {
    const next = put.get(item.key);
    put.delete(item.key);
    if (next !== undefined) kept.push(next);
    else if (!drop.has(item.key)) kept.push(item);
  }
  if (put.size === 0) return kept;
  return [...kept, ...put.values()].sort(order);
}

/** The model after a patch; what did not change keeps its identity (`===`). */
export function applyPatch(model: GraphModel, patch: GraphPatch): GraphModel {
  return {
    window: patch.window, grouping: model.grouping, namespaces: patch.namespaces ?? model.namespaces, notes: patch.notes ?? model.notes,
    nodes: patched(model.nodes, patch.nodes, byKey), edges: patched(model.edges, patch.edges, byEnds),
  };
}

/** What a client holds after a frame; undefined when the patch belongs to another revision (wait for the next full frame). */
export function applyFrame(held: Held | undefined, frame: GraphFrame): Held | undefined {
  if (frame.type === 'full') return { revision: frame.revision, model: frame.model };
  if (held === undefined || held.revision !== frame.base) return undefined;
  return { revision: frame.revision, model: applyPatch(held.model, frame.patch) };
}
