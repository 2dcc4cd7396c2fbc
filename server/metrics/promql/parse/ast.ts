/** Where a part of the query stands: UTF-16 offsets, `end` exclusive. */
export type Span = { readonly start: number; readonly end: number };
export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string' | 'none';

export type MatchOp = '=' | '!=' | '=~' | '!~';
export type Matcher = { readonly name: string; readonly op: MatchOp; readonly value: string };

/** `at`: milliseconds, or the start or end of the query. */
export type At = number | 'start' | 'end' | undefined;

export type NumberLiteral = Span & { readonly kind: 'number'; readonly value: number; readonly isDuration: boolean };
export type StringLiteral = Span & { readonly kind: 'string'; readonly value: string };
export type VectorSelector = Span & { readonly kind: 'selector'; readonly name: string; readonly matchers: readonly Matcher[]; readonly offsetMs: number; readonly at: At };
export type MatrixSelector = Span & { readonly kind: 'matrix'; readonly selector: VectorSelector; readonly rangeMs: number };
export type Subquery = Span & { readonly kind: 'subquery'; readonly expr: Expr; readonly rangeMs: number; /** 0: the default step. */ readonly stepMs: number; readonly offsetMs: number; readonly at: At };
export type Call = Span & { readonly kind: 'call'; readonly func: string; readonly args: readonly Expr[] };
export type AggregateOp = 'sum' | 'avg' | 'count' | 'min' | 'max' | 'group' | 'stddev' | 'stdvar' | 'topk' | 'bottomk' | 'count_values' | 'quantile' | 'limitk' | 'limit_ratio';
export type Aggregation = Span & { readonly kind: 'aggregation'; readonly op: AggregateOp; readonly expr: Expr; readonly param: Expr | undefined; readonly grouping: readonly string[]; readonly without: boolean };
export type BinaryOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2' | '==' | '!=' | '<' | '>' | '<=' | '>=' | 'and' | 'or' | 'unless';
export type Matching = {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly include: readonly string[];
};
export type Fill = { readonly left: number | undefined; readonly right: number | undefined };
export type Binary = Span & { readonly kind: 'binary'; readonly op: BinaryOp; readonly lhs: Expr; readonly rhs: Expr; readonly bool: boolean; /** Undefined when one side is a scalar. */ readonly matching: Matching | undefined; readonly fill: Fill | undefined };
export type Unary = Span & { readonly kind: 'unary'; readonly op: '+' | '-'; readonly expr: Expr };
export type Paren = Span & { readonly kind: 'paren'; readonly expr: Expr };
export type Expr = NumberLiteral | StringLiteral | VectorSelector | MatrixSelector | Subquery | Call | Aggregation | Binary | Unary | Paren;

export const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=']);
export const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** The expression without the parentheses around it. */
export function unwrap(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === 'paren') inner = inner.expr;
  return inner;
}

/** A query that cannot be parsed, in Prometheus's words: `1:3: parse error: unexpected end of input`. */
export class ParseError extends Error {
  override readonly name = 'ParseError';
}
/** `line:column` of an offset, counted from 1 (columns in bytes, as Go counts). */
export function positionText(query: string, at: number): string {
  const before = query.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${Buffer.byteLength(before.slice(lineStart)) + 1}`;
}
export const parseError = (query: string, at: number, message: string): ParseError => new ParseError(`${positionText(query, at)}: parse error: ${message}`);
