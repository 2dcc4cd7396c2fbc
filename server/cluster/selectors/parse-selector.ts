import { badRequest } from '../status/status-error.ts';
import { labelKeyErrors, labelValueErrors } from '../kinds/names.ts';
import type { Requirement } from './label-selector.ts';

type Token = { readonly type: 'word' | 'op' | 'end'; readonly text: string };

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const rest = text.slice(i);
    const space = /^\s+/.exec(rest);
    const op = /^(?:==|!=|=|!|,|\(|\)|>|<)/.exec(rest);
    const word = /^[^\s=!,()<>]+/.exec(rest);
    const found = space ?? op ?? word;
    if (found === null) break;
    if (space === null) tokens.push({ type: op === null ? 'word' : 'op', text: found[0] });
    i += found[0].length;
  }
  return [...tokens, { type: 'end', text: '' }];
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  constructor(text: string) {
    this.#tokens = tokenize(text);
  }
  #peek(): Token {
    return this.#tokens[this.#at] ?? { type: 'end', text: '' };
  }
  #take(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  all(): readonly Requirement[] {
    const found: Requirement[] = [];
    if (this.#peek().type === 'end') return found;
    for (;;) {
      found.push(this.#one());
      const next = this.#take();
      if (next.type === 'end') return found;
      if (next.text !== ',') throw new Error(`found '${next.text}', expected: ',' or 'end of string'`);
      if (this.#peek().type === 'end') throw new Error("found '', expected: identifier after ','");
    }
  }

  #one(): Requirement {
    const isNot = this.#peek().text === '!' && this.#peek().type === 'op';
    if (isNot) this.#take();
    const key = this.#take();
    if (key.type !== 'word') throw new Error(`found '${key.text}', expected: !, identifier, or 'end of string'`);
    checkKey(key.text);
    if (isNot) return { key: key.text, op: '!', values: [] };
    const next = this.#peek();
    if (next.type === 'end' || next.text === ',') return { key: key.text, op: 'exists', values: [] };
    this.#take();
    const op = next.text;
    if (op === 'in' || op === 'notin') return { key: key.text, op, values: this.#set(key.text) };
    if (op !== '=' && op !== '==' && op !== '!=' && op !== '>' && op !== '<') throw new Error(`found '${op}', expected: in, notin, =, ==, !=, gt, lt`);
    const v = this.#peek().type === 'word' ? this.#take().text : '';
    checkValue(key.text, v);
    if ((op === '>' || op === '<') && !/^-?\d+$/.test(v)) throw new Error(`for 'Gt', 'Lt' operators, the value must be an integer`);
    return { key: key.text, op: op === '==' ? '=' : op, values: [v] };
  }

  #set(key: string): readonly string[] {
    const open = this.#take();
    if (open.text !== '(') throw new Error(`found '${open.text}' expected: '('`);
    const values: string[] = [];
    let last = ',';
    for (;;) {
      const token = this.#take();
      if (token.type === 'end') throw new Error("found '', expected: ',', ')' or identifier");
      if (token.text === ')' || token.text === ',') {
        if (last === ',') values.push('');
        last = ',';
        if (token.text === ')') break;
        continue;
      }
      checkValue(key, token.text);
      values.push(token.text);
      last = 'word';
    }
    return values;
  }
}

function checkKey(key: string): void {
  const errors = labelKeyErrors(key);
  if (errors.length > 0) throw new Error(`key: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`);
}
function checkValue(key: string, v: string): void {
  const errors = labelValueErrors(v);
  if (errors.length > 0) throw new Error(`values[0][${key}]: Invalid value: ${JSON.stringify(v)}: ${errors.join('; ')}`);
}

/** A label selector as it stands in a query: `a=b,c!=d,e in (f,g),h,!i`. */
export function parseLabelSelector(text: string): readonly Requirement[] {
  try {
    return new Parser(text).all();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw badRequest(`unable to parse requirement: ${error.message}`);
  }
}

/** One condition of a field selector: equality alone. */
export type FieldRequirement = { readonly field: string; readonly isEqual: boolean; readonly text: string };

/** A field selector: `metadata.name=a,status.phase!=Failed`; backslash escapes comma, equals and itself. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  const found: FieldRequirement[] = [];
  for (const part of splitTerms(text)) {
    if (part === '') continue;
    const match = /^([^=!]*?)(!=|==|=)(.*)$/s.exec(part);
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    found.push({ field: match[1] ?? '', isEqual: match[2] !== '!=', text: (match[3] ?? '').replaceAll(/\\(.)/g, '$1') });
  }
  return found;
}

function splitTerms(text: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === '\\') {
      part += c + text.charAt(i + 1);
      i += 1;
    } else if (c === ',') {
      parts.push(part);
      part = '';
    } else part += c;
  }
  return [...parts, part];
}
