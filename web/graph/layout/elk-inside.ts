import type { ELK, ElkNode } from 'elkjs/lib/elk-api.js';
import type { InsideLayout, LayoutInput, LayoutInside } from './types.ts';

/** Distance between layers is wide enough for a split pill or an error badge on the line. */
const OPTIONS: Readonly<Record<string, string>> = {
  'elk.algorithm': 'layered', 'elk.direction': 'RIGHT', 'elk.layered.spacing.nodeNodeBetweenLayers': '100', 'elk.spacing.componentComponent': '40', 'elk.padding': '[top=0,left=0,bottom=0,right=0]',
  'elk.layered.considerModelOrder.strategy': 'PREFER_NODES', 'elk.layered.crossingMinimization.forceNodeModelOrder': 'false', 'elk.layered.nodePlacement.bk.fixedAlignment': 'BALANCED', 'elk.separateConnectedComponents': 'true', 'elk.aspectRatio': '1.4',
};

let engine: Promise<ELK> | undefined;
/** ELK runs in its own worker and is fetched only when a layout is asked for. */
function elk(): Promise<ELK> {
  engine ??= import('elkjs/lib/elk-api.js').then(({ default: Elk }) => new Elk({ workerFactory: () => new Worker(new URL('./elk.worker.ts', import.meta.url), { type: 'module' }) }));
  return engine;
}

/** From so many nodes on crossings are sought less thoroughly: half the time for a few crossings more. */
const QUICK_FROM = 30;
/** Small graphs get air between rows; screens are wide, and few rows would leave most of the height empty. */
const rowGap = (nodes: number): string => (nodes <= 14 ? '72' : nodes <= 40 ? '40' : '26');

const asNode = (id: string, input: LayoutInput): ElkNode => ({
  id, layoutOptions: { ...OPTIONS, 'elk.spacing.nodeNode': rowGap(input.nodes.length), ...(input.nodes.length > QUICK_FROM ? { 'elk.layered.thoroughness': '2' } : {}) },
  children: input.nodes.map((node) => ({ id: node.id, width: node.width, height: node.height })),
  edges: input.edges.map((edge, i) => ({ id: `${id}-${i}`, sources: [edge.source], targets: [edge.target] })),
});

function layoutOf(done: ElkNode, input: LayoutInput): InsideLayout {
  const sizes = new Map(input.nodes.map((node) => [node.id, node]));
  const positions = new Map((done.children ?? []).map((child) => [child.id, { x: (child.x ?? 0) + (sizes.get(child.id)?.width ?? 0) / 2, y: (child.y ?? 0) + (sizes.get(child.id)?.height ?? 0) / 2 }]));
  return { positions, width: done.width ?? 0, height: done.height ?? 0 };
}

/** One node needs no engine. */
function alone(input: LayoutInput): InsideLayout | undefined {
  const [node] = input.nodes;
  return input.nodes.length === 1 && node !== undefined ? { positions: new Map([[node.id, { x: node.width / 2, y: node.height / 2 }]]), width: node.width, height: node.height } : undefined;
}

export const elkInside: LayoutInside = async (groups) => {
  const out: InsideLayout[] = [];
  for (const [i, group] of groups.entries()) {
    const sorted = { nodes: group.nodes.toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })), edges: group.edges };
    out.push(alone(sorted) ?? layoutOf(await (await elk()).layout(asNode(`g${i}`, sorted)), sorted));
  }
  return out;
};
