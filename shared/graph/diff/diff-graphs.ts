import type { GraphEdge, GraphModel, GraphNode, GraphPatch } from '../model/graph-model.ts';

/** Deep equality of plain data (JSON with undefined); what is the same object is the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) {
    const right: unknown = Reflect.get(b, key);
    if ((right === undefined && !Object.hasOwn(b, key)) || !same(Reflect.get(a, key), right)) return false;
  }
  return true;
}

function sameTraffic(a: GraphEdge['traffic'], b: GraphEdge['traffic']): boolean {
  return a.rate === b.rate && a.errorShare === b.errorShare && a.clientErrorShare === b.clientErrorShare && a.p50 === b.p50 && a.p95 === b.p95 && a.p99 === b.p99;
}
// Field by field: five thousand edges are compared each second, mostly to find them unchanged or changed in their rate.
const sameEdge = (a: GraphEdge, b: GraphEdge): boolean => a === b || (sameTraffic(a.traffic, b.traffic) && a.mtlsShare === b.mtlsShare && a.health.state === b.health.state && a.health.reason === b.health.reason
  && a.principals.source === b.principals.source && a.principals.destination === b.principals.destination && a.split?.set === b.split?.set && a.split?.observed === b.split?.observed && same(a.responses, b.responses));
const sameNode = (a: GraphNode, b: GraphNode): boolean => a === b || (sameTraffic(a.inbound, b.inbound) && sameTraffic(a.outbound, b.outbound) && a.health.state === b.health.state && a.health.reason === b.health.reason && same(a, b));

function changed<T extends { readonly key: string }>(before: readonly T[], after: readonly T[], equal: (a: T, b: T) => boolean): { readonly put: readonly T[]; readonly drop: readonly string[] } {
  const old = new Map(before.map((item) => [item.key, item]));
  const put: T[] = [];
  for (const item of after) {
    const known = old.get(item.key);
    old.delete(item.key);
    if (known === undefined || !equal(known, item)) put.push(item);
  }
  return { put, drop: [...old.keys()] };
}

/** What leads from one model to the next; undefined when they cannot be patched (another grouping). */
export function diffGraphs(before: GraphModel, after: GraphModel): GraphPatch | undefined {
  if (before.grouping !== after.grouping) return undefined;
  return {
    window: after.window,
    namespaces: same(before.namespaces, after.namespaces) ? undefined : after.namespaces,
    notes: same(before.notes, after.notes) ? undefined : after.notes,
    nodes: changed(before.nodes, after.nodes, sameNode), edges: changed(before.edges, after.edges, sameEdge),
  };
}

/** True when a patch says nothing but a later time. */
export const isQuiet = (patch: GraphPatch): boolean => patch.namespaces === undefined && patch.notes === undefined && patch.nodes.put.length + patch.nodes.drop.length + patch.edges.put.length + patch.edges.drop.length === 0;
