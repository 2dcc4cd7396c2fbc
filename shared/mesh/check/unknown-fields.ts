import { isRecord } from '#shared/base';
import type { SchemaNode } from '../schema/schema.ts';
import { below, fieldOf, pathOf } from './issue.ts';
import type { At, SchemaIssue } from './issue.ts';

/** Fields every object has, whether its schema names them or not. */
export const OBJECT_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);
const isOpen = (node: SchemaNode): boolean => node['x-kubernetes-preserve-unknown-fields'] === true || node.additionalProperties === true;

/** Visits every field that the schema does not know. */
export function eachUnknown(node: SchemaNode, value: unknown, at: At, isObject: boolean, found: (owner: Record<string, unknown>, key: string, at: At) => void): void {
  if (Array.isArray(value)) {
    const { items } = node;
    if (items !== undefined) for (const [i, item] of value.entries()) eachUnknown(items, item, below(at, i), items['x-kubernetes-embedded-resource'] === true, found);
    return;
  }
  if (!isRecord(value) || node['x-kubernetes-int-or-string'] === true) return;
  const properties = node.properties ?? {};
  const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  for (const [key, inner] of Object.entries(value)) {
    const isField = Object.hasOwn(properties, key);
    const child = isField ? properties[key] : values;
    const place = below(at, key, !isField && values !== undefined);
    if (child !== undefined) eachUnknown(child, inner, place, child['x-kubernetes-embedded-resource'] === true, found);
    else if (!(isObject && OBJECT_FIELDS.has(key)) && !isOpen(node)) found(value, key, place);
  }
}

/** Fields the schema does not know, as issues; the message is what a strict request is refused with. */
export function unknownFields(node: SchemaNode, value: unknown): readonly SchemaIssue[] {
  const issues: SchemaIssue[] = [];
  eachUnknown(node, value, undefined, true, (_owner, _key, at) => {
    const field = fieldOf(at);
    issues.push({ code: 'unknown', path: pathOf(at), field, reason: 'FieldValueInvalid', message: `unknown field ${JSON.stringify(field)}` });
  });
  return issues;
}
