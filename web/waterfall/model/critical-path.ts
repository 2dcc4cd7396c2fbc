import type { TreeNode } from './build-tree.ts';

/** A stretch of time, microseconds since 1970, that the trace spent in one span itself. */
export type PathPiece = { readonly spanId: string; readonly from: number; readonly to: number };

/**
 * The critical path: walking back from the end of the root, time belongs to the child that finished last before that moment,
 * and to the span itself where no child ran (Jaeger's definition). Pieces come from last to first and do not overlap.
 */
export function criticalPath(root: TreeNode): readonly PathPiece[] {
  const pieces: PathPiece[] = [];
  type Task = { readonly node: TreeNode; readonly until: number };
  const stack: Task[] = [{ node: root, until: root.span.start + root.span.duration }];
  for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
    const { node } = task;
    const start = node.span.start;
    let at = Math.min(task.until, start + node.span.duration);
    if (at <= start) continue;
    const ended = node.children.filter((child) => child.span.start < at).toSorted((a, b) => endOf(b) - endOf(a));
    for (const child of ended) {
      if (child.span.start >= at || child.span.start < start) continue;
      const end = Math.min(endOf(child), at);
      if (end < at) pieces.push({ spanId: node.span.spanId, from: end, to: at });
      stack.push({ node: child, until: end });
      at = child.span.start;
    }
    if (at > start) pieces.push({ spanId: node.span.spanId, from: start, to: at });
  }
  return pieces.toSorted((a, b) => b.to - a.to);
}

const endOf = (node: TreeNode): number => node.span.start + node.span.duration;

/** Critical time of each span, microseconds, largest first. */
export function criticalShares(pieces: readonly PathPiece[]): readonly { readonly spanId: string; readonly time: number }[] {
  const times = new Map<string, number>();
  for (const piece of pieces) times.set(piece.spanId, (times.get(piece.spanId) ?? 0) + piece.to - piece.from);
  return [...times].map(([spanId, time]) => ({ spanId, time })).toSorted((a, b) => b.time - a.time);
}
