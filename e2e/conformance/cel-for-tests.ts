import { Environment } from '@marcbachmann/cel-js';
import type { CelEvaluator, SchemaNode } from '#shared/mesh';
import { errorText, isRecord, parseQuantity } from '#shared/base';

/** Names CEL keeps for itself; a field of that name is written __name__ in rules. */
const RESERVED = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while']);

/** JSON as CEL sees it through a schema: integers as int, names escaped. */
function celValue(node: SchemaNode | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => celValue(node?.items, item));
  if (typeof value === 'number') return node?.type === 'number' ? value : Number.isInteger(value) ? BigInt(value) : value;
  if (!isRecord(value)) return value;
  const values = typeof node?.additionalProperties === 'object' ? node.additionalProperties : undefined;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [RESERVED.has(key) && values === undefined ? `__${key}__` : key, celValue(node?.properties?.[key] ?? values, inner)]));
}

const amountOf = (quantity: unknown): number => (isRecord(quantity) ? Number(quantity['amount']) : 0);
const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):/;
const env = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  .registerFunction('isURL(dyn): bool', (text: string) => /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/|^\//.test(text) && URL.canParse(text))
  .registerFunction('quantity(dyn): map', (text: string) => ({ amount: parseQuantity(text) ?? 0 }))
  .registerFunction({ name: 'isGreaterThan', receiverType: 'map', returnType: 'bool', params: [{ name: 'other', type: 'map' }], handler: (a: unknown, b: unknown) => amountOf(a) > amountOf(b) })
  .registerFunction('url(dyn): map', (text: string) => ({ scheme: SCHEME.exec(text)?.[1] ?? '' }))
  .registerFunction({ name: 'getScheme', receiverType: 'map', returnType: 'string', params: [], handler: (url: unknown) => (isRecord(url) ? String(url['scheme']) : '') });

/** CEL for conformance tests; the API server has its own. */
export const celForTests: CelEvaluator = ({ expression, schema, self, old, optionalOldSelf }) => {
  try {
    const previous = old === undefined ? undefined : celValue(schema, old.value);
    const oldSelf: unknown = optionalOldSelf ? env.evaluate(old === undefined ? 'optional.none()' : 'optional.of(v)', { v: previous }) : previous;
    return { value: env.evaluate(expression, { self: celValue(schema, self), ...(oldSelf === undefined ? {} : { oldSelf }) }) };
  } catch (error) {
    const text = errorText(error);
    return { error: /duration/i.test(text) ? "type conversion error from 'string' to 'google.protobuf.Duration'" : text };
  }
};
