import type { StringMatcher } from '#shared/xds';
import { ConfigProblem } from '../problem.ts';
import { wireText } from '../request.ts';
import { compileRegex } from './regex.ts';

export type StringTest = { readonly words: string; test(text: string): boolean };

const plain = (words: string, ignoreCase: boolean, wanted: string, compare: (text: string, wanted: string) => boolean): StringTest => {
  const raw = wireText(wanted);
  if (!ignoreCase) return { words, test: (text) => compare(text, raw) };
  const lower = raw.toLowerCase();
  return { words: `${words} (any case)`, test: (text) => compare(text.toLowerCase(), lower) };
};

/** Envoy's StringMatcher (type.matcher.v3). A regex has to match the whole text. */
export function compileString(matcher: StringMatcher, field: string): StringTest {
  const ignoreCase = matcher.ignore_case === true;
  if (matcher.exact !== undefined) return plain(`is "${matcher.exact}"`, ignoreCase, matcher.exact, (text, wanted) => text === wanted);
  if (matcher.prefix !== undefined) return plain(`begins with "${matcher.prefix}"`, ignoreCase, matcher.prefix, (text, wanted) => text.startsWith(wanted));
  if (matcher.suffix !== undefined) return plain(`ends with "${matcher.suffix}"`, ignoreCase, matcher.suffix, (text, wanted) => text.endsWith(wanted));
  if (matcher.contains !== undefined) return plain(`contains "${matcher.contains}"`, ignoreCase, matcher.contains, (text, wanted) => text.includes(wanted));
  if (matcher.safe_regex !== undefined) {
    const regex = compileRegex(matcher.safe_regex.regex, `${field}.safe_regex.regex`);
    return { words: `matches "${matcher.safe_regex.regex}"`, test: (text) => regex.matches(text) };
  }
  throw new ConfigProblem(field, 'a string matcher needs exact, prefix, suffix, contains or safe_regex');
}
