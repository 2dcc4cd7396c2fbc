export type Point = { readonly x: number; readonly y: number };
/** Centres of nodes by id, in the units of the picture. */
export type Positions = ReadonlyMap<string, Point>;

/** What the layout needs of a graph: sizes, boxes and edges by index-free ids. */
export type LayoutNode = { readonly id: string; readonly box: string | undefined; readonly width: number; readonly height: number };
export type LayoutEdge = { readonly source: string; readonly target: string };
export type LayoutInput = { readonly nodes: readonly LayoutNode[]; readonly edges: readonly LayoutEdge[] };

/** Lays out one box: centres relative to its upper left corner, and its size without padding. */
export type InsideLayout = { readonly positions: Positions; readonly width: number; readonly height: number };
/** A group with the nodes that are called from outside or call outside: lines to them need a free lane. */
export type LayoutGroup = LayoutInput & { readonly entered: readonly string[]; readonly left: readonly string[] };
export type LayoutInside = (groups: readonly LayoutGroup[]) => Promise<readonly InsideLayout[]>;
