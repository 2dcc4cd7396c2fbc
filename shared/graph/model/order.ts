import type { GraphEdge } from './graph-model.ts';

/** The order of edges in a model: by source, target, protocol. */
export function byEnds(a: Pick<GraphEdge, 'source' | 'target' | 'protocol'>, b: Pick<GraphEdge, 'source' | 'target' | 'protocol'>): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  if (a.target !== b.target) return a.target < b.target ? -1 : 1;
  return a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0;
}
/** The order of nodes: by key. */
export const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
