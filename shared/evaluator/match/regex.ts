import { ConfigProblem } from '../problem.ts';
import { wireText } from '../request.ts';
import type { Regex } from './compiled-regex.ts';

type Engine = (pattern: string) => Regex;
let engine: Engine | undefined;

/** Loads the RE2 engine once. Configurations that hold a `safe_regex` cannot be compiled before. */
export async function loadRegexEngine(): Promise<void> {
  engine ??= (await import('./re2.ts')).compileRe2;
}

/** Whether a resource holds a regular expression somewhere. */
export function usesRegex(resource: unknown): boolean {
  if (typeof resource !== 'object' || resource === null) return false;
  if (Array.isArray(resource)) return resource.some(usesRegex);
  return Object.entries(resource).some(([key, v]) => key === 'regex' || usesRegex(v));
}

/** Compiles a pattern; patterns that RE2 refuses (backreferences, lookaround) are a problem of the configuration. */
export function compileRegex(pattern: string, field: string): Regex {
  if (engine === undefined) throw new Error('loadRegexEngine() must have finished before a configuration with regular expressions is compiled');
  try {
    return engine(wireText(pattern));
  } catch (error) {
    throw new ConfigProblem(field, `Invalid regex '${pattern}': ${error instanceof Error ? error.message : String(error)}`);
  }
}
