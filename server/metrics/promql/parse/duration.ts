import type { SyntaxNode } from '@lezer/common';
import { parseError } from './ast.ts';
import { literalValue } from './number.ts';

/** What durations may refer to: the query's step and range in ms (0 for an instant query); arithmetic is experimental. */
export type DurationContext = { readonly stepMs: number; readonly rangeMs: number; readonly experimental: boolean };

const BINARY: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['Add', (a, b) => a + b], ['Sub', (a, b) => a - b], ['Mul', (a, b) => a * b], ['Div', (a, b) => a / b], ['Mod', (a, b) => a % b], ['Pow', (a, b) => a ** b],
]);

/** Milliseconds of a DurationExpr or OffsetDurationExpr node. */
export function evaluateDuration(query: string, node: SyntaxNode, context: DurationContext): number {
  const seconds = (n: SyntaxNode): number => {
    const parts: SyntaxNode[] = [];
    for (let child = n.firstChild; child !== null; child = child.nextSibling) if (child.name !== 'LineComment') parts.push(child);
    const nested = parts.filter((p) => p.name === 'DurationExpr' || p.name === 'OffsetDurationExpr');
    const [first, second] = nested;
    const experimental = (): void => {
      if (!context.experimental) throw parseError(query, n.from, 'experimental duration expression is not enabled');
    };
    const literal = parts.find((p) => p.name === 'NumberDurationLiteralInDurationContext');
    if (literal !== undefined) {
      const text = query.slice(literal.from, literal.to).replaceAll(/\s/g, '');
      const value = literalValue(text);
      if (value === undefined || !Number.isFinite(value)) throw parseError(query, literal.from, `bad number or duration syntax: ${JSON.stringify(text)}`);
      if (Math.abs(value) > 9.2e9) throw parseError(query, literal.from, 'duration out of range');
      return value;
    }
    if (parts.some((p) => p.name === 'DurationStep')) {
      experimental();
      return context.stepMs / 1000;
    }
    if (parts.some((p) => p.name === 'DurationRange')) {
      experimental();
      return context.rangeMs / 1000;
    }
    const sign = parts.find((p) => p.name === 'UnaryOp');
    if (sign !== undefined && first !== undefined) {
      if (n.name === 'DurationExpr') experimental();
      return query[sign.from] === '-' ? -seconds(first) : seconds(first);
    }
    experimental();
    if (first === undefined) throw parseError(query, n.from, 'unexpected duration');
    if (second === undefined) return seconds(first);
    if (parts.some((p) => p.name === 'DurationMinOf')) return Math.min(seconds(first), seconds(second));
    if (parts.some((p) => p.name === 'DurationMaxOf')) return Math.max(seconds(first), seconds(second));
    const operator = parts.map((p) => BINARY.get(p.name)).find((f) => f !== undefined);
    if (operator === undefined) throw parseError(query, n.from, 'unexpected duration');
    const [a, b] = [seconds(first), seconds(second)];
    if (b === 0 && parts.some((p) => p.name === 'Div' || p.name === 'Mod')) throw parseError(query, n.from, parts.some((p) => p.name === 'Div') ? 'division by zero' : 'modulo by zero');
    return operator(a, b);
  };
  return Math.round(seconds(node) * 1000);
}
