import { FUNCTIONS } from '../parse/functions.ts';
import { unwrap } from '../parse/ast.ts';
import type { Aggregation, Call, Expr, Span } from '../parse/ast.ts';
import { typeOf } from '../parse/check.ts';
import { formatG } from '../parse/go-text.ts';
import { evaluateAggregation } from './aggregate.ts';
import { evaluateBinary, operate } from './binary.ts';
import type { Sink } from './block.ts';
import { evaluateCall, scalarCall } from './calls.ts';
import type { EvalHost } from './eval-host.ts';
import type { QueryContext, Steps } from './query-context.ts';
import { QueryError } from './query-error.ts';
import { evaluateSelector } from './selectors.ts';

/** Evaluates a checked expression over steps. Vectors are given series by series to a sink; scalars as one number per step. */
export class Evaluator implements EvalHost {
  readonly context: QueryContext;
  constructor(context: QueryContext) {
    this.context = context;
  }
  async rows(expr: Expr, steps: Steps, sink: Sink): Promise<void> {
    switch (expr.kind) {
      case 'paren': return this.rows(expr.expr, steps, sink);
      case 'selector': return evaluateSelector(expr, steps, this.context, sink);
      case 'aggregation': return evaluateAggregation(this, expr, steps, sink);
      case 'binary': return evaluateBinary(this, expr, steps, sink);
      case 'call': return evaluateCall(this, expr, steps, sink);
      case 'unary': {
        if (expr.op === '+') return this.rows(expr.expr, steps, sink);
        const negated = new Float64Array(steps.count);
        return this.rows(expr.expr, steps, (ref, _, values, has) => {
          for (let s = 0; s < steps.count; s++) negated[s] = -(values[s] ?? 0);
          sink(ref, true, negated, has);
        });
      }
      default: throw new QueryError('internal', `${expr.kind} is no instant vector`);
    }
  }
  async scalar(expr: Expr, steps: Steps): Promise<Float64Array> {
    switch (expr.kind) {
      case 'paren': return this.scalar(expr.expr, steps);
      case 'number': return new Float64Array(steps.count).fill(expr.value);
      case 'unary': {
        const values = await this.scalar(expr.expr, steps);
        return expr.op === '-' ? values.map((v) => -v) : values;
      }
      case 'binary': {
        const left = await this.scalar(expr.lhs, steps);
        const right = await this.scalar(expr.rhs, steps);
        return left.map((v, s) => operate(expr.op, v, right[s] ?? 0));
      }
      case 'call': return scalarCall(this, expr, steps);
      default: throw new QueryError('internal', `${expr.kind} is no scalar`);
    }
  }
  string(expr: Expr): string {
    const inner = unwrap(expr);
    return inner.kind === 'string' ? inner.value : '';
  }
  parameter(node: Aggregation, steps: Steps): Promise<Float64Array> {
    return node.param === undefined ? Promise.resolve(new Float64Array(steps.count)) : this.scalar(node.param, steps);
  }
  async scalarArgs(call: Call, steps: Steps): Promise<readonly Float64Array[]> {
    const signature = FUNCTIONS.get(call.func);
    const list: Float64Array[] = [];
    for (const arg of call.args) if (signature !== undefined && typeOf(arg) === 'scalar') list.push(await this.scalar(arg, steps));
    return list;
  }
  warnQuantile(q: number, at: Span): void {
    this.context.warn(`quantile value should be between 0 and 1, got ${formatG(q, 21)}`, at);
  }
}
