import { isRecord } from '#shared/base';
import type { SchemaNode } from '../schema/schema.ts';
import { jsonKey } from './equal.ts';

/** The keys of an item of a list of type map; undefined when the list has none or the item is no object. */
export function itemKeys(node: SchemaNode, item: unknown): Record<string, unknown> | undefined {
  const names = node['x-kubernetes-list-map-keys'];
  if (node['x-kubernetes-list-type'] !== 'map' || names === undefined || !isRecord(item)) return undefined;
  return Object.fromEntries(names.filter((name) => item[name] !== undefined).map((name) => [name, item[name]]));
}

/** The item of the old list with the same keys. Items of other lists cannot be told apart, so they have no old value. */
export function oldItem(node: SchemaNode, old: { readonly value: unknown } | undefined, item: unknown): { readonly value: unknown } | undefined {
  if (old === undefined || !Array.isArray(old.value)) return undefined;
  const keys = itemKeys(node, item);
  if (keys === undefined) return undefined;
  const wanted = jsonKey(keys);
  const list: readonly unknown[] = old.value;
  const found = list.find((one) => jsonKey(itemKeys(node, one)) === wanted);
  return found === undefined ? undefined : { value: found };
}
