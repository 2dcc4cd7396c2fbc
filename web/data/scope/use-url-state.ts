import { useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';
import { usePathname } from 'wouter/use-browser-location';

/** A page's own part of the URL: `parse` and `format` come from its url.ts. Parameters that are not the page's stay. */
export type UrlCodec<T> = {
  /** The names of the parameters that belong to the page. */
  readonly names: readonly string[];
  readonly parse: (query: URLSearchParams) => T;
  /** Undefined leaves the parameter out. */
  readonly format: (state: T) => Readonly<Record<string, string | undefined>>;
};

export function withState<T>(search: string, codec: UrlCodec<T>, state: T): string {
  const query = new URLSearchParams(search);
  for (const name of codec.names) query.delete(name);
  for (const [name, value] of Object.entries(codec.format(state))) if (value !== undefined && value !== '') query.set(name, value);
  return query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%3E', '>');
}

/** State that is worth a link. `push` makes a step that Back takes back (opening something); the default replaces. */
export function useUrlState<T>(codec: UrlCodec<T>): readonly [T, (patch: Partial<T>, how?: 'push' | 'replace') => void] {
  const search = useSearch();
  const [location, navigate] = useLocation();
  const path = usePathname();
  const state = useMemo(() => codec.parse(new URLSearchParams(search)), [codec, search]);
  const set = (patch: Partial<T>, how: 'push' | 'replace' = 'replace'): void => {
    // a page that was left (a late timer, a late answer) must not come back
    if (window.location.pathname !== path) return;
    const now = window.location.search;
    const next = withState(now, codec, { ...codec.parse(new URLSearchParams(now)), ...patch });
    if (next === now.replace(/^\?/, '')) return;
    navigate(next === '' ? location : `${location}?${next}`, { replace: how === 'replace' });
  };
  return [state, set];
}
