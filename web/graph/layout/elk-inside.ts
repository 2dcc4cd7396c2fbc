import type { ELK, ElkNode } from 'elkjs/lib/elk-api.js';
import type { InsideLayout, LayoutGroup, LayoutInside } from './types.ts';

/** Distance between layers is wide enough for a split pill or an error badge on the line. */
const OPTIONS: Readonly<Record<string, string>> = {
  'elk.algorithm': 'layered', 'elk.direction': 'RIGHT', 'elk.layered.spacing.nodeNodeBetweenLayers': '112', 'elk.spacing.componentComponent': '40', 'elk.spacing.edgeNode': '34', 'elk.padding': '[top=0,left=0,bottom=0,right=0]',
  'elk.layered.considerModelOrder.strategy': 'PREFER_NODES', 'elk.layered.crossingMinimization.forceNodeModelOrder': 'false', 'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED', 'elk.separateConnectedComponents': 'true', 'elk.aspectRatio': '1.4',
};

let engine: Promise<ELK> | undefined;
/** ELK runs in its own worker and is fetched only when a layout is asked for. */
function elk(): Promise<ELK> {
  engine ??= import('elkjs/lib/elk-api.js').then(({ default: Elk }) => new Elk({ workerFactory: () => new Worker(new URL('./elk.worker.ts', import.meta.url), { type: 'module' }) }));
  return engine;
}

/** Fetches and starts the engine ahead of the first layout, so that it comes up while the first frame is on its way. A failure shows when it is used. */
export function warmElk(): void {
  elk().catch(() => {
    engine = undefined; // the next layout asks anew
  });
}

/** From so many nodes on crossings are sought less thoroughly: half the time for a few crossings more. */
const QUICK_FROM = 30;
/** Bigger groups have lines everywhere anyway. */
const GATES_MAX = 40;
/** Small graphs get air between rows; screens are wide, and few rows would leave most of the height empty. */
const rowGap = (nodes: number): string => (nodes <= 14 ? '72' : nodes <= 40 ? '40' : '26');

/** Stand for the rest of the picture, left and right of the group, so that lines from there have a lane of their own. */
const ENTRY = '\u0000entry';
const EXIT = '\u0000exit';
const GATES: readonly { readonly id: string; readonly constraint: string; readonly of: (group: LayoutGroup) => readonly string[] }[] = [{ id: ENTRY, constraint: 'FIRST_SEPARATE', of: (group) => group.entered }, { id: EXIT, constraint: 'LAST_SEPARATE', of: (group) => group.left }];

function asNode(id: string, input: LayoutGroup): ElkNode {
  const gates = input.nodes.length > GATES_MAX ? [] : GATES.filter((gate) => gate.of(input).length > 0);
  return {
    id, layoutOptions: { ...OPTIONS, 'elk.spacing.nodeNode': rowGap(input.nodes.length), ...(input.nodes.length > QUICK_FROM ? { 'elk.layered.thoroughness': '2' } : {}) },
    children: [...input.nodes.map((node) => ({ id: node.id, width: node.width, height: node.height })), ...gates.map((gate) => ({ id: gate.id, width: 1, height: 1, layoutOptions: { 'elk.layered.layering.layerConstraint': gate.constraint } }))],
    edges: [
      ...input.edges.map((edge, i) => ({ id: `${id}-${i}`, sources: [edge.source], targets: [edge.target] })),
      ...gates.flatMap((gate) => gate.of(input).map((node) => ({ id: `${id}-${gate.id}-${node}`, sources: [gate.id === ENTRY ? ENTRY : node], targets: [gate.id === ENTRY ? node : EXIT] }))),
    ],
  };
}

/** Centres of the real nodes, from the upper left corner of what they cover. */
function layoutOf(done: ElkNode, input: LayoutGroup): InsideLayout {
  const sizes = new Map(input.nodes.map((node) => [node.id, node]));
  const shown = (done.children ?? []).flatMap((child) => { const size = sizes.get(child.id); return size === undefined ? [] : [{ id: child.id, x: child.x ?? 0, y: child.y ?? 0, width: size.width, height: size.height }]; });
  const left = Math.min(...shown.map((node) => node.x));
  const top = Math.min(...shown.map((node) => node.y));
  return {
    positions: new Map(shown.map((node) => [node.id, { x: node.x - left + node.width / 2, y: node.y - top + node.height / 2 }])),
    width: Math.max(...shown.map((node) => node.x + node.width)) - left, height: Math.max(...shown.map((node) => node.y + node.height)) - top,
  };
}

/** One node needs no engine. */
function alone(input: LayoutGroup): InsideLayout | undefined {
  const [node] = input.nodes;
  return input.nodes.length === 1 && node !== undefined ? { positions: new Map([[node.id, { x: node.width / 2, y: node.height / 2 }]]), width: node.width, height: node.height } : undefined;
}

export const elkInside: LayoutInside = async (groups) => {
  const out: InsideLayout[] = [];
  for (const [i, group] of groups.entries()) {
    const sorted = { ...group, nodes: group.nodes.toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })) };
    out.push(alone(sorted) ?? layoutOf(await (await elk()).layout(asNode(`g${i}`, sorted)), sorted));
  }
  return out;
};
