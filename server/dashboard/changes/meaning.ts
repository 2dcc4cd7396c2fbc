import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';

/** Fields of metadata that the server writes by itself. */
const SERVER_FIELDS = new Set(['resourceVersion', 'uid', 'generation', 'creationTimestamp', 'managedFields', 'selfLink', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'ownerReferences']);
/** Annotations that tools keep for themselves. */
const TOOL_ANNOTATIONS = ['kubectl.kubernetes.io/last-applied-configuration', 'deployment.kubernetes.io/revision'];

const sorted = (v: unknown): unknown => {
  if (Array.isArray(v)) return v.map(sorted);
  if (!isRecord(v)) return v;
  return Object.fromEntries(Object.entries(v).filter(([, item]) => item !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
};

/** What a person meant: the object without status and without what the server or a tool adds. Keys are sorted, so equal meaning is equal text. */
export function meaningOf(object: KubeObject): KubeObject {
  const { status: _status, metadata, ...rest } = { status: undefined, ...object };
  const annotations = Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !TOOL_ANNOTATIONS.includes(key)));
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVER_FIELDS.has(key) && key !== 'annotations'));
  const clean = sorted({ ...rest, metadata: { ...kept, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) } });
  return { ...(isRecord(clean) ? clean : {}), apiVersion: object.apiVersion, kind: object.kind, metadata: { ...(isRecord(clean) && isRecord(clean['metadata']) ? clean['metadata'] : {}), name: metadata.name } };
}
export const meaningText = (object: KubeObject): string => JSON.stringify(sorted(meaningOf(object)));

/**
 * The object to write when a meaning is brought back over what is there now. What belongs to the server, to controllers and to tools stays as it is now:
 * a PUT without it would take it away. (A tool that applies compares with its own annotation; finalizers hold a deletion for somebody's clean-up.)
 */
export function backTo(before: KubeObject, current: KubeObject): KubeObject {
  const { finalizers: _finalizers, annotations, ...meant } = { finalizers: undefined, annotations: undefined, ...meaningOf(before).metadata };
  const { name } = before.metadata;
  const kept = Object.entries(current.metadata).filter(([key]) => (SERVER_FIELDS.has(key) && key !== 'managedFields') || key === 'finalizers');
  const tools = Object.entries(current.metadata.annotations ?? {}).filter(([key]) => TOOL_ANNOTATIONS.includes(key));
  const all = { ...annotations, ...Object.fromEntries(tools) };
  const status: unknown = current['status'];
  return { ...meaningOf(before), ...(status === undefined ? {} : { status }), metadata: { ...meant, ...Object.fromEntries(kept), ...(Object.keys(all).length === 0 ? {} : { annotations: all }), name } };
}

/** An object to create again after it was deleted: whole, but for what the server gives each object anew and its status. */
export function restorable(object: KubeObject): KubeObject {
  const { status: _status, metadata, ...rest } = { status: undefined, ...object };
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVER_FIELDS.has(key) || key === 'ownerReferences'));
  return { ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata: { ...kept, name: metadata.name } };
}

/** Paths whose values differ, in the order of the object; at most `max`. */
export function changedPaths(before: unknown, after: unknown, max = 20): readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[] {
  const out: { path: string; before: unknown; after: unknown }[] = [];
  const walk = (path: string, a: unknown, b: unknown): void => {
    if (out.length >= max || JSON.stringify(a) === JSON.stringify(b)) return;
    if (isRecord(a) && isRecord(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) walk(path === '' ? key : `${path}.${key}`, a[key], b[key]);
    } else if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      for (const [i, item] of a.entries()) walk(`${path}[${i}]`, item, b[i]);
    } else out.push({ path, before: a, after: b });
  };
  walk('', before, after);
  return out;
}

/** Who changed an object, as far as it tells: the newest field manager of its own content, else the tool that left its mark. */
export function whoOf(object: KubeObject): string {
  const fields: unknown = Reflect.get(object.metadata, 'managedFields');
  const entries: readonly unknown[] = Array.isArray(fields) ? fields : [];
  let newest: { readonly manager: string; readonly time: string } | undefined;
  for (const entry of entries) {
    if (!isRecord(entry) || typeof entry['manager'] !== 'string' || (typeof entry['subresource'] === 'string' && entry['subresource'] !== '')) continue;
    const time = typeof entry['time'] === 'string' ? entry['time'] : '';
    if (newest === undefined || time >= newest.time) newest = { manager: entry['manager'], time };
  }
  if (newest !== undefined) return newest.manager.replace(/^kubectl-.*/, 'kubectl').replace(/\/.*$/, '');
  return object.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] === undefined ? 'unknown' : 'kubectl';
}
