import { isRecord } from '#shared/base';
import type { Obj } from '../object/object.ts';

/** Sets a field that is absent. */
export function fill(target: Obj, field: string, v: unknown): void {
  if (target[field] === undefined || target[field] === null) target[field] = v;
}
/** Sets a field that is absent or "". */
export function fillText(target: Obj, field: string, v: string): void {
  if (target[field] === undefined || target[field] === '') target[field] = v;
}
/** The object in a field, made when absent. */
export function child(target: Obj, field: string): Obj {
  const known = target[field];
  if (isRecord(known)) return known;
  const made: Obj = {};
  target[field] = made;
  return made;
}
/** The object in a field, if there is one. */
export const childIf = (target: unknown, field: string): Obj | undefined => {
  const known = isRecord(target) ? target[field] : undefined;
  return isRecord(known) ? known : undefined;
};
export const items = (target: unknown, field: string): Obj[] => {
  const known = isRecord(target) ? target[field] : undefined;
  return Array.isArray(known) ? known.filter(isRecord) : [];
};
