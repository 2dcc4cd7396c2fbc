import { parser } from '@prometheus-io/lezer-promql';
import { parseError } from './ast.ts';
import type { Expr } from './ast.ts';
import { Checker } from './check.ts';
import { Converter } from './convert.ts';
import type { DurationContext } from './duration.ts';
import { syntaxError } from './syntax-error.ts';

/** Longest query, characters; Prometheus has no limit, a browser's URL has. */
const QUERY_CHARS_MAX = 1_000_000;
/** `2.` is a number in Go and so in Prometheus; lezer's grammar wants a digit after the dot. A blank in its place keeps every offset. */
const DOTTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|(?<![\w.])(\d[\d_]*)\.(?![\w.])/g;
const withoutBareDots = (query: string): string => query.replaceAll(DOTTED, (whole: string, digits: string | undefined) => (digits === undefined ? whole : `${digits} `));
const strict = parser.configure({ strict: true });

export type ParseOptions = { readonly experimental?: boolean; readonly stepMs?: number; readonly rangeMs?: number };

/** Parses and type-checks a query. Throws ParseError in Prometheus's words. */
export function parseQuery(query: string, options: ParseOptions = {}): Expr {
  if (query.length > QUERY_CHARS_MAX) throw parseError(query.slice(0, 1), 0, `the query is over ${QUERY_CHARS_MAX} characters`);
  const context: DurationContext = { stepMs: options.stepMs ?? 0, rangeMs: options.rangeMs ?? 0, experimental: options.experimental ?? false };
  let top;
  try {
    top = strict.parse(withoutBareDots(query)).topNode.firstChild;
  } catch (error) {
    const at = error instanceof SyntaxError ? /No parse at (\d+)/.exec(error.message)?.[1] : undefined;
    if (at === undefined) throw error;
    throw syntaxError(query, Number(at));
  }
  while (top !== null && top.name === 'LineComment') top = top.nextSibling;
  if (top === null) throw syntaxError(query, query.length);
  const expr = new Converter(query, context).expr(top);
  new Checker(query, context.experimental).check(expr);
  return expr;
}
