import { RE2JS } from 're2js';
import { errorText, fail, ok } from '#shared/base';
import type { Result } from '#shared/base';

/** Longest text that is parsed; longer ones are refused. */
const TEXT_MAX = 500;
const DEPTH_MAX = 50;

export const FIND_FIELDS = ['name', 'namespace', 'app', 'version', 'workload', 'service', 'kind', 'status', 'reason', 'sidecar', 'badge', 'idle', 'rate', 'errors', 'refused', 'p95', 'mtls', 'protocol', 'code', 'flag', 'principal', 'from', 'to', 'set', 'observed'] as const;
export type FindField = (typeof FIND_FIELDS)[number];
const ALIASES: ReadonlyMap<string, FindField> = new Map([['health', 'status'], ['node', 'kind'], ['ns', 'namespace'], ['error', 'errors'], ['%error', 'errors'], ['traffic', 'rate'], ['rt', 'p95'], ['responsetime', 'p95'], ['svc', 'service'], ['wl', 'workload'], ['flags', 'flag'], ['badges', 'badge'], ['healthy', 'status']]);

/** A condition over one value of a node or edge; a field may hold several values (codes, badges), one that fits is enough. */
export type Condition = { readonly kind: 'test'; readonly field: FindField; readonly test: (value: string | number | boolean) => boolean; readonly negated: boolean };
export type Expression = Condition | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] } | { readonly kind: 'not'; readonly part: Expression };
/** Where the text cannot be read: the position (0-based) and why. */
export type FindError = { readonly at: number; readonly message: string };

type Token = { readonly kind: 'word' | 'text' | 'op' | '(' | ')'; readonly text: string; readonly at: number };
const TOKEN = /\s*(?:(\()|(\))|(!=|<=|>=|!~|\*=|\^=|\$=|!\*=|=|<|>|~)|"((?:[^"\\]|\\.)*)"|([^\s()"=<>~!*^$]+|!(?![=~*])|[*^$](?!=)))/y;

function tokenize(text: string): Result<readonly Token[], FindError> {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const start = TOKEN.lastIndex;
    if (text.slice(start).trim() === '') break;
    const match = TOKEN.exec(text);
    if (match === null) return fail({ at: start, message: `cannot read "${text.slice(start, start + 10)}"` });
    const at = start + match[0].length - match[0].trimStart().length;
    if (match[1] !== undefined) tokens.push({ kind: '(', text: '(', at });
    else if (match[2] !== undefined) tokens.push({ kind: ')', text: ')', at });
    else if (match[3] !== undefined) tokens.push({ kind: 'op', text: match[3], at });
    else if (match[4] !== undefined) tokens.push({ kind: 'text', text: match[4].replaceAll(/\\(.)/g, '$1'), at });
    else tokens.push({ kind: 'word', text: match[5] ?? '', at });
  }
  return ok(tokens);
}

class FindFailure extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const number = (text: string): number => Number(/^([0-9.]+)\s*(?:%|ms|\/s|rps)?$/.exec(text)?.[1] ?? Number.NaN);

