import { parseDuration, protoDuration } from '#shared/base';

/** A duration of an Istio kind ("700ms") as protobuf writes it ("0.700s"); undefined when it is none. */
export function duration(text: string | undefined): string | undefined {
  const ms = text === undefined ? undefined : parseDuration(text);
  if (ms === undefined) return undefined;
  return protoDuration(ms).replace(/\.(\d+)s$/, (_whole, digits: string) => `.${digits.padEnd(digits.length <= 3 ? 3 : digits.length <= 6 ? 6 : 9, '0')}s`);
}
export const isSet = <T>(v: T | null | undefined): v is T => v !== undefined && v !== null;

/** An object without its undefined fields. */
export function lean<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T;
export function lean(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));
}
const compareKeys = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);
/** Entries of a map in the order of their keys. */
export const entriesByKey = <V>(map: { readonly [key: string]: V } | undefined): readonly (readonly [string, V])[] => Object.entries(map ?? {}).sort(compareKeys);
