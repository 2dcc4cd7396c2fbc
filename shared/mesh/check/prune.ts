import type { SchemaNode } from '../schema/schema.ts';
import { jsonCopy } from './json-copy.ts';
import { eachUnknown } from './unknown-fields.ts';

/** The value without fields its schema does not know, as the API server stores custom resources. The value given is left as it is. */
export function prune<T>(node: SchemaNode, value: T): T {
  const copy = jsonCopy(value);
  const gone: { readonly owner: Record<string, unknown>; readonly key: string }[] = [];
  eachUnknown(node, copy, undefined, true, (owner, key) => gone.push({ owner, key }));
  for (const { owner, key } of gone) delete owner[key];
  return copy;
}
