import { quote } from './go-text.ts';

/** A token as Prometheus's lexer sees it; used only to word errors (promql/parser/lex.go). */
export type Token = { readonly type: 'eof' | 'identifier' | 'metric' | 'string' | 'number' | 'duration' | 'keyword' | 'aggregator' | 'operator' | 'punctuation'; readonly text: string; readonly at: number };
export type LexFailure = { readonly at: number; readonly message: string };

const KEYWORDS: ReadonlySet<string> = new Set(['offset', 'smoothed', 'anchored', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'fill', 'fill_left', 'fill_right', 'bool', 'start', 'end', 'step', 'range']);
const AGGREGATORS: ReadonlySet<string> = new Set(['sum', 'avg', 'count', 'min', 'max', 'group', 'stddev', 'stdvar', 'topk', 'bottomk', 'count_values', 'quantile', 'limitk', 'limit_ratio']);
const WORD_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'atan2']);
const OPERATORS: readonly string[] = ['==', '=~', '!=', '!~', '<=', '>=', '=', '<', '>', '+', '-', '*', '/', '%', '^', '@'];
const NUMBER = /0[xX][0-9a-fA-F]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d+)?/y;
const WORD = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;

/** Splits the query into tokens up to the first character that no token can begin with. */
export function lex(query: string): { readonly tokens: readonly Token[]; readonly failure: LexFailure | undefined } {
  const tokens: Token[] = [];
  const open: { readonly c: string; readonly at: number }[] = [];
  let at = 0;
  const fail = (from: number, message: string): { readonly tokens: readonly Token[]; readonly failure: LexFailure } => ({ tokens, failure: { at: from, message } });
  while (at < query.length) {
    const c = query[at] ?? '';
    const from = at;
    if (/\s/.test(c)) at += 1;
    else if (c === '#') at = query.indexOf('\n', at) < 0 ? query.length : query.indexOf('\n', at);
    else if (c === '"' || c === "'" || c === '`') {
      const end = stringEnd(query, at);
      if (end === undefined) return fail(from, c === '`' ? 'unterminated raw string' : 'unterminated quoted string');
      tokens.push({ type: 'string', text: query.slice(at, end), at });
      at = end;
    } else if ('([{'.includes(c)) {
      if (c === '{' && open.at(-1)?.c === '{') return fail(from, `unexpected character inside braces: ${quoteRune(c)}`);
      open.push({ c, at });
      tokens.push({ type: 'punctuation', text: c, at: at++ });
    } else if (')]}'.includes(c)) {
      const opened = open.pop();
      if (opened === undefined || '([{'.indexOf(opened.c) !== ')]}'.indexOf(c)) return fail(from, opened?.c === '{' ? `unexpected character inside braces: ${quoteRune(c)}` : `unexpected right ${c === ')' ? 'parenthesis' : c === ']' ? 'bracket' : 'brace'} ${quoteRune(c)}`);
      tokens.push({ type: 'punctuation', text: c, at: at++ });
    } else if (c === ',' || c === ':') tokens.push({ type: 'punctuation', text: c, at: at++ });
    else if (/[0-9.]/.test(c)) {
      const end = numberEnd(query, at);
      const text = query.slice(at, end);
      if (/[a-zA-Z_]$/.test(text) && !/^(0[xX][0-9a-fA-F]+|(\d+(y|w|d|h|m|s|ms))+)$/.test(text)) return fail(from, `bad number or duration syntax: ${quote(text)}`);
      tokens.push({ type: /^(\d+(y|w|d|h|m|s|ms))+$/.test(text) ? 'duration' : 'number', text, at });
      at = end;
    } else {
      WORD.lastIndex = at;
      const word = WORD.exec(query)?.[0];
      const operator = OPERATORS.find((o) => query.startsWith(o, at));
      if (word !== undefined) tokens.push({ type: wordType(word, open.at(-1)?.c === '{'), text: word, at });
      else if (operator !== undefined) tokens.push({ type: 'operator', text: operator, at });
      else if (c === '!') return fail(from, `unexpected character after '!': ${at + 1 < query.length ? quoteRune(query[at + 1] ?? '') : "'\\x00'"}`);
      else return fail(from, open.at(-1)?.c === '{' ? `unexpected character inside braces: ${quoteRune(c)}` : `unexpected character: ${quoteRune(c)}`);
      at += (word ?? operator ?? '').length;
    }
  }
  const left = open.at(-1);
  if (left !== undefined) {
    const message = left.c === '(' ? 'unclosed left parenthesis' : left.c === '[' ? 'unclosed left bracket' : 'unexpected end of input inside braces';
    return { tokens, failure: { at: query.length, message } };
  }
  return { tokens, failure: undefined };
}

const quoteRune = (c: string): string => (c === "'" ? "'\\''" : `'${c}'`);
function wordType(word: string, inBraces: boolean): Token['type'] {
  const lower = word.toLowerCase();
  if (inBraces) return 'identifier';
  if (lower === 'inf' || lower === 'nan') return 'number';
  if (WORD_OPERATORS.has(lower)) return 'operator';
  if (AGGREGATORS.has(lower)) return 'aggregator';
  if (KEYWORDS.has(lower)) return 'keyword';
  return word.includes(':') ? 'metric' : 'identifier';
}
function stringEnd(query: string, from: number): number | undefined {
  const quoted = query[from];
  for (let i = from + 1; i < query.length; i++) {
    if (quoted !== '`' && query[i] === '\\') i += 1;
    else if (quoted !== '`' && query[i] === '\n') return undefined;
    else if (query[i] === quoted) return i + 1;
  }
  return undefined;
}
function numberEnd(query: string, from: number): number {
  NUMBER.lastIndex = from;
  let end = from + (NUMBER.exec(query)?.[0].length ?? 1);
  while (/[a-zA-Z0-9_.]/.test(query[end] ?? '')) end += 1;
  return end;
}

/** A token as an error names it (Item.desc). */
export function describe(token: Token): string {
  switch (token.type) {
    case 'eof': return 'end of input';
    case 'identifier': return `identifier ${quote(token.text)}`;
    case 'metric': return `metric identifier ${quote(token.text)}`;
    case 'string': return `string ${shortQuote(token.text)}`;
    case 'number': return `number ${shortQuote(token.text)}`;
    case 'duration': return `duration ${shortQuote(token.text)}`;
    case 'keyword': return `<${token.text.toLowerCase()}>`;
    case 'aggregator': return `<aggr:${token.text.toLowerCase()}>`;
    case 'operator': return token.text === '=' ? '"="' : `<op:${token.text.toLowerCase()}>`;
    case 'punctuation': return quote(token.text);
  }
}
const shortQuote = (text: string): string => (text.length > 10 ? `${quote(text.slice(0, 10))}...` : quote(text));
