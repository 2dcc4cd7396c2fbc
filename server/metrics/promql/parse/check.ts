import { COMPARISONS, parseError, SET_OPERATORS } from './ast.ts';
import type { Binary, Call, Expr, ParseError, ValueType } from './ast.ts';
import { FUNCTIONS } from './functions.ts';
import { quote } from './go-text.ts';
import { compileRegex } from '../regex.ts';

const DOCUMENTED: Readonly<Record<ValueType, string>> = { scalar: 'scalar', vector: 'instant vector', matrix: 'range vector', string: 'string', none: 'none' };

/** The type a checked expression has. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number': return 'scalar';
    case 'string': return 'string';
    case 'selector': return 'vector';
    case 'matrix':
    case 'subquery': return 'matrix';
    case 'call': return FUNCTIONS.get(expr.func)?.returns ?? 'none';
    case 'aggregation': return 'vector';
    case 'binary': return typeOf(expr.lhs) === 'scalar' && typeOf(expr.rhs) === 'scalar' ? 'scalar' : 'vector';
    case 'unary':
    case 'paren': return typeOf(expr.expr);
  }
}

/** Prometheus's type checks (promql/parser/parse.go checkAST), with its texts. Throws the first failure. */
export class Checker {
  readonly #query: string;
  readonly #experimental: boolean;
  constructor(query: string, experimental: boolean) {
    this.#query = query;
    this.#experimental = experimental;
  }
  #fail(at: number, message: string): ParseError {
    return parseError(this.#query, at, message);
  }
  #expect(expr: Expr, want: ValueType, context: string): void {
    const got = this.check(expr);
    if (got !== want) throw this.#fail(expr.start, `expected type ${DOCUMENTED[want]} in ${context}, got ${DOCUMENTED[got]}`);
  }
  check(expr: Expr): ValueType {
    switch (expr.kind) {
      case 'paren': return this.check(expr.expr);
      case 'unary': {
        const type = this.check(expr.expr);
        if (type !== 'scalar' && type !== 'vector') throw this.#fail(expr.start, `unary expression only allowed on expressions of type scalar or instant vector, got ${quote(DOCUMENTED[type])}`);
        return type;
      }
      case 'selector': return this.#selector(expr);
      case 'matrix':
        this.#selector(expr.selector);
        return 'matrix';
      case 'subquery': {
        const type = this.check(expr.expr);
        if (type !== 'vector') throw this.#fail(expr.start, `subquery is only allowed on instant vector, got ${type} instead`);
        return 'matrix';
      }
      case 'aggregation': {
        this.#expect(expr.expr, 'vector', 'aggregation expression');
        if (expr.param !== undefined) this.#expect(expr.param, expr.op === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
        return 'vector';
      }
      case 'call': return this.#call(expr);
      case 'binary': return this.#binary(expr);
      case 'number':
      case 'string': return typeOf(expr);
    }
  }
  #selector(expr: Extract<Expr, { kind: 'selector' }>): ValueType {
    for (const m of expr.matchers) {
      if (m.op !== '=~' && m.op !== '!~') continue;
      const { error } = compileRegex(m.value);
      if (error !== undefined) throw this.#fail(expr.start, error);
    }
    const nonEmpty = expr.matchers.some((m) => (m.op === '=' ? m.value !== '' : m.op === '!=' ? m.value === '' : m.op === '=~' ? compileRegex(m.value).test?.('') === false : compileRegex(m.value).test?.('') === true));
    if (!nonEmpty) throw this.#fail(expr.start, 'vector selector must contain at least one non-empty matcher');
    return 'vector';
  }
  #call(expr: Call): ValueType {
    const signature = FUNCTIONS.get(expr.func);
    if (signature === undefined) throw this.#fail(expr.start, `unknown function with name ${quote(expr.func)}`);
    if (signature.experimental && !this.#experimental) throw this.#fail(expr.start, `function ${quote(expr.func)} is not enabled`);
    const { args, variadic } = signature;
    const count = expr.args.length;
    const least = variadic === 0 ? args.length : args.length - (variadic < 0 ? 1 : variadic);
    if (variadic === 0 && count !== args.length) throw this.#fail(expr.start, `expected ${args.length} argument(s) in call to ${quote(expr.func)}, got ${count}`);
    if (count < least) throw this.#fail(expr.start, `expected at least ${least} argument(s) in call to ${quote(expr.func)}, got ${count}`);
    if (variadic > 0 && count > args.length) throw this.#fail(expr.start, `expected at most ${args.length} argument(s) in call to ${quote(expr.func)}, got ${count}`);
    for (const [i, arg] of expr.args.entries()) this.#expect(arg, args[Math.min(i, args.length - 1)] ?? 'none', `call to function ${quote(expr.func)}`);
    return signature.returns;
  }
  #binary(expr: Binary): ValueType {
    const left = this.check(expr.lhs);
    const right = this.check(expr.rhs);
    const { op, bool, matching } = expr;
    const scalars = left === 'scalar' && right === 'scalar';
    if (bool && !COMPARISONS.has(op)) throw this.#fail(expr.start, 'bool modifier can only be used on comparison operators');
    if (COMPARISONS.has(op) && !bool && scalars) throw this.#fail(expr.start, 'comparisons between scalars must use BOOL modifier');
    for (const [side, type] of [[expr.lhs, left], [expr.rhs, right]] as const) {
      if (type !== 'scalar' && type !== 'vector') throw this.#fail(side.start, 'binary expression must contain only scalar and instant vector types');
    }
    const asked = matching !== undefined && (matching.on || matching.labels.length > 0 || matching.card === 'many-to-one' || matching.card === 'one-to-many');
    if (left !== right || scalars) {
      if (asked) throw this.#fail(expr.start, 'vector matching only allowed between instant vectors');
      if (expr.fill !== undefined) throw this.#fail(expr.start, 'filling in missing series only allowed between instant vectors');
      if (SET_OPERATORS.has(op)) throw this.#fail(expr.start, `set operator ${quote(op)} not allowed in binary scalar expression`);
    }
    return scalars ? 'scalar' : 'vector';
  }
}
