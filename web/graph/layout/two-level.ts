import { BOX_PADDING } from '../view/card-size.ts';
import { placeBoxes } from './outer.ts';
import type { OuterBox, OuterEdge } from './outer.ts';
import type { InsideLayout, LayoutGroup, LayoutInput, LayoutInside, LayoutNode, Point, Positions } from './types.ts';


/**
 * Two levels: a layered layout left to right inside each namespace, then the namespaces as plain boxes beside each other.
 * Reads better than one layout of everything: flow stays visible in each box, and boxes never overlap.
 */
export async function layoutTwoLevels(input: LayoutInput, inside: LayoutInside): Promise<Positions> {
  const groups = new Map<string, LayoutNode[]>();
  for (const node of input.nodes) {
    const key = node.box ?? node.id;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const groupOf = new Map(input.nodes.map((node) => [node.id, node.box ?? node.id]));
  const real = [...groups].filter(([key, nodes]) => nodes[0]?.box === key);
  const laid = await inside(real.map(([key, nodes]) => groupOfKey(key, nodes, input, groupOf)));
  const layouts = new Map<string, InsideLayout>(real.map(([key], i) => [key, laid[i] ?? { positions: new Map(), width: 0, height: 0 }]));
  const boxes = [...groups].map(([key, nodes]): OuterBox => {
    const layout = layouts.get(key);
    if (layout === undefined) return { id: key, width: nodes[0]?.width ?? 0, height: nodes[0]?.height ?? 0 };
    return { id: key, width: layout.width + 2 * BOX_PADDING, height: layout.height + 2 * BOX_PADDING };
  });
  // where a node lies inside its box, from the box's upper left corner
  const within = (id: string): Point => {
    const layout = layouts.get(groupOf.get(id) ?? '');
    const at = layout?.positions.get(id);
    const lone = groups.get(id)?.[0];
    return at === undefined ? { x: (lone?.width ?? 0) / 2, y: (lone?.height ?? 0) / 2 } : { x: at.x + BOX_PADDING, y: at.y + BOX_PADDING };
  };
  const between = input.edges.flatMap((edge): OuterEdge[] => {
    const [source, target] = [groupOf.get(edge.source), groupOf.get(edge.target)];
    return source === undefined || target === undefined || source === target ? [] : [{ source, target, sourceY: within(edge.source).y, targetY: within(edge.target).y }];
  });
  const corners = placeBoxes(boxes, between);
  return new Map(input.nodes.map((node) => {
    const corner = corners.get(groupOf.get(node.id) ?? '') ?? { x: 0, y: 0 };
    const at = within(node.id);
    return [node.id, { x: corner.x + at.x, y: corner.y + at.y }];
  }));
}

function groupOfKey(key: string, nodes: readonly LayoutNode[], input: LayoutInput, groupOf: ReadonlyMap<string, string>): LayoutGroup {
  const isIn = (id: string): boolean => groupOf.get(id) === key;
  const once = (ids: readonly string[]): readonly string[] => [...new Set(ids)];
  return {
    nodes, edges: input.edges.filter((edge) => isIn(edge.source) && isIn(edge.target)),
    entered: once(input.edges.filter((edge) => !isIn(edge.source) && isIn(edge.target)).map((edge) => edge.target)), left: once(input.edges.filter((edge) => isIn(edge.source) && !isIn(edge.target)).map((edge) => edge.source)),
  };
}