function testOf(op: string, wanted: string, at: number): (value: string | number | boolean) => boolean {
  const low = wanted.toLowerCase();
  const n = number(wanted);
  const asText = (value: string | number | boolean): string => String(value).toLowerCase();
  const compare = (f: (a: number, b: number) => boolean) => {
    if (Number.isNaN(n)) throw new FindFailure(at, `"${wanted}" is not a number`);
    return (value: string | number | boolean): boolean => typeof value === 'number' && f(value, n);
  };
  switch (op) {
    case '=': return (value) => (typeof value === 'number' && !Number.isNaN(n) ? value === n : asText(value) === low);
    case '<': return compare((a, b) => a < b);
    case '<=': return compare((a, b) => a <= b);
    case '>': return compare((a, b) => a > b);
    case '>=': return compare((a, b) => a >= b);
    case '*=': return (value) => asText(value).includes(low);
    case '^=': return (value) => asText(value).startsWith(low);
    case '$=': return (value) => asText(value).endsWith(low);
    case '~': {
      let regex: RE2JS;
      try {
        regex = RE2JS.compile(wanted, RE2JS.CASE_INSENSITIVE);
      } catch (error) {
        throw new FindFailure(at, `not a regular expression (RE2): ${errorText(error)}`);
      }
      return (value) => regex.matcher(String(value)).find();
    }
    default: throw new FindFailure(at, `unknown operator ${op}`);
  }
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #i = 0;
  #depth = 0;
  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }
  #peek(): Token | undefined {
    return this.#tokens[this.#i];
  }
  #isWord(word: string): boolean {
    const token = this.#peek();
    return token?.kind === 'word' && token.text.toLowerCase() === word;
  }
  all(): Expression {
    const found = this.#or();
    const rest = this.#peek();
    if (rest !== undefined) throw new FindFailure(rest.at, `"${rest.text}" is not expected here; join conditions with AND or OR`);
    return found;
  }
  #or(): Expression {
    const parts = [this.#and()];
    while (this.#isWord('or')) {
      this.#i += 1;
      parts.push(this.#and());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'or', parts };
  }
  #and(): Expression {
    const parts = [this.#not()];
    while (this.#isWord('and')) {
      this.#i += 1;
      parts.push(this.#not());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'and', parts };
  }
  #not(): Expression {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new FindFailure(this.#end, `more than ${DEPTH_MAX} levels`);
    const found = this.#isWord('not') || this.#isWord('!') ? this.#negation() : this.#atom();
    this.#depth -= 1;
    return found;
  }
  #negation(): Expression {
    this.#i += 1;
    return { kind: 'not', part: this.#not() };
  }
  #atom(): Expression {
    const token = this.#peek();
    if (token === undefined) throw new FindFailure(this.#end, 'a condition is missing');
    this.#i += 1;
    if (token.kind === '(') {
      const inner = this.#or();
      if (this.#peek()?.kind !== ')') throw new FindFailure(this.#peek()?.at ?? this.#end, 'a closing parenthesis is missing');
      this.#i += 1;
      return inner;
    }
    if (token.kind !== 'word' && token.kind !== 'text') throw new FindFailure(token.at, `"${token.text}" is not expected here`);
    const op = this.#peek();
    if (op?.kind !== 'op') return this.#bare(token);
    const field = FIND_FIELDS.find((name) => name === token.text.toLowerCase()) ?? ALIASES.get(token.text.toLowerCase());
    if (field === undefined) throw new FindFailure(token.at, `there is no field "${token.text}"; fields are ${FIND_FIELDS.join(', ')}`);
    this.#i += 1;
    const value = this.#peek();
    if (value === undefined || (value.kind !== 'word' && value.kind !== 'text')) throw new FindFailure(value?.at ?? this.#end, `a value is missing after ${op.text}`);
    this.#i += 1;
    const negated = op.text.startsWith('!');
    return { kind: 'test', field, negated, test: testOf(negated ? (op.text === '!=' ? '=' : op.text.slice(1)) : op.text, value.text, value.at) };
  }
  /** A word alone: a state or a flag by its name, else part of a name. */
  #bare(token: Token): Expression {
    const low = token.text.toLowerCase();
    if (token.kind === 'word' && low === 'idle') return { kind: 'test', field: 'idle', negated: false, test: (value) => value === true };
    if (token.kind === 'word' && ['healthy', 'degraded', 'failing', 'unknown'].includes(low)) return { kind: 'test', field: 'status', negated: false, test: (value) => value === low };
    return { kind: 'test', field: 'name', negated: false, test: testOf('*=', token.text, token.at) };
  }
}

/** Reads a find or hide text: `status != healthy OR mtls < 100`, `name ~ "^rev" and not (p95 > 50)`. Empty text is undefined. */
export function parseFind(text: string): Result<Expression | undefined, FindError> {
  if (text.trim() === '') return ok(undefined);
  if (text.length > TEXT_MAX) return fail({ at: TEXT_MAX, message: `longer than ${TEXT_MAX} characters` });
  const tokens = tokenize(text);
  if (!tokens.ok) return tokens;
  try {
    return ok(new Parser(tokens.value, text.length).all());
  } catch (error) {
    if (error instanceof FindFailure) return fail({ at: error.at, message: error.message });
    throw error;
  }
}
