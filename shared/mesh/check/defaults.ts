import { isRecord } from '#shared/base';
import type { SchemaNode } from '../schema/schema.ts';
import { jsonCopy } from './json-copy.ts';

/**
 * The value with the defaults of its schema filled in, and nulls taken out of fields that may not be null and have no default,
 * as the API server does for custom resources. A default below an absent parent does not bring the parent about. The value given is left as it is.
 */
export function applyDefaults<T>(node: SchemaNode, value: T): T {
  const copy = jsonCopy(value);
  fill(node, copy);
  return copy;
}

function fill(node: SchemaNode, value: unknown): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return;
    for (let i = 0; i < value.length; i++) {
      if (value[i] === null && items.nullable !== true && items.default !== undefined) value[i] = jsonCopy(items.default);
      fill(items, value[i]);
    }
    return;
  }
  if (!isRecord(value)) return;
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const isAbsent = !Object.hasOwn(value, name) || value[name] === undefined;
    const isBadNull = value[name] === null && child.nullable !== true;
    if ((isAbsent || isBadNull) && child.default !== undefined) value[name] = jsonCopy(child.default);
    else if (isBadNull) delete value[name];
    if (Object.hasOwn(value, name)) fill(child, value[name]);
  }
  const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  if (values === undefined) return;
  for (const [key, inner] of Object.entries(value)) {
    if (node.properties !== undefined && Object.hasOwn(node.properties, key)) continue;
    if (inner === null && values.nullable !== true) {
      if (values.default === undefined) delete value[key];
      else value[key] = jsonCopy(values.default);
    }
    fill(values, value[key]);
  }
}
