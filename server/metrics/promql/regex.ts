import { RE2JS } from 're2js';
import { BoundedMap } from '#shared/base';

/** A compiled matcher: `test` is anchored at both ends, as Prometheus does; `error` is set when the pattern is none. `values`: the only texts that match, where the pattern is a list of words. */
export type LabelRegex = { readonly test?: (text: string) => boolean; readonly error?: string; readonly values?: readonly string[] };

/** Compiled patterns kept; queries repeat a few. */
const CACHED_MAX = 200;
const VALUES_MAX = 1000;
const cache = new BoundedMap<string, LabelRegex>(CACHED_MAX);
const PLAIN = /^[\w\-/ :;,"'<>=!@#%&~`]*$/;

/** Prometheus's label regex: RE2 syntax, `^(?s:…)$`. Lists of words, prefixes and suffixes take a path without a regex. */
export function compileRegex(pattern: string): LabelRegex {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const made = compile(pattern);
  cache.set(pattern, made);
  return made;
}

function compile(pattern: string): LabelRegex {
  if (pattern === '.*') return { test: () => true };
  if (pattern === '.+') return { test: (text) => text !== '' };
  const body = /^\(([^()]*)\)$/.exec(pattern)?.[1] ?? pattern;
  const words = body.split('|').map((word) => (PLAIN.test(word.replaceAll('\\.', '')) ? word.replaceAll('\\.', '.') : undefined));
  const values = words.filter((word) => word !== undefined);
  if (values.length === words.length && values.length <= VALUES_MAX) {
    const set = new Set(values);
    return { test: (text) => set.has(text), values: [...set] };
  }
  const around = /^(\.\*|\.\+)?((?:[\w\-/ :;,]|\\\.)*)(\.\*|\.\+)?$/.exec(pattern);
  if (around !== null) return affix(around[1] ?? '', (around[2] ?? '').replaceAll('\\.', '.'), around[3] ?? '');
  try {
    const regex = RE2JS.compile(pattern, RE2JS.DOTALL);
    const prefix = literalPrefix(pattern);
    return { test: prefix === '' ? (text): boolean => regex.testExact(text) : (text): boolean => text.startsWith(prefix) && regex.testExact(text) };
  } catch (error) {
    const text = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error);
    return { error: `error parsing regexp: ${text.replace(`(?s)${pattern}`, `^(?s:${pattern})$`)}` };
  }
}
/** What every match begins with, as far as that is plain to see: spares the regex most of the texts. */
function literalPrefix(pattern: string): string {
  if (/[|]|\(\?[a-z]/.test(pattern)) return '';
  const head = /^\^?((?:[\w\-/ :;,]|\\\.)*)/.exec(pattern)?.[1] ?? '';
  const rest = pattern.slice(pattern.indexOf(head) + head.length);
  const prefix = /^[*+?{]/.test(rest) ? head.replace(/(\\\.|.)$/, '') : head;
  return prefix.replaceAll('\\.', '.');
}
function affix(before: string, literal: string, after: string): LabelRegex {
  const least = literal.length + (before === '.+' ? 1 : 0) + (after === '.+' ? 1 : 0);
  if (before === '') return { test: (text) => text.length >= least && text.startsWith(literal) };
  if (after === '') return { test: (text) => text.length >= least && text.endsWith(literal) };
  const from = before === '.+' ? 1 : 0;
  const rest = after === '.+' ? 1 : 0;
  return {
    test: (text) => {
      const at = text.indexOf(literal, from);
      return at >= from && at + literal.length + rest <= text.length; // an empty literal is found before the end even of an empty text
    },
  };
}
