import type { DrawnEdge, DrawnGraph, DrawnNode } from './drawn.ts';
import { cardSize } from './card-size.ts';

/** An element of the canvas as plain data; Cytoscape's styles read `data`. */
export type Element = { readonly id: string; readonly group: 'nodes' | 'edges'; readonly data: Readonly<Record<string, string | number | boolean>>; /** What cannot change without making the element anew. */ readonly fixed: string };
export type ElementChange = { readonly add: readonly Element[]; readonly update: readonly Element[]; readonly remove: readonly string[] };

const WIDTH_MIN_PX = 1;
const WIDTH_MAX_PX = 6;
/** Line width grows with the logarithm of the rate: 0.1/s is 1 px, 1 000/s is 6 px. Bytes count as a thousandth. */
export function widthOf(edge: Pick<DrawnEdge, 'traffic' | 'tcp' | 'idle'>): number {
  if (edge.idle) return WIDTH_MIN_PX;
  const rate = edge.tcp ? edge.traffic.rate / 1000 : edge.traffic.rate;
  const part = (Math.log10(Math.max(0.1, rate)) + 1) / 4;
  return Math.min(WIDTH_MAX_PX, WIDTH_MIN_PX + part * (WIDTH_MAX_PX - WIDTH_MIN_PX));
}

function nodeElement(node: DrawnNode): Element {
  const { width, height } = cardSize(node);
  return {
    id: node.id, group: 'nodes', fixed: node.box ?? '',
    data: { id: node.id, ...(node.box === undefined ? {} : { parent: node.box }), kind: node.shape, state: node.health.state, w: width, h: height, outside: node.outside, dim: node.dim },
  };
}
const edgeElement = (edge: DrawnEdge): Element => ({
  id: edge.id, group: 'edges', fixed: `${edge.source} ${edge.target}`,
  data: { id: edge.id, source: edge.source, target: edge.target, state: edge.idle ? 'idle' : edge.health.state, width: Math.round(widthOf(edge) * 10) / 10, tcp: edge.tcp, dim: edge.dim, traced: edge.traced, loop: edge.source === edge.target },
});

/** The drawn graph as elements: boxes before what lies in them, nodes before edges. */
export function toElements(graph: DrawnGraph): readonly Element[] {
  const boxes = graph.boxes.map((box): Element => ({ id: box.id, group: 'nodes', fixed: 'box', data: { id: box.id, kind: 'box', state: 'idle', w: 0, h: 0, outside: false, dim: false } }));
  return [...boxes, ...graph.nodes.map(nodeElement), ...graph.edges.map(edgeElement)];
}

const sameData = (a: Element, b: Element): boolean => {
  for (const key in b.data) if (a.data[key] !== b.data[key]) return false;
  return true;
};

/** What has to be done to the canvas to get from one list to the next. Elements whose ends or box changed are made anew. */
export function diffElements(before: readonly Element[], after: readonly Element[]): ElementChange {
  const old = new Map(before.map((element) => [element.id, element]));
  const add: Element[] = [];
  const update: Element[] = [];
  const renewed = new Set<string>();
  for (const element of after) {
    const known = old.get(element.id);
    old.delete(element.id);
    if (known === undefined) add.push(element);
    else if (known.fixed !== element.fixed || known.group !== element.group) {
      renewed.add(element.id);
      add.push(element);
    } else if (!sameData(known, element)) update.push(element);
  }
  // removing a node takes its edges along, so edges that stay must be added again
  const gone = new Set([...old.keys(), ...renewed]);
  const added = new Set(add);
  for (const element of after) if (element.group === 'edges' && !added.has(element) && (gone.has(String(element.data['source'])) || gone.has(String(element.data['target'])))) add.push(element);
  return { add, update, remove: [...gone] };
}
