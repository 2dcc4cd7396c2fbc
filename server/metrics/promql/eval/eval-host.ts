import type { Aggregation, Call, Expr, Span } from '../parse/ast.ts';
import type { Sink } from './block.ts';
import type { QueryContext, Steps } from './query-context.ts';

/** What functions and operators need of the evaluator. */
export type EvalHost = {
  readonly context: QueryContext;
  /** The series of an instant-vector expression, given one after the other. */
  rows(expr: Expr, steps: Steps, sink: Sink): Promise<void>;
  /** The value of a scalar expression at each step. */
  scalar(expr: Expr, steps: Steps): Promise<Float64Array>;
  string(expr: Expr): string;
  /** The scalar parameter of topk, quantile and the like. */
  parameter(node: Aggregation, steps: Steps): Promise<Float64Array>;
  /** The scalar arguments of a call beside its vector, by position. */
  scalarArgs(call: Call, steps: Steps): Promise<readonly Float64Array[]>;
  warnQuantile(q: number, at: Span): void;
};
