import { isRecord } from '#shared/base';
import type { SchemaNode } from '#shared/mesh';
import { sameJson, setOwn } from '../object/object.ts';
import type { Obj } from '../object/object.ts';
import { goMap } from './go-map.ts';

/** The patch itself is wrong: an unknown directive, an item without its key. */
export class StrategicMergeError extends Error {
  override readonly name = 'StrategicMergeError';
}

const PATCH = '$patch';
const RETAIN = '$retainKeys';
const DELETE_PREFIX = '$deleteFromPrimitiveList/';
const ORDER_PREFIX = '$setElementOrder/';
type Strategies = { readonly merge: boolean; readonly retainKeys: boolean; readonly key: string | undefined };

const strategiesOf = (schema: SchemaNode | undefined): Strategies => {
  const names = schema?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
  return { merge: names.includes('merge'), retainKeys: names.includes('retainKeys'), key: schema?.['x-kubernetes-patch-merge-key'] };
};
const childOf = (schema: SchemaNode | undefined, field: string): SchemaNode | undefined => {
  const properties = schema?.properties;
  if (properties !== undefined && Object.hasOwn(properties, field)) return properties[field];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
};
const isDirective = (key: string): boolean => key === PATCH || key === RETAIN || key.startsWith(DELETE_PREFIX) || key.startsWith(ORDER_PREFIX);

/** Strategic merge patch of a built-in kind: lists merge by the keys of its schema, `$` directives are obeyed. Neither argument is changed. */
export function applyStrategicMerge(schema: SchemaNode, target: unknown, patch: unknown): unknown {
  return mergeMap(schema, isRecord(target) ? target : {}, isRecord(patch) ? patch : {});
}

function mergeMap(schema: SchemaNode | undefined, target: Record<string, unknown>, patch: Record<string, unknown>): Obj {
  const directive = patch[PATCH];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw new StrategicMergeError(`Unknown patch type specified: ${String(directive)}`);
  const made: Obj = {};
  for (const [key, v] of Object.entries(target)) setOwn(made, key, v);
  retain(made, patch);
  for (const [key, v] of Object.entries(patch)) {
    if (key.startsWith(DELETE_PREFIX)) removePrimitives(made, key.slice(DELETE_PREFIX.length), v);
    if (isDirective(key)) continue;
    if (v === null) delete made[key];
    else setOwn(made, key, mergeField(childOf(schema, key), made[key], v, patch[`${ORDER_PREFIX}${key}`]));
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ORDER_PREFIX)) continue;
    const field = key.slice(ORDER_PREFIX.length);
    if (patch[field] === undefined && Array.isArray(made[field])) setOwn(made, field, reorder({ key: strategiesOf(childOf(schema, field)).key, merged: made[field], server: made[field] }, order, []));
  }
  return made;
}

function retain(made: Obj, patch: Record<string, unknown>): void {
  const keep = patch[RETAIN];
  if (keep === undefined) return;
  if (!Array.isArray(keep)) throw new StrategicMergeError(`${RETAIN} must be a list`);
  for (const key of Object.keys(patch)) {
    if (!isDirective(key) && patch[key] !== null && !keep.includes(key)) throw new StrategicMergeError('$retainKeys list does not cover all fields present in the patch');
  }
  for (const key of Object.keys(made)) if (!keep.includes(key)) delete made[key];
}

function removePrimitives(made: Obj, field: string, values: unknown): void {
  const list = made[field];
  if (!Array.isArray(values)) throw new StrategicMergeError(`${DELETE_PREFIX}${field} must be a list`);
  if (!Array.isArray(list)) return;
  const kept = list.filter((item) => !values.some((v) => sameJson(v, item)));
  if (kept.length === 0) delete made[field];
  else setOwn(made, field, kept);
}

function withoutDirectives(v: unknown): Obj {
  const made: Obj = {};
  if (isRecord(v)) for (const [key, inner] of Object.entries(v)) if (!isDirective(key)) setOwn(made, key, isRecord(inner) ? withoutNulls(inner) : inner);
  return made;
}
/** What a patch adds where nothing was: without directives and nulls. */
function withoutNulls(v: unknown): unknown {
  if (Array.isArray(v)) return v.filter((item) => !(isRecord(item) && typeof item[PATCH] === 'string')).map(withoutNulls);
  if (!isRecord(v)) return v;
  const made: Obj = {};
  for (const [key, inner] of Object.entries(v)) if (inner !== null && !isDirective(key)) setOwn(made, key, withoutNulls(inner));
  return made;
}

