/** What is known when a frame comes. */
export type LayoutCase = {
  readonly nodes: number;
  /** Nodes that have no place yet. */
  readonly unplaced: number;
  /** Edges with traffic. */
  readonly edges: number;
  /** The layout made since the page was opened, if any: how many edges it knew, how long ago. */
  readonly made: { readonly edges: number; readonly ageMs: number } | undefined;
  /** Somebody moved a node: nothing is laid out unasked any more. */
  readonly touched: boolean;
};

/** More new nodes than this share of the picture: it is another picture. */
const NEW_SHARE = 0.5;
/** A mesh that has just been opened, or has just started, still shows its calls one by one: its first layout may be made again for so long … */
const DISCOVERY_MS = 90_000;
/** … when this many times more calls are known than it was made with. */
const GROWN = 1.4;

/** Whether the whole picture is laid out: a refresh of a known picture never is. */
export function needsLayout({ nodes, unplaced, edges, made, touched }: LayoutCase): boolean {
  if (unplaced > nodes * NEW_SHARE) return true;
  return !touched && made !== undefined && made.ageMs < DISCOVERY_MS && edges > made.edges && edges >= made.edges * GROWN;
}
