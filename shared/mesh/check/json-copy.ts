/** A copy of a JSON value that shares nothing with it. */
export function jsonCopy<T>(value: T): T {
  if (value === undefined) return value;
  const copy: T = JSON.parse(JSON.stringify(value));
  return copy;
}
