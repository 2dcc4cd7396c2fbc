import { isRecord } from '#shared/base';

/** A JSON value as Go's %v prints it: map[a:1 b:[x y]], keys sorted. */
export function goMap(v: unknown): string {
  if (Array.isArray(v)) return `[${v.map(goMap).join(' ')}]`;
  if (isRecord(v)) return `map[${Object.keys(v).sort().map((key) => `${key}:${goMap(v[key])}`).join(' ')}]`;
  return v === null || v === undefined ? '<nil>' : String(v);
}
