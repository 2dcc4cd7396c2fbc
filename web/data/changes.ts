import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { UseMutationResult } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ROUTES } from '#shared/api';
import type { Body } from '#shared/api';
import { call } from './api/call.ts';
import type { Args, Callable } from './api/call.ts';
import { keyOf } from './use-route.ts';
import type { Rollout, SaveResult, ShiftPlan } from './types.ts';

/** A call that changes something; afterwards everything that is shown is asked again. */
export function useChange<T, V>(route: Callable<T>, argsOf: (input: V) => Args): UseMutationResult<T, Error, V> {
  const client = useQueryClient();
  return useMutation({ mutationFn: (input: V) => call(route, argsOf(input)), onSettled: () => { void client.invalidateQueries(); } });
}

export type ShiftRequest = Body<'shiftApply'>;
export const useShiftApply = (): UseMutationResult<Rollout, Error, ShiftRequest> => useChange(ROUTES.shiftApply, (body) => ({ body }));
export const useUndo = (): UseMutationResult<Rollout, Error, string> => useChange(ROUTES.undo, (id) => ({ params: { id } }));
export const useLoadMaker = (): UseMutationResult<{ ratePerSecond: number }, Error, number> => useChange(ROUTES.loadMaker, (ratePerSecond) => ({ body: { ratePerSecond } }));

/** What applying a split would do; asked while the sliders rest on weights that are not applied. */
export function useShiftPlan(request: ShiftRequest | undefined): { readonly plan: ShiftPlan | undefined; readonly error: Error | null } {
  const body = request ?? { namespace: '', service: '', weights: {} };
  const query = useQuery({ queryKey: keyOf(ROUTES.shiftPlan, { body }), queryFn: ({ signal }) => call(ROUTES.shiftPlan, { body }, signal), enabled: request !== undefined, staleTime: 1_000 });
  return { plan: request === undefined ? undefined : query.data, error: query.error };
}

const ROLLOUT_POLL_MS = 150;
/** A change on its way to the proxies; asked often until it is live or failed, then everything shown is asked again. */
export function useRollout(id: string | undefined): Rollout | undefined {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: keyOf(ROUTES.rollout, { params: { id: id ?? '' } }), queryFn: ({ signal }) => call(ROUTES.rollout, { params: { id: id ?? '' } }, signal), enabled: id !== undefined,
    refetchInterval: (q) => (q.state.data?.state === 'live' || q.state.data?.state === 'failed' ? false : ROLLOUT_POLL_MS),
  });
  const state = query.data?.state;
  useEffect(() => {
    if (state === 'live' || state === 'failed') void client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== ROUTES.rollout.path });
  }, [state, client]);
  return id === undefined ? undefined : query.data;
}

type ObjectPath = { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string };
export type SaveInput = { readonly path?: ObjectPath; readonly yaml: string; readonly resourceVersion?: string; readonly dryRun: boolean };
/** Saves, creates (no `path`) or dry-runs an object. Dry runs change nothing, so nothing is asked again after them. */
export function useConfigSave(): UseMutationResult<SaveResult, Error, SaveInput> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ path, ...body }: SaveInput) => (path === undefined ? call(ROUTES.configCreate, { body }) : call(ROUTES.configSave, { params: path, body })),
    // not waited for: what was done is told at once, however long it takes to show everything anew
    onSettled: (_, __, input) => { if (!input.dryRun) void client.invalidateQueries(); },
  });
}
export const useConfigDelete = (): UseMutationResult<{ undoId: string }, Error, ObjectPath> => useChange(ROUTES.configDelete, (params) => ({ params }));
