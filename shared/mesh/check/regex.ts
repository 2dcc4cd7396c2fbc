import { errorText, BoundedMap } from '#shared/base';
import { RE2JS } from 're2js';

/** Compiled expressions that are kept. Schemas have some hundred; users' expressions come on top. */
const COMPILED_MAX = 1000;
type Compiled = { readonly regex: RE2JS } | { readonly error: string };
const compiled = new BoundedMap<string, Compiled>(COMPILED_MAX);

function compile(pattern: string): Compiled {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = tryCompile(pattern);
  compiled.set(pattern, made);
  return made;
}
function tryCompile(pattern: string): Compiled {
  try {
    return { regex: RE2JS.compile(pattern) };
  } catch (error) {
    return { error: errorText(error) };
  }
}

/** Why a text is no RE2 regular expression; undefined when it is one. */
export function regexError(pattern: string): string | undefined {
  const made = compile(pattern);
  return 'error' in made ? made.error : undefined;
}
/** Whether a pattern is found anywhere in a text, in time linear in its length. A broken pattern is found nowhere. */
export function findsRegex(pattern: string, text: string): boolean {
  const made = compile(pattern);
  return 'regex' in made && made.regex.matcher(text).find();
}
/** Whether a pattern matches the whole text. */
export function matchesRegex(pattern: string, text: string): boolean {
  const made = compile(pattern);
  return 'regex' in made && made.regex.matches(text);
}
