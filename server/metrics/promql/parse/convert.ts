import type { SyntaxNode } from '@lezer/common';
import { parseError, SET_OPERATORS } from './ast.ts';
import type { AggregateOp, At, Binary, BinaryOp, Expr, Fill, Matcher, Matching, MatchOp, ParseError, VectorSelector } from './ast.ts';
import { evaluateDuration } from './duration.ts';
import type { DurationContext } from './duration.ts';
import { isLabelName, quote, unquote } from './go-text.ts';
import { literalValue } from './number.ts';

const AGGREGATE_OPS: ReadonlyMap<string, AggregateOp> = new Map((['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar', 'topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio'] as const).map((op) => [op, op]));
const BINARY_OPS: ReadonlyMap<string, BinaryOp> = new Map((['+', '-', '*', '/', '%', '^', 'atan2', '==', '!=', '<', '>', '<=', '>=', 'and', 'or', 'unless'] as const).map((op) => [op, op]));
const BINARY_NODES: ReadonlySet<string> = new Set(['Pow', 'Mul', 'Div', 'Mod', 'Atan2', 'Add', 'Sub', 'Eql', 'Gte', 'Gtr', 'Lte', 'Lss', 'Neq', 'And', 'Or', 'Unless', 'TrimUpper', 'TrimLower']);
const MATCH_OPS: ReadonlyMap<string, MatchOp> = new Map((['=', '!=', '=~', '!~'] as const).map((op) => [op, op]));

const childrenOf = (node: SyntaxNode): readonly SyntaxNode[] => {
  const list: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) if (child.name !== 'LineComment') list.push(child);
  return list;
};
const isExpr = (node: SyntaxNode): boolean => node.type.is('Expr');

