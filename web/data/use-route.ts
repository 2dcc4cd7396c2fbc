import { useQuery } from '@tanstack/react-query';
import type { UseQueryResult } from '@tanstack/react-query';
import type { Reading } from '#shared/base';
import { call } from './api/call.ts';
import type { Args, Callable } from './api/call.ts';
import { ApiFault, sourceErrorOf } from './api/fault.ts';
import { useScope, useVisible } from './scope/use-scope.ts';

export type Polling = {
  /** Milliseconds between refreshes while the page is live; undefined asks once. Paused, past moments and hidden tabs never refresh. */
  readonly everyMs?: number | undefined;
  readonly enabled?: boolean;
};
export const POLL_MS = 5_000;

export const keyOf = (route: { readonly path: string }, args: Args): readonly unknown[] => [route.path, args.params ?? {}, args.query ?? {}, args.body ?? null];

/** How much of its subject a query asks for, and filters that are typed. Whatever else it names (path, service, source, target…) is the subject. */
const VIEW: ReadonlySet<string> = new Set(['window', 'to', 'namespaces', 'limit', 'tail', 'contains', 'operation', 'tags', 'minDuration', 'maxDuration']);
/** What a query's answer speaks of, as text: an answer is never shown as that of another subject. */
export function subjectOf(key: readonly unknown[]): string {
  return JSON.stringify(key, (name, value: unknown) => (VIEW.has(name) ? undefined : value));
}

type Routed<T> = { readonly query: UseQueryResult<T>; readonly subject: string };
/** A route of the API as a query. While the window or a filter changes the last answer stays, so that a refresh never blanks; another subject begins empty. */
export function useRoute<T>(route: Callable<T>, args: Args = {}, polling: Polling = {}): Routed<T> {
  const scope = useScope();
  const visible = useVisible();
  const live = visible && !scope.paused && scope.to === undefined && polling.everyMs !== undefined;
  const queryKey = keyOf(route, args);
  const subject = subjectOf(queryKey);
  const query = useQuery({
    queryKey, queryFn: ({ signal }) => call(route, args, signal), enabled: polling.enabled ?? true,
    refetchInterval: live ? (polling.everyMs ?? false) : false, placeholderData: (last, of) => (of !== undefined && subjectOf(of.queryKey) === subject ? last : undefined),
  });
  return { query, subject };
}

/** What a panel needs of a query. */
export type Asked<T> = { readonly reading: Reading<T> | undefined; readonly onRetry: () => void; readonly retries: number; /** What the reading speaks of: a panel never shows one subject's value as that of another. */ readonly subject: string; /** The reading is still that of the window or filter before. */ readonly loading: boolean };

function readingOf<T>(query: UseQueryResult<T>): Reading<T> | undefined {
  const { error, data } = query;
  if (error !== null) {
    const failed = sourceErrorOf(error, query.errorUpdatedAt);
    if (error instanceof ApiFault && error.status === 403) return { state: 'not-allowed', permission: typeof error.details === 'string' ? error.details : error.message };
    return data === undefined ? { state: 'error', error: failed } : { state: 'stale', value: data, since: query.dataUpdatedAt, error: failed };
  }
  return data === undefined ? undefined : { state: 'value', value: data, at: query.dataUpdatedAt };
}

/** A query whose reply is plain data. */
export function asked<T>({ query, subject }: Routed<T>): Asked<T> {
  return { reading: readingOf(query), onRetry: () => void query.refetch(), retries: query.failureCount, subject, loading: query.isPlaceholderData };
}

/** A query whose reply is (or holds) a `Reading`: what the server says of its source, unless the server itself is silent. */
export function askedReading<T, R>(routed: Routed<T>, pick: (reply: T) => Reading<R>): Asked<R> {
  const { reading: outer, ...rest } = asked(routed);
  if (outer === undefined) return { reading: undefined, ...rest };
  if (outer.state !== 'value' && outer.state !== 'stale') return { reading: outer, ...rest };
  const inner = pick(outer.value);
  if (outer.state === 'stale' && inner.state === 'value') return { reading: { state: 'stale', value: inner.value, since: outer.since, error: outer.error }, ...rest };
  return { reading: inner, ...rest };
}
