import { isRecord } from '#shared/base';
import { setOwn } from '../object/object.ts';
import type { Obj } from '../object/object.ts';

/** RFC 7396: null deletes, objects merge, the rest replaces. Neither argument is changed. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const made: Obj = {};
  if (isRecord(target)) for (const [key, v] of Object.entries(target)) setOwn(made, key, v);
  for (const [key, v] of Object.entries(patch)) {
    if (v === null) delete made[key];
    else setOwn(made, key, applyMergePatch(Object.hasOwn(made, key) ? made[key] : undefined, v));
  }
  return made;
}
