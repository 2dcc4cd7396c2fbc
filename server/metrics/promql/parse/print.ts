import { SET_OPERATORS } from './ast.ts';
import type { Aggregation, At, Binary, Expr, VectorSelector } from './ast.ts';
import { durationText, formatG, quote } from './go-text.ts';

/** Lines longer than this are split (promql/parser/prettier.go). */
const LINE_MAX = 100;
const plainName = (name: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
const labelText = (name: string): string => (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name));
const list = (names: readonly string[]): string => `(${names.map(labelText).join(', ')})`;

function modifiers(at: At, offsetMs: number): string {
  const time = at === undefined ? '' : typeof at === 'number' ? ` @ ${(at / 1000).toFixed(3)}` : ` @ ${at}()`;
  return `${time}${offsetMs === 0 ? '' : ` offset ${durationText(offsetMs)}`}`;
}
function selectorText(s: VectorSelector): string {
  const bare = plainName(s.name);
  const matchers = s.matchers.filter((m) => !(m.name === '__name__' && m.op === '=' && m.value === s.name)).map((m) => `${labelText(m.name)}${m.op}${quote(m.value)}`);
  const inner = bare || s.name === '' ? matchers : [quote(s.name), ...matchers];
  return `${bare ? s.name : ''}${inner.length === 0 ? '' : `{${inner.join(',')}}`}`;
}
function aggregationHead(node: Aggregation): string {
  if (node.without) return `${node.op} without ${list(node.grouping)} `;
  return node.grouping.length === 0 ? node.op : `${node.op} by ${list(node.grouping)} `;
}
function operatorText(node: Binary): string {
  const { matching } = node;
  let text = `${node.op}${node.bool ? ' bool' : ''}`;
  if (matching === undefined) return text;
  if (matching.labels.length > 0 || matching.on) text += ` ${matching.on ? 'on' : 'ignoring'} ${list(matching.labels)}`;
  if (matching.card === 'many-to-one' || matching.card === 'one-to-many') text += ` ${matching.card === 'many-to-one' ? 'group_left' : 'group_right'} ${list(matching.include)}`;
  return SET_OPERATORS.has(node.op) && matching.labels.length === 0 && !matching.on ? node.op : text;
}

/** One line. */
function line(expr: Expr): string {
  switch (expr.kind) {
    case 'number': return expr.isDuration ? durationText(expr.value * 1000) : formatG(expr.value, 21);
    case 'string': return quote(expr.value);
    case 'selector': return `${selectorText(expr)}${modifiers(expr.at, expr.offsetMs)}`;
    case 'matrix': return `${selectorText(expr.selector)}[${durationText(expr.rangeMs)}]${modifiers(expr.selector.at, expr.selector.offsetMs)}`;
    case 'subquery': return `${line(expr.expr)}[${durationText(expr.rangeMs)}:${expr.stepMs === 0 ? '' : durationText(expr.stepMs)}]${modifiers(expr.at, expr.offsetMs)}`;
    case 'paren': return `(${line(expr.expr)})`;
    case 'unary': return `${expr.op}${line(expr.expr)}`;
    case 'call': return `${expr.func}(${expr.args.map(line).join(', ')})`;
    case 'aggregation': return `${aggregationHead(expr)}(${expr.param === undefined ? '' : `${line(expr.param)}, `}${line(expr.expr)})`;
    case 'binary': return `${line(expr.lhs)} ${operatorText(expr)} ${line(expr.rhs)}`;
  }
}
const indent = (depth: number): string => '  '.repeat(depth);

function pretty(expr: Expr, depth: number): string {
  const whole = line(expr);
  if (indent(depth).length + whole.length <= LINE_MAX) return `${indent(depth)}${whole}`;
  const args = (list: readonly Expr[]): string => list.map((arg) => pretty(arg, depth + 1)).join(',\n');
  switch (expr.kind) {
    case 'paren': return `${indent(depth)}(\n${pretty(expr.expr, depth + 1)}\n${indent(depth)})`;
    case 'call': return expr.args.length === 0 ? `${indent(depth)}${whole}` : `${indent(depth)}${expr.func}(\n${args(expr.args)}\n${indent(depth)})`;
    case 'aggregation': return `${indent(depth)}${aggregationHead(expr)}(\n${args(expr.param === undefined ? [expr.expr] : [expr.param, expr.expr])}\n${indent(depth)})`;
    case 'binary': return `${pretty(expr.lhs, depth + 1)}\n${indent(depth)}${operatorText(expr)}\n${pretty(expr.rhs, depth + 1)}`;
    case 'unary': return `${indent(depth)}${expr.op}${pretty(expr.expr, depth).trimStart()}`;
    case 'subquery': return `${pretty(expr.expr, depth)}[${durationText(expr.rangeMs)}:${expr.stepMs === 0 ? '' : durationText(expr.stepMs)}]${modifiers(expr.at, expr.offsetMs)}`;
    default: return `${indent(depth)}${whole}`;
  }
}

/** The query as Prometheus formats it: one line, or split where a line would be too long. */
export const printQuery = (expr: Expr): string => pretty(expr, 0);
