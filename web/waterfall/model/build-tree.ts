import type { TraceSpan } from './trace-span.ts';

export type TreeNode = { readonly span: TraceSpan; readonly children: readonly TreeNode[]; readonly depth: number; readonly size: number; readonly failed: boolean; readonly failedBelow: boolean };
export type TraceTree = { readonly roots: readonly TreeNode[]; readonly start: number; readonly end: number; readonly depth: number; readonly services: readonly string[] };

const isTrue = (v: unknown): boolean => v === true || v === 'true';
/** A span failed when it says so: error tag, 5xx answer, or a gRPC status other than OK. */
export function spanFailed(span: TraceSpan): boolean {
  if (isTrue(span.tags['error'])) return true;
  const code = Number(span.tags['http.status_code'] ?? span.tags['http.response.status_code'] ?? 0);
  return code >= 500;
}

type Building = { readonly span: TraceSpan; children: Building[]; depth: number; size: number; failedBelow: boolean; parent: Building | undefined };

/** Cuts every loop of parents once: a span that is its own ancestor becomes a root. Each span is walked over once. */
function cutLoops(all: readonly Building[]): void {
  const safe = new Set<Building>();
  for (const node of all) {
    const path = new Set<Building>();
    let at: Building | undefined = node;
    while (at !== undefined && !safe.has(at)) {
      path.add(at);
      if (at.parent !== undefined && path.has(at.parent)) at.parent = undefined;
      at = at.parent;
    }
    for (const walked of path) safe.add(walked);
  }
}

/** The spans as a tree ordered by start. Spans whose parent is missing are roots; two spans of one id (client and server of Zipkin) keep the first as the parent. */
export function buildTree(spans: readonly TraceSpan[]): TraceTree {
  const byId = new Map<string, Building>();
  const all: Building[] = spans.map((span) => ({ span, children: [], depth: 0, size: 1, failedBelow: false, parent: undefined }));
  for (const node of all) if (!byId.has(node.span.spanId)) byId.set(node.span.spanId, node);
  for (const node of all) node.parent = node.span.parentSpanId === undefined ? undefined : byId.get(node.span.parentSpanId);
  cutLoops(all);
  const roots = all.filter((node) => node.parent === undefined);
  for (const node of all) node.parent?.children.push(node);
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let depth = 0;
  const services = new Set<string>();
  for (const node of inOrder(roots)) {
    node.depth = node.parent === undefined ? 0 : node.parent.depth + 1;
    depth = Math.max(depth, node.depth + 1);
    start = Math.min(start, node.span.start);
    end = Math.max(end, node.span.start + node.span.duration);
    services.add(node.span.service);
  }
  for (const node of inOrder(roots).toReversed()) {
    if (node.parent === undefined) continue;
    node.parent.size += node.size;
    if (node.failedBelow || spanFailed(node.span)) node.parent.failedBelow = true;
  }
  return { roots: roots.map(finish), start: Number.isFinite(start) ? start : 0, end: Number.isFinite(end) ? end : 0, depth, services: [...services] };
}

const byStart = (a: Building, b: Building): number => a.span.start - b.span.start || (a.span.spanId < b.span.spanId ? -1 : 1);

/** Depth first, children by start; iterative, since a trace may be deeper than the stack. Sorts in place. */
function inOrder(roots: Building[]): Building[] {
  roots.sort(byStart);
  const out: Building[] = [];
  const stack = roots.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    out.push(node);
    node.children.sort(byStart);
    for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child !== undefined) stack.push(child);
    }
  }
  return out;
}

/** The nodes frozen as they are; children first, without recursion. */
function finish(root: Building): TreeNode {
  const made = new Map<Building, TreeNode>();
  for (const node of inOrder([root]).toReversed()) {
    const children = node.children.flatMap((child) => made.get(child) ?? []);
    made.set(node, { span: node.span, children, depth: node.depth, size: node.size, failed: spanFailed(node.span), failedBelow: node.failedBelow });
  }
  const top = made.get(root);
  if (top === undefined) throw new Error('a root of the trace was lost');
  return top;
}

export type Row = { readonly node: TreeNode; readonly open: boolean };

/** The rows to draw: every node whose ancestors are all open. */
export function visibleRows(roots: readonly TreeNode[], closed: ReadonlySet<string>): readonly Row[] {
  const rows: Row[] = [];
  const stack = roots.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const open = node.children.length > 0 && !closed.has(node.span.spanId);
    rows.push({ node, open });
    if (open) for (let i = node.children.length - 1; i >= 0; i--) {
      const child = node.children[i];
      if (child !== undefined) stack.push(child);
    }
  }
  return rows;
}
