import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiFault } from './api/fault.ts';
import { liveState } from './live-state.ts';

/** Tries before a call counts as failed. Refusals (4xx) are answers, not failures. */
const RETRIES = 1;
const STALE_MS = 2_000;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onSuccess: () => liveState.polled(Date.now()),
      onError: (error) => { if (error instanceof ApiFault && (error.status === 0 || error.status >= 502)) liveState.failed(Date.now()); },
    }),
    defaultOptions: { queries: { staleTime: STALE_MS, retry: (count, error) => count < RETRIES && !(error instanceof ApiFault && error.status >= 400 && error.status < 500), retryDelay: 500, refetchOnWindowFocus: true, networkMode: 'always' }, mutations: { networkMode: 'always' } },
  });
}
