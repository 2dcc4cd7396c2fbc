import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuery } from './parse.ts';

/** The tree without places and without parentheses: what is evaluated. */
function shape(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(shape);
  if (typeof v !== 'object' || v === null) return v;
  if ('kind' in v && v.kind === 'paren' && 'expr' in v) return shape(v.expr);
  return Object.fromEntries(Object.entries(v).filter(([name]) => name !== 'start' && name !== 'end').map(([name, inner]) => [name, shape(inner)]));
}

test('offset, @ and subqueries take the operand before them and leave the operators after it their rank', () => {
  for (const [text, meant] of [
    ['a and b offset 60s == 0', 'a and ((b offset 60s) == 0)'], ['a + b offset 1m * 2', 'a + ((b offset 1m) * 2)'], ['a + b @ 100 * 2', 'a + ((b @ 100) * 2)'], ['a - b offset 1m - c', '(a - (b offset 1m)) - c'],
    ['a ^ b offset 1m ^ c', 'a ^ ((b offset 1m) ^ c)'], ['-a offset 1m ^ 2', '-((a offset 1m) ^ 2)'], ['-a offset 1m * 2', '(-(a offset 1m)) * 2'], ['x == a + b offset 1m * 2', 'x == (a + ((b offset 1m) * 2))'],
    ['a or b offset 1m unless on (x) c > bool 1', 'a or ((b offset 1m) unless on (x) (c > bool 1))'], ['(a + b) * c offset 1m', '(a + b) * (c offset 1m)'],
  ] as const) expect([text, shape(parseQuery(text))]).toEqual([text, shape(parseQuery(meant))]);
});

const RANKS: readonly (readonly string[])[] = [['or'], ['and', 'unless'], ['==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%', 'atan2'], ['^']];
const rank = (op: string): number => RANKS.findIndex((ops) => ops.includes(op));
/** The same chain with every operator in parentheses, by precedence climbing. */
function grouped(operands: readonly string[], ops: readonly string[]): string {
  let at = 0;
  const climb = (least: number): string => {
    let left = operands[at] ?? '';
    while (at < ops.length) {
      const op = ops[at] ?? '';
      if (rank(op) < least) break;
      at += 1;
      left = `(${left} ${op} ${climb(op === '^' ? rank(op) : rank(op) + 1)})`;
    }
    return left;
  };
  return climb(0);
}

test('any chain of operators is grouped as Prometheus groups it, whatever stands behind its operands', () => {
  const operand = fc.tuple(fc.constantFrom('a', 'b', 'c{x="y"}', 'rate(d[5m])'), fc.constantFrom('', ' offset 1m', ' offset -5s', ' @ 100', ' @ end()', ' offset 1m @ 5')).map(([name, after]) => (name.startsWith('rate') ? name : name + after));
  fc.assert(fc.property(fc.array(operand, { minLength: 1, maxLength: 7 }), fc.array(fc.constantFrom(...RANKS.flat()), { minLength: 6, maxLength: 6 }), (operands, all) => {
    const ops = all.slice(0, operands.length - 1);
    const flat = operands.map((name, i) => (i === 0 ? name : `${ops[i - 1]} ${name}`)).join(' ');
    expect([flat, shape(parseQuery(flat))]).toEqual([flat, shape(parseQuery(grouped(operands, ops)))]);
  }), { numRuns: 500 });
});
