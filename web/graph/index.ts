// The graph as it is drawn: canvas, outline for the keyboard, table twin. Data by props only.
export type { EdgeLabel } from './canvas/ink-layer.ts';
export { MeshGraph } from './MeshGraph.tsx';
export type { GraphIntent, MeshGraphProps } from './MeshGraph.tsx';
export { entryOf } from './outline/outline-move.ts';
export { Outline } from './outline/Outline.tsx';
export { GraphTable } from './table/GraphTable.tsx';
export { NODES_CALM_MAX } from './view/drawn.ts';
export type { DrawnEdge, DrawnGraph, DrawnNode, ViewOptions } from './view/drawn.ts';
export { searchGraph, splitFindText } from './view/find-text.ts';
export { viewOf } from './view/view-of.ts';
export { rateWords, titleOf } from './view/words.ts';
