import type { Headers } from '#shared/mesh';
import type { HeaderOps, HeaderValueOption } from '#shared/xds';
import { entriesByKey } from '../values.ts';

/** Header changes, and a new authority when the request's `host` or `:authority` is set. */
export type HeaderChanges = { readonly ops: HeaderOps; readonly authority: string | undefined };

const isAuthority = (name: string): boolean => /^(:authority|host)$/i.test(name);
/** Pseudo headers and host cannot be changed as headers. */
const isInternal = (name: string): boolean => name.startsWith(':') || isAuthority(name);

const added = (map: { readonly [name: string]: string } | undefined, overwrite: boolean): readonly HeaderValueOption[] =>
  entriesByKey(map).filter(([name]) => !isInternal(name)).map(([key, value]) => ({ header: { key, value }, ...(overwrite ? { append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' } : {}) }));
const authorityIn = (map: { readonly [name: string]: string } | undefined): string | undefined => entriesByKey(map).findLast(([name]) => isAuthority(name))?.[1];
const list = <T>(key: string, items: readonly T[]): { readonly [key: string]: readonly T[] } => (items.length === 0 ? {} : { [key]: items });

/** `set` overwrites, `add` appends; set comes first. */
export function headerChanges(headers: Headers | undefined): HeaderChanges {
  if (headers === undefined) return { ops: {}, authority: undefined };
  const { request, response } = headers;
  return {
    ops: {
      ...list('request_headers_to_add', [...added(request?.set, true), ...added(request?.add, false)]), ...list('request_headers_to_remove', (request?.remove ?? []).filter((name) => !isInternal(name))),
      ...list('response_headers_to_add', [...added(response?.set, true), ...added(response?.add, false)]), ...list('response_headers_to_remove', (response?.remove ?? []).filter((name) => !isInternal(name))),
    },
    authority: authorityIn(request?.set) ?? authorityIn(request?.add),
  };
}
/** One level after the other. */
export const joinOps = (a: HeaderOps, b: HeaderOps): HeaderOps => ({
  ...list('request_headers_to_add', [...(a.request_headers_to_add ?? []), ...(b.request_headers_to_add ?? [])]), ...list('request_headers_to_remove', [...(a.request_headers_to_remove ?? []), ...(b.request_headers_to_remove ?? [])]),
  ...list('response_headers_to_add', [...(a.response_headers_to_add ?? []), ...(b.response_headers_to_add ?? [])]), ...list('response_headers_to_remove', [...(a.response_headers_to_remove ?? []), ...(b.response_headers_to_remove ?? [])]),
});
