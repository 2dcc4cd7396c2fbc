/** The same value without fields that are null: Go writes absent times as null, and they mean nothing. Gives back the value itself when there are none. */
export function withoutNulls<T>(v: T): T;
export function withoutNulls(v: unknown): unknown {
  if (Array.isArray(v)) {
    const list = v.map((item: unknown) => withoutNulls(item));
    return list.some((item, i) => item !== v[i]) ? list : v;
  }
  if (typeof v !== 'object' || v === null) return v;
  let copy: [string, unknown][] | undefined;
  const entries: readonly [string, unknown][] = Object.entries(v);
  for (const [i, [key, item]] of entries.entries()) {
    const next = item === null ? undefined : withoutNulls(item);
    if (next === item && copy === undefined) continue;
    copy ??= entries.slice(0, i);
    if (next !== undefined) copy.push([key, next]);
  }
  return copy === undefined ? v : Object.fromEntries(copy);
}
