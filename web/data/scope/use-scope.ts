import { useLayoutEffect, useMemo, useSyncExternalStore } from 'react';
import { useLocation, useSearch } from 'wouter';
import { DEFAULT_SCOPE, formatScope, parseScope } from './scope.ts';
import type { Scope } from './scope.ts';

let held: Scope = DEFAULT_SCOPE;

/** The scope of the page now. */
export function useScope(): Scope {
  const search = useSearch();
  return useMemo(() => parseScope(search, held), [search]);
}

/** Changes the scope, in place in the history. */
export function useSetScope(): (patch: Partial<Scope>) => void {
  const [, navigate] = useLocation();
  return (patch) => {
    // the page of now: who asked may have been left meanwhile
    const location = window.location.pathname;
    held = { ...parseScope(window.location.search, held), ...patch };
    const text = formatScope(window.location.search, held);
    navigate(text === '' ? location : `${location}?${text}`, { replace: true });
  };
}

/** Once, in the frame: links name only what they add; this puts the scope they left out back into the URL. */
export function ScopeKeeper(): null {
  const search = useSearch();
  const [location, navigate] = useLocation();
  // before a key can lead elsewhere
  useLayoutEffect(() => {
    held = parseScope(search, held);
    const wanted = formatScope(search, held);
    if (wanted !== formatScope(search, parseScope(search))) navigate(`${location}?${wanted}`, { replace: true });
  }, [search, location, navigate]);
  return null;
}

/** The query every reading route takes. */
export function scopeQuery(scope: Scope): { readonly window: string; readonly to: number | undefined; readonly namespaces: string | undefined } {
  return { window: scope.window, to: scope.to, namespaces: scope.namespaces.length === 0 ? undefined : scope.namespaces.join(',') };
}

const subscribeVisible = (listener: () => void): (() => void) => {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
};
/** False while the tab is hidden: nothing polls then. */
export const useVisible = (): boolean => useSyncExternalStore(subscribeVisible, () => !document.hidden);