/** Turns lezer's tree into our AST; what the grammar allows but Prometheus does not is refused in Prometheus's words. */
export class Converter {
  readonly #query: string;
  readonly #context: DurationContext;
  constructor(query: string, context: DurationContext) {
    this.#query = query;
    this.#context = context;
  }
  #text(node: SyntaxNode): string {
    return this.#query.slice(node.from, node.to);
  }
  #fail(at: number, message: string): ParseError {
    return parseError(this.#query, at, message);
  }
  #one(node: SyntaxNode): Expr {
    const child = childrenOf(node).find(isExpr);
    if (child === undefined) throw this.#fail(node.from, 'unexpected end of input');
    return this.expr(child);
  }
  #string(node: SyntaxNode): string {
    const value = unquote(this.#text(node));
    if (value === undefined) throw this.#fail(node.from, this.#text(node).length < 2 || this.#text(node).at(-1) !== this.#text(node)[0] ? 'unterminated quoted string' : `error unquoting string ${quote(this.#text(node))}: invalid syntax`);
    return value;
  }
  #duration(node: SyntaxNode): number {
    return evaluateDuration(this.#query, node, this.#context);
  }

  expr(node: SyntaxNode): Expr {
    const span = { start: node.from, end: node.to };
    switch (node.name) {
      case 'NumberDurationLiteral': {
        const text = this.#text(node).replaceAll(/\s/g, '');
        return { kind: 'number', ...span, value: literalValue(text) ?? this.#badNumber(node), isDuration: /[smhdwy]$/.test(text) };
      }
      case 'StringLiteral': return { kind: 'string', ...span, value: this.#string(node) };
      case 'ParenExpr': return { kind: 'paren', ...span, expr: this.#one(node) };
      case 'VectorSelector': return this.#selector(node);
      case 'MatrixSelector': return this.#matrix(node);
      case 'SubqueryExpr': return this.#subquery(node);
      case 'OffsetExpr': return this.#offset(node);
      case 'StepInvariantExpr': return this.#at(node);
      case 'UnaryExpr': {
        const [operator] = childrenOf(node);
        return { kind: 'unary', ...span, op: operator !== undefined && this.#text(operator) === '-' ? '-' : '+', expr: this.#one(node) };
      }
      case 'BinaryExpr': return this.#binary(node);
      case 'AggregateExpr': return this.#aggregation(node);
      case 'FunctionCall': return this.#call(node);
      case 'AnchoredExpr':
      case 'SmoothedExpr': throw this.#fail(node.from, 'anchored modifier is experimental and not enabled'.replace('anchored', node.name === 'AnchoredExpr' ? 'anchored' : 'smoothed'));
      default: throw this.#fail(node.from, `unexpected ${quote(this.#text(node))}`);
    }
  }
  #badNumber(node: SyntaxNode): never {
    throw this.#fail(node.from, `bad number or duration syntax: ${quote(this.#text(node))}`);
  }

  #selector(node: SyntaxNode): VectorSelector {
    let name = '';
    let nameAt = node.from;
    const matchers: Matcher[] = [];
    for (const child of childrenOf(node)) {
      if (child.name === 'Identifier') name = this.#text(child);
      else if (child.name === 'LabelMatchers') {
        for (const matcher of childrenOf(child)) {
          if (matcher.name !== 'QuotedLabelName') matchers.push(this.#matcher(matcher));
          else {
            if (name !== '') throw this.#fail(nameAt, `metric name must not be set twice: ${quote(name)} or ${quote(this.#string(matcher.firstChild ?? matcher))}`);
            name = this.#string(matcher.firstChild ?? matcher);
            nameAt = matcher.from;
          }
        }
      }
    }
    if (name !== '') {
      const twice = matchers.find((m) => m.name === '__name__');
      if (twice !== undefined) throw this.#fail(node.from, `metric name must not be set twice: ${quote(name)} or ${quote(twice.value)}`);
      matchers.push({ name: '__name__', op: '=', value: name });
    }
    return { kind: 'selector', start: node.from, end: node.to, name, matchers, offsetMs: 0, at: undefined };
  }
  #matcher(node: SyntaxNode): Matcher {
    const [label, op, value] = childrenOf(node);
    if (label === undefined || op === undefined || value === undefined) throw this.#fail(node.from, 'unexpected end of input in label matching');
    const name = label.name === 'LabelName' ? this.#text(label) : this.#string(label.firstChild ?? label);
    if (!isLabelName(name)) throw this.#fail(label.from, `invalid label name: ${quote(name)}`);
    return { name, op: MATCH_OPS.get(this.#text(op)) ?? '=', value: this.#string(value) };
  }
  /** Ranges, offset and @ belong to the operand right before them; lezer's grammar also hangs them on the operators to their left. */
  #postfix(expr: Expr, apply: (operand: Expr) => Expr): Expr {
    if (expr.kind === 'unary') return { ...expr, expr: this.#postfix(expr.expr, apply) };
    if (expr.kind === 'binary') return { ...expr, rhs: this.#postfix(expr.rhs, apply) };
    return apply(expr);
  }
  #range(node: SyntaxNode): number {
    const ms = this.#duration(node);
    if (ms <= 0) throw this.#fail(node.from, 'duration must be greater than 0');
    return ms;
  }
  #matrix(node: SyntaxNode): Expr {
    const range = childrenOf(node).find((child) => child.name === 'DurationExpr');
    const rangeMs = range === undefined ? 0 : this.#range(range);
    return this.#postfix(this.#one(node), (inner) => {
      if (inner.kind !== 'selector') throw this.#fail(inner.start, 'ranges only allowed for vector selectors');
      if (inner.offsetMs !== 0) throw this.#fail(inner.start, 'no offset modifiers allowed before range');
      if (inner.at !== undefined) throw this.#fail(inner.start, 'no @ modifiers allowed before range');
      return { kind: 'matrix', start: inner.start, end: node.to, selector: inner, rangeMs };
    });
  }
  #subquery(node: SyntaxNode): Expr {
    const [range, step] = childrenOf(node).filter((child) => child.name === 'DurationExpr');
    const rangeMs = range === undefined ? 0 : this.#range(range);
    const stepMs = step === undefined ? 0 : this.#range(step);
    return this.#postfix(this.#one(node), (expr) => ({ kind: 'subquery', start: expr.start, end: node.to, expr, rangeMs, stepMs, offsetMs: 0, at: undefined }));
  }

  #offset(node: SyntaxNode): Expr {
    const duration = childrenOf(node).find((child) => child.name === 'OffsetDurationExpr');
    const offsetMs = duration === undefined ? 0 : this.#duration(duration);
    const end = node.to;
    return this.#postfix(this.#one(node), (inner) => {
      const known = inner.kind === 'selector' || inner.kind === 'subquery' ? inner.offsetMs : inner.kind === 'matrix' ? inner.selector.offsetMs : 0;
      if (known !== 0) throw this.#fail(inner.start, 'offset may not be set multiple times');
      switch (inner.kind) {
        case 'selector': return { ...inner, offsetMs, end };
        case 'matrix': return { ...inner, end, selector: { ...inner.selector, offsetMs } };
        case 'subquery': return { ...inner, offsetMs, end };
        default: throw this.#fail(inner.start, `offset modifier must be preceded by an instant vector selector or range vector selector or a subquery, but follows a ${goType(inner)} instead`);
      }
    });
  }
  #at(node: SyntaxNode): Expr {
    const parts = childrenOf(node);
    const preprocessor = parts.find((child) => child.name === 'AtModifierPreprocessors');
    const literal = parts.findLast((child) => child.name === 'NumberDurationLiteral');
    const at: At = preprocessor === undefined ? this.#atTime(literal ?? node) : this.#text(preprocessor).toLowerCase() === 'end' ? 'end' : 'start';
    const end = node.to;
    return this.#postfix(this.#one(node), (inner) => {
      const known = inner.kind === 'selector' || inner.kind === 'subquery' ? inner.at : inner.kind === 'matrix' ? inner.selector.at : undefined;
      if (known !== undefined) throw this.#fail(inner.start, '@ <timestamp> may not be set multiple times');
      switch (inner.kind) {
        case 'selector': return { ...inner, at, end };
        case 'matrix': return { ...inner, end, selector: { ...inner.selector, at } };
        case 'subquery': return { ...inner, at, end };
        default: throw this.#fail(inner.start, `@ modifier must be preceded by an instant vector selector or range vector selector or a subquery, but follows a ${goType(inner)} instead`);
      }
    });
  }
  #atTime(node: SyntaxNode): number {
    const seconds = literalValue(this.#text(node).replaceAll(/\s/g, '')) ?? this.#badNumber(node);
    if (!Number.isFinite(seconds) || Math.abs(seconds) >= 9.2e15) throw this.#fail(node.from, `timestamp out of bounds for @ modifier: ${seconds}`);
    return Math.round(seconds * 1000);
  }

  #labels(node: SyntaxNode): readonly string[] {
    return childrenOf(node).map((child) => {
      const name = child.name === 'LabelName' ? this.#text(child) : this.#string(child.firstChild ?? child);
      if (!isLabelName(name)) throw this.#fail(child.from, `invalid label name for grouping: ${quote(name)}`);
      return name;
    });
  }
  #binary(node: SyntaxNode): Expr {
    const parts = childrenOf(node);
    const operands = parts.filter(isExpr);
    const operator = parts.find((child) => BINARY_NODES.has(child.name));
    const [left, right] = operands;
    if (left === undefined || right === undefined || operator === undefined) throw this.#fail(node.to, 'unexpected end of input');
    const op = BINARY_OPS.get(this.#text(operator).toLowerCase());
    if (op === undefined) throw this.#fail(operator.from, `unexpected <op:${this.#text(operator)}>: native histograms are not supported`);
    const bool = parts.some((child) => child.name === 'BoolModifier');
    const clause = parts.find((child) => child.name === 'MatchingModifierClause');
    const fill = parts.find((child) => child.name === 'FillModifier');
    const rest = { op, rhs: this.expr(right), bool, matching: this.#matching(clause, op), fill: fill === undefined ? undefined : this.#fill(fill) };
    return this.#combine(this.expr(left), rest, node.to);
  }
  /** Joins by precedence: after a range, offset or @ lezer takes all that stands before it for the left operand (a + b offset 1m * 2 is a + (b offset 1m * 2)). */
  #combine(lhs: Expr, rest: Omit<Binary, 'kind' | 'start' | 'end' | 'lhs'>, end: number): Expr {
    const { op } = rest;
    const span = { start: lhs.start, end };
    if (lhs.kind === 'binary' && (rank(op) > rank(lhs.op) || (op === '^' && lhs.op === '^'))) return { ...lhs, end, rhs: this.#combine(lhs.rhs, rest, end) };
    if (lhs.kind === 'unary' && op === '^') return { ...lhs, end, expr: this.#combine(lhs.expr, rest, end) };
    // A sign binds looser than "^": -2 ^ 2 is -(2 ^ 2).
    if (op === '^' && lhs.kind === 'number' && /^[+-]/.test(this.#query[lhs.start] ?? '')) {
      const sign = this.#query[lhs.start] === '-' ? '-' : '+';
      const bare = { ...lhs, start: lhs.start + 1, value: sign === '-' ? -lhs.value : lhs.value };
      return { kind: 'unary', ...span, op: sign, expr: { kind: 'binary', ...span, start: bare.start, lhs: bare, ...rest } };
    }
    return { kind: 'binary', ...span, lhs, ...rest } satisfies Binary;
  }
  #fill(node: SyntaxNode): Fill {
    if (!this.#context.experimental) throw this.#fail(node.from, 'binop fill modifiers are experimental and not enabled');
    let left: number | undefined;
    let right: number | undefined;
    for (const clause of childrenOf(node)) {
      const literal = childrenOf(clause).findLast((child) => child.name === 'NumberDurationLiteral') ?? clause;
      const value = literalValue(this.#text(literal).replaceAll(/\s/g, '')) ?? this.#badNumber(literal);
      if (clause.name !== 'FillRightClause') left = value;
      if (clause.name !== 'FillLeftClause') right = value;
    }
    return { left, right };
  }
  #matching(clause: SyntaxNode | undefined, op: BinaryOp): Matching {
    const set = SET_OPERATORS.has(op);
    if (clause === undefined) return { card: set ? 'many-to-many' : 'one-to-one', on: false, labels: [], include: [] };
    const parts = childrenOf(clause);
    const [labels, include] = parts.filter((child) => child.name === 'GroupingLabels');
    const group = parts.find((child) => child.name === 'GroupLeft' || child.name === 'GroupRight');
    const on = parts.some((child) => child.name === 'On');
    const card = group === undefined ? (set ? 'many-to-many' : 'one-to-one') : group.name === 'GroupLeft' ? 'many-to-one' : 'one-to-many';
    if (group !== undefined && set) throw this.#fail(clause.from, `no grouping allowed for ${quote(op)} operation`);
    const names = labels === undefined ? [] : this.#labels(labels);
    const included = include === undefined ? [] : this.#labels(include);
    const both = on ? included.find((name) => names.includes(name)) : undefined;
    if (both !== undefined) throw this.#fail(clause.from, `label ${quote(both)} must not occur in ON and GROUP clause at once`);
    return { card, on, labels: names, include: included };
  }

  #aggregation(node: SyntaxNode): Expr {
    const parts = childrenOf(node);
    const body = parts.find((child) => child.name === 'FunctionCallBody');
    const modifier = parts.find((child) => child.name === 'AggregateModifier');
    const name = this.#text(parts[0] ?? node).toLowerCase();
    const op = AGGREGATE_OPS.get(name);
    if (op === undefined) throw this.#fail(node.from, `unknown aggregation ${quote(name)}`);
    if (!this.#context.experimental && (op === 'limitk' || op === 'limit_ratio')) throw this.#fail(node.from, `${op}() is experimental and must be enabled with --enable-feature=promql-experimental-functions`);
    const args = body === undefined ? [] : childrenOf(body).filter(isExpr).map((child) => this.expr(child));
    const wanted = ['topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio'].includes(op) ? 2 : 1;
    if (args.length === 0) throw this.#fail(node.from, 'no arguments for aggregate expression provided');
    if (args.length !== wanted) throw this.#fail(node.from, `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`);
    const grouping = modifier === undefined ? undefined : childrenOf(modifier).find((child) => child.name === 'GroupingLabels');
    const expr = args[wanted - 1];
    if (expr === undefined) throw this.#fail(node.from, 'no arguments for aggregate expression provided');
    const without = modifier !== undefined && childrenOf(modifier).some((child) => child.name === 'Without');
    return { kind: 'aggregation', start: node.from, end: node.to, op, expr, param: wanted === 2 ? args[0] : undefined, grouping: grouping === undefined ? [] : this.#labels(grouping), without };
  }
  #call(node: SyntaxNode): Expr {
    const [name, body] = childrenOf(node);
    const args = body === undefined ? [] : childrenOf(body).filter(isExpr).map((child) => this.expr(child));
    return { kind: 'call', start: node.from, end: node.to, func: name === undefined ? '' : this.#text(name), args };
  }
}

/** How tightly an operator binds (Prometheus: or, and unless, comparisons, + -, * / % atan2, ^). */
const RANKS: readonly (readonly BinaryOp[])[] = [['or'], ['and', 'unless'], ['==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%', 'atan2'], ['^']];
const rank = (op: BinaryOp): number => RANKS.findIndex((ops) => ops.includes(op));

/** How Prometheus's messages name a node. */
function goType(expr: Expr): string {
  const names = { number: '*parser.NumberLiteral', string: '*parser.StringLiteral', selector: '*parser.VectorSelector', matrix: '*parser.MatrixSelector', subquery: '*parser.SubqueryExpr', call: '*parser.Call', aggregation: '*parser.AggregateExpr', binary: '*parser.BinaryExpr', unary: '*parser.UnaryExpr', paren: '*parser.ParenExpr' } as const;
  return names[expr.kind];
}
