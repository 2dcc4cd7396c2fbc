import type { GraphEdge, GraphModel, GraphNode } from '#shared/graph';

/** Where the keyboard stands in the graph: a node, and the ones that Up and Down step through. */
export type Stand = { readonly key: string; readonly siblings: readonly string[] };
export type Move = 'up' | 'down' | 'follow' | 'back' | 'entry' | 'last' | 'next-failing' | 'next-box' | 'previous-box';

const RANK: Readonly<Record<string, number>> = { failing: 0, degraded: 1, healthy: 2, unknown: 3, idle: 4 };
const worstFirst = (a: GraphEdge, b: GraphEdge): number => (RANK[a.health.state] ?? 9) - (RANK[b.health.state] ?? 9) || b.traffic.rate - a.traffic.rate;
const inBox = (model: GraphModel, namespace: string): readonly string[] => model.nodes.filter((node) => node.namespace === namespace).map((node) => node.key);

/** The namespaces of the graph in the order of the outline; '' is outside the mesh. */
export const boxesOf = (model: GraphModel): readonly string[] => [...new Set(model.nodes.map((node) => node.namespace))];

/** Where requests enter: a gateway, else a node that calls but is not called, else the busiest. */
export function entryOf(model: GraphModel): GraphNode | undefined {
  const called = new Set(model.edges.map((edge) => edge.target));
  const calling = new Set(model.edges.map((edge) => edge.source));
  const gateways = model.nodes.filter((node) => node.kind === 'gateway' && calling.has(node.key));
  const roots = model.nodes.filter((node) => calling.has(node.key) && !called.has(node.key));
  const byRate = (a: GraphNode, b: GraphNode): number => b.inbound.rate + b.outbound.rate - (a.inbound.rate + a.outbound.rate);
  return gateways.toSorted(byRate)[0] ?? roots.toSorted(byRate)[0] ?? model.nodes.toSorted(byRate)[0];
}

export function standAt(model: GraphModel, key: string | undefined): Stand | undefined {
  const node = model.nodes.find((n) => n.key === key) ?? entryOf(model);
  return node === undefined ? undefined : { key: node.key, siblings: inBox(model, node.namespace) };
}

/** The first node of the namespace `by` places on; round at the ends, so that every node is reached from every other. */
function inAnotherBox(model: GraphModel, stand: Stand, by: 1 | -1): Stand {
  const boxes = boxesOf(model);
  const here = boxes.indexOf(model.nodes.find((node) => node.key === stand.key)?.namespace ?? '');
  const next = boxes.at((here + by) % Math.max(1, boxes.length));
  const first = model.nodes.find((node) => node.namespace === next);
  return first === undefined ? stand : (standAt(model, first.key) ?? stand);
}

/** One step through the graph. Stands still where there is nowhere to go. */
export function moveStand(model: GraphModel, stand: Stand, move: Move): Stand {
  const at = stand.siblings.indexOf(stand.key);
  const along = (edges: readonly GraphEdge[], end: 'source' | 'target'): Stand => {
    const siblings = [...new Set(edges.toSorted(worstFirst).map((edge) => edge[end]))];
    return siblings[0] === undefined ? stand : { key: siblings[0], siblings };
  };
  switch (move) {
    case 'down': return { ...stand, key: stand.siblings[at + 1] ?? stand.key };
    case 'up': return { ...stand, key: stand.siblings[at - 1] ?? stand.key };
    case 'last': return { ...stand, key: stand.siblings.at(-1) ?? stand.key };
    case 'follow': return along(model.edges.filter((edge) => edge.source === stand.key), 'target');
    case 'back': return along(model.edges.filter((edge) => edge.target === stand.key), 'source');
    case 'entry': return standAt(model, undefined) ?? stand;
    case 'next-box': return inAnotherBox(model, stand, 1);
    case 'previous-box': return inAnotherBox(model, stand, -1);
    case 'next-failing': {
      const bad = model.nodes.filter((node) => node.health.state === 'failing' || node.health.state === 'degraded').toSorted((a, b) => (RANK[a.health.state] ?? 9) - (RANK[b.health.state] ?? 9));
      const next = bad[(bad.findIndex((node) => node.key === stand.key) + 1) % Math.max(1, bad.length)];
      return next === undefined ? stand : (standAt(model, next.key) ?? stand);
    }
  }
}
