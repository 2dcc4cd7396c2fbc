import { isRecord } from '#shared/base';
import type { OwnerReference } from '#shared/mesh';

/** A JSON object that the server may still change. */
export type Obj = { [field: string]: unknown };
/** metadata as the server reads and writes it. Fields it does not know of stay where they are. */
export type Meta = {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  [field: string]: unknown;
};
/** An object of the cluster while it is being made. `kind` and `apiVersion` are its first two keys, so that list items can leave them out by cutting the text. */
export type KObject = { kind: string; apiVersion: string; metadata: Meta; [field: string]: unknown };

const optional = (v: unknown, type: 'string' | 'number'): boolean => v === undefined || typeof v === type;
const isTexts = (v: unknown): v is { [key: string]: string } => v === undefined || (isRecord(v) && Object.values(v).every((text) => typeof text === 'string'));
const isTextList = (v: unknown): v is string[] => v === undefined || (Array.isArray(v) && v.every((text) => typeof text === 'string'));
const isOwner = (v: unknown): v is OwnerReference => isRecord(v) && ['apiVersion', 'kind', 'name', 'uid'].every((field) => typeof v[field] === 'string');
const isOwnerList = (v: unknown): v is OwnerReference[] => v === undefined || (Array.isArray(v) && v.every(isOwner));

function isMeta(v: unknown): v is Meta {
  if (!isRecord(v) || typeof v['name'] !== 'string') return false;
  const texts = ['namespace', 'generateName', 'uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp'];
  return texts.every((field) => optional(v[field], 'string')) && optional(v['generation'], 'number') && optional(v['deletionGracePeriodSeconds'], 'number')
    && isTexts(v['labels']) && isTexts(v['annotations']) && isTextList(v['finalizers']) && isOwnerList(v['ownerReferences']);
}

const isKObject = (v: unknown): v is KObject => isRecord(v) && typeof v['kind'] === 'string' && typeof v['apiVersion'] === 'string' && isMeta(v['metadata']);

/** The order in which Go writes metadata; messages that print objects show it. */
const META_ORDER = ['name', 'generateName', 'namespace', 'selfLink', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields'];
/** Metadata as it is stored: fields in Go's order, maps sorted by key, as Go writes them. */
export function tidyMeta(metadata: Meta): Meta {
  const made = ordered(metadata);
  for (const field of ['labels', 'annotations']) {
    const map = made[field];
    if (isRecord(map)) made[field] = Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return isMeta(made) ? made : metadata;
}
function ordered(metadata: Record<string, unknown>): Obj {
  const made: Obj = { name: metadata['name'] ?? '' };
  for (const field of META_ORDER) if (metadata[field] !== undefined) made[field] = metadata[field];
  for (const [field, v] of Object.entries(metadata)) if (!Object.hasOwn(made, field)) setOwn(made, field, v);
  return made;
}

/** The value as an object of the cluster; undefined when kind, apiVersion or metadata are not what every object has. An absent name becomes "". */
export function asKObject(v: unknown): KObject | undefined {
  if (!isRecord(v)) return undefined;
  const { kind, apiVersion, metadata, ...rest } = v;
  const made = { kind, apiVersion, metadata: ordered(isRecord(metadata) ? metadata : {}), ...rest };
  return isKObject(made) ? made : undefined;
}

/** The field at the end of a path of names, undefined where it breaks off. */
export function at(v: unknown, ...path: readonly string[]): unknown {
  let here = v;
  for (const name of path) {
    if (!isRecord(here)) return undefined;
    here = here[name];
  }
  return here;
}
/** The list of objects at a path; empty when there is none. */
export const recordsAt = (v: unknown, ...path: readonly string[]): Record<string, unknown>[] => {
  const list = at(v, ...path);
  return Array.isArray(list) ? list.filter(isRecord) : [];
};
export const textAt = (v: unknown, ...path: readonly string[]): string => {
  const text = at(v, ...path);
  return typeof text === 'string' ? text : '';
};
export const numberAt = (v: unknown, ...path: readonly string[]): number | undefined => {
  const n = at(v, ...path);
  return typeof n === 'number' ? n : undefined;
};
export const recordAt = (v: unknown, ...path: readonly string[]): Record<string, unknown> | undefined => {
  const record = at(v, ...path);
  return isRecord(record) ? record : undefined;
};
/** The texts of a map such as labels. */
export const textsAt = (v: unknown, ...path: readonly string[]): { readonly [key: string]: string } | undefined => {
  const found = at(v, ...path);
  return isTexts(found) ? found : undefined;
};

/** Sets a key as an own property, also one named __proto__. */
export function setOwn(target: Obj, key: string, v: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value: v, enumerable: true, configurable: true, writable: true });
  else target[key] = v;
}

/** Whether two JSON values are the same, whatever the order of keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
}

/** A deep copy of a JSON value. */
export function copyJson<T>(v: T): T;
export function copyJson(v: unknown): unknown {
  if (Array.isArray(v)) return v.map((item: unknown) => copyJson(item));
  if (!isRecord(v)) return v;
  const made: Obj = {};
  for (const key of Object.keys(v)) setOwn(made, key, copyJson(v[key]));
  return made;
}

/** The object in another served version: conversion strategy None, only apiVersion differs. */
export const inVersion = (object: KObject, apiVersion: string): KObject => (object.apiVersion === apiVersion ? object : { ...object, apiVersion });
