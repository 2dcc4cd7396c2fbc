import { isRecord } from '#shared/base';
import type { SchemaNode } from '../schema/schema.ts';
import { enumIssue, formatIssue, invalid, numberIssues, placeless, textIssue, typeIssue } from './check-scalar.ts';
import { below, fieldOf, pathOf } from './issue.ts';
import type { At, SchemaIssue } from './issue.ts';
import { jsonEqual } from './equal.ts';
import { oldItem } from './old-value.ts';

/** What an update found before; `undefined` where there was nothing. */
export type Old = { readonly value: unknown } | undefined;

/**
 * What the schema validator of the API server (kube-openapi) says about a value, in its order.
 * With `old`, errors in values that an update leaves as they were are let pass (ratcheting).
 */
export function checkSchema(node: SchemaNode, value: unknown, at: At, old: Old, out: SchemaIssue[]): void {
  const found: SchemaIssue[] = [];
  checkNode(node, value, at, old, found);
  if (found.length === 0 || (old !== undefined && at !== undefined && jsonEqual(old.value, value))) return;
  out.push(...found);
}

function checkNode(node: SchemaNode, value: unknown, at: At, old: Old, out: SchemaIssue[]): void {
  add(out, typeIssue(node, value, at));
  if (value === null || value === undefined) {
    if (node.nullable !== true || node.enum?.includes(null) === false) add(out, node.enum === undefined ? undefined : enumIssue(node, null, at));
    return;
  }
  checkAlternatives(node, value, at, out);
  if (typeof value === 'string') {
    add(out, textIssue(node, value, at));
    add(out, formatIssue(node, value, at));
  } else if (typeof value === 'number') out.push(...numberIssues(node, value, at));
  else if (Array.isArray(value)) checkList(node, value, at, old, out);
  add(out, enumIssue(node, value, at));
  if (isRecord(value)) checkRecord(node, value, at, old, out);
}

const add = (out: SchemaIssue[], issue: SchemaIssue | undefined): void => {
  if (issue !== undefined) out.push(issue);
};

/** allOf, anyOf, oneOf, not. Their messages name the place in the text and report no field. */
function checkAlternatives(node: SchemaNode, value: unknown, at: At, out: SchemaIssue[]): void {
  const issuesOf = (one: SchemaNode): SchemaIssue[] => {
    const issues: SchemaIssue[] = [];
    checkNode(one, value, at, undefined, issues);
    return issues;
  };
  if (node.anyOf !== undefined && node['x-kubernetes-int-or-string'] !== true) {
    const results = node.anyOf.map(issuesOf);
    if (results.every((issues) => issues.length > 0)) out.push(placeless('oneof', at, `${JSON.stringify(fieldOf(at))} must validate at least one schema (anyOf)`), ...fewest(results));
  }
  if (node.oneOf !== undefined) {
    const results = node.oneOf.map(issuesOf);
    const valid = results.filter((issues) => issues.length === 0).length;
    const text = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    if (valid !== 1) out.push(placeless('oneof', at, `${JSON.stringify(fieldOf(at))} must validate one and only one schema (oneOf). ${text}`), ...(valid === 0 ? fewest(results) : []));
  }
  if (node.allOf !== undefined) {
    const results = node.allOf.map(issuesOf);
    out.push(...results.flat());
    if (results.some((issues) => issues.length > 0)) {
      const text = results.every((issues) => issues.length > 0) ? '. None validated' : '';
      out.push(placeless('oneof', at, `${JSON.stringify(fieldOf(at))} must validate all the schemas (allOf)${text}`));
    }
  }
  if (node.not !== undefined && issuesOf(node.not).length === 0) out.push(placeless('oneof', at, `${JSON.stringify(fieldOf(at))} must not validate the schema (not)`));
}

const fewest = (results: readonly SchemaIssue[][]): readonly SchemaIssue[] => results.reduce((best, issues) => (issues.length < best.length ? issues : best), results[0] ?? []);

function checkList(node: SchemaNode, list: readonly unknown[], at: At, old: Old, out: SchemaIssue[]): void {
  const { items } = node;
  if (items !== undefined) for (const [i, item] of list.entries()) checkSchema(items, item, below(at, i), oldItem(node, old, item), out);
  if (node.minItems !== undefined && list.length < node.minItems) out.push(invalid('size', at, String(list.length), `${fieldOf(at)} in body should have at least ${node.minItems} items`));
  if (node.maxItems !== undefined && list.length > node.maxItems) out.push(tooMany(at, list.length, node.maxItems));
}
function tooMany(at: At, size: number, max: number): SchemaIssue {
  return { code: 'size', path: pathOf(at), field: fieldOf(at), reason: 'FieldValueTooMany', message: `Too many: ${size}: must have at most ${max} ${max === 1 ? 'item' : 'items'}` };
}

function checkRecord(node: SchemaNode, record: Record<string, unknown>, at: At, old: Old, out: SchemaIssue[]): void {
  const keys = Object.keys(record);
  if (node.minProperties !== undefined && keys.length < node.minProperties) {
    out.push(invalid('size', at, String(keys.length), `${fieldOf(at)} in body should have at least ${node.minProperties} properties`));
    return;
  }
  if (node.maxProperties !== undefined && keys.length > node.maxProperties) {
    out.push(tooMany(at, keys.length, node.maxProperties));
    return;
  }
  for (const name of node.required ?? []) {
    if (Object.hasOwn(record, name) && record[name] !== undefined) continue;
    const missing = below(at, name);
    out.push({ code: 'required', path: pathOf(missing), field: fieldOf(missing), reason: 'FieldValueRequired', message: 'Required value' });
  }
  const properties = node.properties ?? {};
  const values = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  for (const key of keys) {
    if (record[key] === undefined) continue;
    const child = Object.hasOwn(properties, key) ? properties[key] : values;
    if (child === undefined) continue;
    const isMapKey = !Object.hasOwn(properties, key);
    checkSchema(child, record[key], below(at, key, isMapKey), oldField(old, key), out);
  }
}

/** What a field held before. */
export function oldField(old: Old, key: string): Old {
  return old !== undefined && isRecord(old.value) && Object.hasOwn(old.value, key) ? { value: old.value[key] } : undefined;
}