function mergeField(schema: SchemaNode | undefined, target: unknown, patch: unknown, order: unknown): unknown {
  if (isRecord(patch)) return mergeMap(schema, isRecord(target) ? target : {}, patch);
  if (!Array.isArray(patch)) return patch;
  const strategies = strategiesOf(schema);
  if (!strategies.merge) return patch.map(withoutNulls);
  const list = Array.isArray(target) ? target : [];
  return strategies.key === undefined ? mergePrimitives(list, patch, order) : mergeList(schema?.items, strategies.key, { list, patch, order });
}

function mergePrimitives(list: readonly unknown[], patch: readonly unknown[], order: unknown): unknown[] {
  const merged = [...list];
  for (const item of patch) if (!merged.some((known) => sameJson(known, item))) merged.push(item);
  const unique = merged.filter((item, i) => merged.findIndex((other) => sameJson(other, item)) === i);
  return reorder({ key: undefined, merged: unique, server: list }, order, patch);
}

function keyOf(item: unknown, key: string): unknown {
  if (!isRecord(item) || !Object.hasOwn(item, key)) throw new StrategicMergeError(`map: ${goMap(item)} does not contain declared merge key: ${key}`);
  return item[key];
}

type ListMerge = { readonly list: readonly unknown[]; readonly patch: readonly unknown[]; readonly order: unknown };
function mergeList(items: SchemaNode | undefined, key: string, { list, patch, order }: ListMerge): unknown[] {
  if (patch.some((item) => isRecord(item) && item[PATCH] === 'replace')) return patch.filter((item) => !(isRecord(item) && Object.keys(item).length === 1 && item[PATCH] === 'replace')).map((item) => (isRecord(item) ? withoutDirectives(item) : item));
  const merged = [...list];
  for (const item of patch) {
    if (!isRecord(item)) throw new StrategicMergeError(`cannot merge ${goMap(item)} into a list of maps`);
    const id = keyOf(item, key);
    const directive = item[PATCH];
    const at = merged.findIndex((known) => isRecord(known) && sameJson(known[key], id));
    if (directive === 'delete') {
      for (let i = merged.length - 1; i >= 0; i--) if (sameJson(isRecord(merged[i]) ? keyOf(merged[i], key) : undefined, id)) merged.splice(i, 1);
      continue;
    }
    if (directive !== undefined && directive !== 'merge') throw new StrategicMergeError(`Unknown patch type specified: ${String(directive)}`);
    const known = merged[at];
    if (at < 0 || !isRecord(known)) merged.push(mergeMap(items, {}, item));
    else merged[at] = mergeMap(items, known, item);
  }
  return reorder({ key, merged, server: list }, order, patch);
}

type Reorder = { readonly key: string | undefined; readonly merged: readonly unknown[]; readonly server: readonly unknown[] };
const idOf = (key: string | undefined, item: unknown): unknown => (key === undefined ? item : isRecord(item) ? item[key] : undefined);

/** Puts the items named by `wanted` into that order; the others keep their place between them as the server had it. Items new to the server come first where they meet others. */
function arrange({ key, merged, server }: Reorder, wanted: readonly unknown[]): unknown[] {
  const rank = (item: unknown, ids: readonly unknown[]): number => ids.findIndex((id) => sameJson(id, idOf(key, item)));
  const serverIds = server.map((item) => idOf(key, item));
  const named = merged.filter((item) => rank(item, wanted) >= 0).sort((a, b) => rank(a, wanted) - rank(b, wanted));
  const others = merged.filter((item) => rank(item, wanted) < 0);
  const made: unknown[] = [];
  let [i, j] = [0, 0];
  while (i < named.length || j < others.length) {
    const isNamedNext = j >= others.length || (i < named.length && rank(named[i], serverIds) <= rank(others[j], serverIds));
    made.push(isNamedNext ? named[i++] : others[j++]);
  }
  return made;
}

/** The order of the patch, or of its $setElementOrder list, which must name every item of the patch. */
function reorder(list: Reorder, order: unknown, patch: readonly unknown[]): unknown[] {
  const { key } = list;
  if (order === undefined) return arrange(list, patch.map((item) => idOf(key, item)));
  if (!Array.isArray(order)) throw new StrategicMergeError(`${ORDER_PREFIX} must be a list`);
  const wanted: readonly unknown[] = order.map((item: unknown) => (key === undefined ? item : keyOf(item, key)));
  for (const item of patch) {
    if (isRecord(item) && item[PATCH] === 'delete') continue;
    if (!wanted.some((id) => sameJson(id, idOf(key, item)))) throw new StrategicMergeError(`The order in patch list:\n${goMap(patch)}\n doesn't match ${ORDER_PREFIX.slice(0, -1)} list:\n${goMap(order)}\n`);
  }
  return arrange(list, wanted);
}
