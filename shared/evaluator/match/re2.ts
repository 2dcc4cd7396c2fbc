import { RE2JS } from 're2js';
import type { Regex } from './compiled-regex.ts';

/** Substitutions use `\1` as RE2 does; re2js wants `$1`. */
const toDollar = (text: string): string => text.replaceAll('$', () => '\\$').replaceAll(/\\(\d)/g, (_, digit: string) => `$${digit}`);

export function compileRe2(pattern: string): Regex {
  const compiled = RE2JS.compile(pattern);
  return {
    matches: (text) => compiled.matches(text),
    replaceAll: (text, substitution) => compiled.matcher(text).replaceAll(toDollar(substitution), true),
  };
}
