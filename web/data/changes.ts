import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { UseMutationResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { ROUTES } from '#shared/api';
import type { Body } from '#shared/api';
import { call } from './api/call.ts';
import type { Args, Callable } from './api/call.ts';
import { keyOf } from './use-route.ts';
import type { Rollout, SaveResult, ShiftPlan } from './types.ts';

/** What is done with the outcome of a write, also when whoever asked for it is no longer shown. */
export type Told<T> = { readonly onSuccess?: (done: T) => void; readonly onError?: (error: Error) => void };
export type Write<T, V> = Pick<UseMutationResult<T, Error, V>, 'isPending' | 'error' | 'data' | 'variables' | 'reset'> & { readonly mutate: (input: V, told?: Told<T>) => void };

let untold = (error: Error): void => reportError(error);
/** Who is told of a failed write that nobody else tells of; the app shows a message. */
export function onUntoldFailure(listener: (error: Error) => void): void {
  untold = listener;
}

/** A call that changes something. The same asked again while it is under way (a double click, a held key) is one call. */
function useWrite<T, V>(mutationFn: (input: V) => Promise<T>, changes: (input: V) => boolean = () => true): Write<T, V> {
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn,
    // everything that is shown is asked again; not waited for: what was done is told at once, however long that takes
    onSettled: (_, __, input) => { if (changes(input)) void client.invalidateQueries(); },
  });
  const underWay = useRef(new Set<string>());
  const mutate = (input: V, told: Told<T> = {}): void => {
    const text = JSON.stringify(input);
    if (underWay.current.has(text)) return;
    underWay.current.add(text);
    // not the callbacks of `mutate`: those are left out once the component is gone
    void mutation.mutateAsync(input).finally(() => underWay.current.delete(text)).then(told.onSuccess, told.onError ?? untold);
  };
  return { mutate, isPending: mutation.isPending, error: mutation.error, data: mutation.data, variables: mutation.variables, reset: mutation.reset };
}
/** A route that changes something. */
export const useChange = <T, V>(route: Callable<T>, argsOf: (input: V) => Args): Write<T, V> => useWrite((input: V) => call(route, argsOf(input)));

export type ShiftRequest = Body<'shiftApply'>;
export const useShiftApply = (): Write<Rollout, ShiftRequest> => useChange(ROUTES.shiftApply, (body) => ({ body }));
export const useUndo = (): Write<Rollout, string> => useChange(ROUTES.undo, (id) => ({ params: { id } }));
export const useLoadMaker = (): Write<{ ratePerSecond: number }, number> => useChange(ROUTES.loadMaker, (ratePerSecond) => ({ body: { ratePerSecond } }));

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
export const useConfigSave = (): Write<SaveResult, SaveInput> =>
  useWrite(({ path, ...body }: SaveInput) => (path === undefined ? call(ROUTES.configCreate, { body }) : call(ROUTES.configSave, { params: path, body })), (input) => !input.dryRun);
export const useConfigDelete = (): Write<{ undoId: string }, ObjectPath> => useChange(ROUTES.configDelete, (params) => ({ params }));
