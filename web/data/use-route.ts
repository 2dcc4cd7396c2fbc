import { keepPreviousData, useQuery } from '@tanstack/react-query';
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

/** A route of the API as a query. While its arguments change the last answer stays, so that a refresh never blanks. */
export function useRoute<T>(route: Callable<T>, args: Args = {}, polling: Polling = {}): UseQueryResult<T> {
  const scope = useScope();
  const visible = useVisible();
  const live = visible && !scope.paused && scope.to === undefined && polling.everyMs !== undefined;
  return useQuery({
    queryKey: keyOf(route, args), queryFn: ({ signal }) => call(route, args, signal), enabled: polling.enabled ?? true,
    refetchInterval: live ? (polling.everyMs ?? false) : false, placeholderData: keepPreviousData,
  });
}

/** What a panel needs of a query. */
export type Asked<T> = { readonly reading: Reading<T> | undefined; readonly onRetry: () => void; readonly retries: number };

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
export function asked<T>(query: UseQueryResult<T>): Asked<T> {
  return { reading: readingOf(query), onRetry: () => void query.refetch(), retries: query.failureCount };
}

/** A query whose reply is (or holds) a `Reading`: what the server says of its source, unless the server itself is silent. */
export function askedReading<T, R>(query: UseQueryResult<T>, pick: (reply: T) => Reading<R>): Asked<R> {
  const outer = readingOf(query);
  const { onRetry, retries } = asked(query);
  if (outer === undefined) return { reading: undefined, onRetry, retries };
  if (outer.state !== 'value' && outer.state !== 'stale') return { reading: outer, onRetry, retries };
  const inner = pick(outer.value);
  if (outer.state === 'stale' && inner.state === 'value') return { reading: { state: 'stale', value: inner.value, since: outer.since, error: outer.error }, onRetry, retries };
  return { reading: inner, onRetry, retries };
}
