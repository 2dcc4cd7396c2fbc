import { Environment } from '@marcbachmann/cel-js';
import { isIP } from 'node:net';
import { RE2JS } from 're2js';
import { errorText, isRecord, parseQuantity } from '#shared/base';
import type { CelEvaluator, SchemaNode } from '#shared/mesh';

/** Compiled expressions that are kept. */
const PROGRAMS_MAX = 2000;
type Program = (context: Record<string, unknown>) => unknown;

class Url {
  readonly url: URL;
  constructor(text: string) {
    this.url = new URL(text);
  }
}
class Quantity {
  readonly amount: number;
  constructor(text: string) {
    const amount = parseQuantity(text);
    if (amount === undefined) throw new Error(`quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`);
    this.amount = amount;
  }
}
class Ip {
  readonly text: string;
  constructor(text: string) {
    if (isIP(text) === 0) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string: unable to parse IP`);
    this.text = text;
  }
}
const isUrl = (text: string): boolean => {
  try {
    return new URL(text).protocol !== '';
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
};
const patterns = new Map<string, RE2JS>();
function re2(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  if (patterns.size >= PROGRAMS_MAX) patterns.clear();
  const made = RE2JS.compile(pattern);
  patterns.set(pattern, made);
  return made;
}
const compare = (a: number, b: number): bigint => (a < b ? -1n : a > b ? 1n : 0n);

/** CEL with the functions Kubernetes adds (k8s.io/apiserver cel/library), as far as CRDs use them. */
function environment(): Environment {
  return new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerType('kubernetes.URL', Url).registerType('kubernetes.Quantity', Quantity).registerType('net.IP', Ip)
    .registerFunction('url(string): kubernetes.URL', (text: string) => new Url(text))
    .registerFunction('isURL(string): bool', isUrl)
    .registerFunction('kubernetes.URL.getScheme(): string', (v: Url) => v.url.protocol.replace(/:$/, ''))
    .registerFunction('kubernetes.URL.getHost(): string', (v: Url) => v.url.host)
    .registerFunction('kubernetes.URL.getHostname(): string', (v: Url) => v.url.hostname)
    .registerFunction('kubernetes.URL.getPort(): string', (v: Url) => v.url.port)
    .registerFunction('kubernetes.URL.getEscapedPath(): string', (v: Url) => v.url.pathname)
    .registerFunction('quantity(string): kubernetes.Quantity', (text: string) => new Quantity(text))
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
    .registerFunction('kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => a.amount > b.amount)
    .registerFunction('kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool', (a: Quantity, b: Quantity) => a.amount < b.amount)
    .registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: Quantity, b: Quantity) => compare(a.amount, b.amount))
    .registerFunction('kubernetes.Quantity.sign(): int', (a: Quantity) => compare(a.amount, 0))
    .registerFunction('ip(string): net.IP', (text: string) => new Ip(text))
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction('net.IP.family(): int', (v: Ip) => BigInt(isIP(v.text)))
    .registerFunction('string.re2matches(string): bool', (text: string, pattern: string) => re2(pattern).matcher(text).find())
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      const matcher = re2(pattern).matcher(text);
      return matcher.find() ? (matcher.group() ?? '') : '';
    });
}

/** `matches` of the library uses JavaScript's backtracking; ours is RE2. Text in quotes is left alone. */
const PARTS = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\.matches\s*\(|\bhas\((?<of>[\w.]+\[[^\]()"']*\](?:\.\w+|\[[^\]()"']*\])*?)\.(?<field>\w+)\)/g;
/** Text the library takes: `matches` by RE2; and `has()`, which it knows of plain paths only: `has(a[0].b)` becomes `("b" in a[0])`, which says the same. */
const forLibrary = (expression: string): string => expression.replaceAll(PARTS, (part, of: string | undefined, field: string | undefined) => {
  if (of !== undefined && field !== undefined) return `("${field}" in ${of})`;
  return part.startsWith('.') ? '.re2matches(' : part;
});

/** A JSON value as CEL sees it under its schema: integers are ints, dates are timestamps. */
function toCel(schema: SchemaNode | undefined, v: unknown): unknown {
  if (typeof v === 'number') return Number.isInteger(v) && schema?.type !== 'number' ? BigInt(v) : v;
  if (typeof v === 'string') return schema?.format === 'date-time' ? new Date(v) : v;
  if (Array.isArray(v)) return v.map((item: unknown) => toCel(schema?.items, item));
  if (!isRecord(v)) return v;
  const others = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  return Object.fromEntries(Object.entries(v).map(([key, inner]) => [key, toCel(schema?.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : others, inner)]));
}

/** Compiled expressions of one environment. */
class Programs {
  readonly #env: Environment;
  readonly #known = new Map<string, Program>();
  constructor(env: Environment) {
    this.#env = env;
  }
  compile(expression: string): Program {
    const known = this.#known.get(expression);
    if (known !== undefined) return known;
    if (this.#known.size >= PROGRAMS_MAX) this.#known.clear();
    const made: Program = this.#env.parse(forLibrary(expression));
    this.#known.set(expression, made);
    return made;
  }
}

/** What the library says, in the words of cel-go where they are known. */
function celError(error: unknown): string {
  const text = errorText(error).split('\n')[0] ?? '';
  return text.startsWith('Invalid duration string') ? "type conversion error from 'string' to 'google.protobuf.Duration'" : text;
}

/** An evaluator for the rules of CRDs; programs are compiled once. */
export function createCelEvaluator(): CelEvaluator {
  const plain = new Programs(environment());
  // With optionalOldSelf the old value is an optional, which must be declared: the library cannot tell it from a dyn.
  const optional = new Programs(environment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'optional'));
  return ({ expression, schema, self, old, optionalOldSelf }) => {
    try {
      const before = old === undefined ? undefined : toCel(schema, old.value);
      const oldSelf = optionalOldSelf ? (old === undefined ? plain.compile('optional.none()')({}) : plain.compile('optional.of(v)')({ v: before })) : before;
      const value = (optionalOldSelf ? optional : plain).compile(expression)({ self: toCel(schema, self), ...(oldSelf === undefined ? {} : { oldSelf }) });
      return { value: typeof value === 'bigint' ? Number(value) : value };
    } catch (error) {
      return { error: celError(error) };
    }
  };
}

/** Match conditions of webhooks: expressions over the objects of a request. */
export function createConditionEvaluator(): { evaluate(expression: string, variables: Readonly<Record<string, unknown>>): { readonly value: boolean } | { readonly error: string }; compileError(expression: string): string | undefined } {
  const programs = new Programs(environment());
  return {
    evaluate: (expression, variables) => {
      try {
        return { value: programs.compile(expression)(Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, toCel(undefined, v)]))) === true };
      } catch (error) {
        return { error: celError(error) };
      }
    },
    compileError: (expression) => {
      try {
        programs.compile(expression);
        return undefined;
      } catch (error) {
        return celError(error);
      }
    },
  };
}
