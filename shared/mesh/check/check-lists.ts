import { isRecord } from '#shared/base';
import type { SchemaNode } from '../schema/schema.ts';
import { jsonEqual, jsonKey } from './equal.ts';
import { below, fieldOf, pathOf, shown } from './issue.ts';
import type { At, SchemaIssue } from './issue.ts';
import { itemKeys, oldItem } from './old-value.ts';
import { oldField } from './check-schema.ts';
import type { Old } from './check-schema.ts';

/** Duplicates in lists of type set and map. */
export function checkLists(node: SchemaNode, value: unknown, at: At, old: Old, out: SchemaIssue[]): void {
  if (Array.isArray(value)) {
    const isUnchanged = old !== undefined && jsonEqual(old.value, value);
    if (!isUnchanged) out.push(...duplicates(node, value, at));
    const { items } = node;
    if (items !== undefined && (items.type === 'object' || items.type === 'array')) for (const [i, item] of value.entries()) checkLists(items, item, below(at, i), oldItem(node, old, item), out);
    return;
  }
  if (!isRecord(value)) return;
  const properties = node.properties ?? {};
  const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  if (node.properties === undefined && values === undefined) return;
  for (const [key, inner] of Object.entries(value)) {
    const isField = Object.hasOwn(properties, key);
    const child = isField ? properties[key] : values;
    if (child !== undefined && typeof inner === 'object' && inner !== null) checkLists(child, inner, below(at, key, !isField), oldField(old, key), out);
  }
}

function duplicates(node: SchemaNode, list: readonly unknown[], at: At): readonly SchemaIssue[] {
  const type = node['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const seen = new Map<string, number>();
  const issues: SchemaIssue[] = [];
  for (const [i, item] of list.entries()) {
    const identity = type === 'set' ? item : itemKeys(node, item);
    if (identity === undefined) continue;
    const key = jsonKey(identity);
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    if (times !== 2) continue; // the API server names each duplicate once
    const place = below(at, i);
    issues.push({ code: 'duplicate', path: pathOf(place), field: fieldOf(place, 'bracketed'), reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(identity)}` });
  }
  return issues;
}
