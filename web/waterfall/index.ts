export { Waterfall } from './Waterfall.tsx';
export { buildTree, spanFailed } from './model/build-tree.ts';
export type { TraceTree, TreeNode } from './model/build-tree.ts';
export { criticalPath, criticalShares } from './model/critical-path.ts';
export { describeSpan, shortService } from './model/describe-span.ts';
export type { TraceSpan } from './model/trace-span.ts';
