import { parseError } from './ast.ts';
import type { ParseError } from './ast.ts';
import { FUNCTIONS } from './functions.ts';
import { quote } from './go-text.ts';
import { describe, lex } from './lex.ts';
import type { Token } from './lex.ts';

/** What stands around the token that does not fit: the names the grammar of Prometheus uses (generated_parser.y). */
function contextOf(before: readonly Token[]): string {
  const open: { readonly token: Token; readonly lead: Token | undefined }[] = [];
  for (const [i, token] of before.entries()) {
    if (token.type !== 'punctuation') continue;
    if ('([{'.includes(token.text)) open.push({ token, lead: before[i - 1] });
    else if (')]}'.includes(token.text)) open.pop();
  }
  const last = before.at(-1);
  const inner = open.at(-1);
  const word = (token: Token | undefined): string => (token?.type === 'keyword' ? token.text.toLowerCase() : '');
  const groups = ['by', 'without', 'on', 'ignoring'];
  if (groups.includes(word(last))) return ' in grouping opts, expected "("';
  if (word(last) === 'offset') return ' in offset, expected number, duration, step(), or range()';
  if (last?.text === '@' && last.type === 'operator') return ' in @, expected timestamp';
  if (inner?.token.text === '{') {
    if (last?.text === '{' || last?.text === ',') return ' in label matching, expected identifier or "}"';
    if (last?.type === 'identifier') return ' in label matching, expected label matching operator';
    if (last?.type === 'string') return ' in label matching, expected "," or "}"';
    return ' in label matching, expected string';
  }
  if (inner?.token.text === '[') {
    if (last?.text === '[') return ' in subquery or range selector, expected number, duration, step(), or range()';
    if (last?.text === ':') return ' in subquery selector, expected number, duration, step(), range(), or "]"';
    return before.some((t) => t.text === ':' && t.at > (inner?.token.at ?? 0)) ? ' in subquery selector, expected "]"' : ' in subquery or range, expected ":" or "]"';
  }
  if (inner?.token.text === '(' && [...groups, 'group_left', 'group_right'].includes(word(inner.lead))) return last?.text === '(' || last?.text === ',' ? ' in grouping opts, expected label' : ' in grouping opts, expected "," or ")"';
  if (last?.type === 'aggregator') return ' in aggregation';
  return '';
}

/** The error for a query that the grammar refuses at offset `at`. */
export function syntaxError(query: string, at: number): ParseError {
  if (query.trim() === '') return parseError(query, 0, 'no expression found in input');
  const { tokens, failure } = lex(query);
  const index = tokens.findIndex((token) => token.at >= at);
  if (failure !== undefined && (index < 0 || failure.at <= (tokens[index]?.at ?? 0))) return parseError(query, failure.at, failure.message);
  const token: Token = (index < 0 ? undefined : tokens[index]) ?? { type: 'eof', text: '', at: query.length };
  const before = index < 0 ? tokens : tokens.slice(0, index);
  const name = before.at(-1);
  if (token.text === '(' && name?.type === 'identifier' && !FUNCTIONS.has(name.text)) {
    // lezer's grammar knows the functions by name; Prometheus's reads any call and then looks the name up.
    return failure === undefined ? parseError(query, name.at, `unknown function with name ${quote(name.text)}`) : parseError(query, failure.at, failure.message);
  }
  return parseError(query, token.at, `unexpected ${describe(token)}${contextOf(before)}`);
}
