import { isRecord } from '#shared/base';
import type { SchemaNode } from '../schema/schema.ts';

/** Whether a value has the shape of a schema (types and required fields, nothing more): a check for readers that take objects of the cluster as typed. */
export function fits<T>(schema: SchemaNode & { readonly '~typed'?: T }, value: unknown): value is T {
  return hasShape(schema, value);
}

function hasShape(node: SchemaNode, value: unknown): boolean {
  if (value === null || value === undefined) return node.nullable === true || isUntyped(node);
  if (node['x-kubernetes-int-or-string'] === true) return typeof value === 'string' || typeof value === 'number';
  switch (node.type) {
    case 'object': return isRecord(value) && hasFields(node, value);
    case 'array': return Array.isArray(value) && (node.items === undefined || isUntyped(node.items) || value.every((item) => hasShape(node.items ?? {}, item)));
    case 'string': case 'boolean': return typeof value === node.type;
    case 'integer': return Number.isInteger(value);
    case 'number': return typeof value === 'number';
    default: return true;
  }
}
const isUntyped = (node: SchemaNode): boolean => node.type === undefined && node['x-kubernetes-int-or-string'] !== true;

function hasFields(node: SchemaNode, record: Record<string, unknown>): boolean {
  for (const name of node.required ?? []) if (record[name] === undefined) return false;
  const { properties } = node;
  for (const name in properties) if (record[name] === undefined && properties[name]?.['x-pharos-present'] === true) return false;
  const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  for (const key in record) {
    if (!Object.hasOwn(record, key) || record[key] === undefined) continue;
    const child = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : values;
    if (child !== undefined && !hasShape(child, record[key])) return false;
  }
  return true;
}
