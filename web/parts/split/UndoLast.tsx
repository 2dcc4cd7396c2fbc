import { useEffect } from 'react';
import type { ReactNode } from 'react';
import { peek } from '#shared/base';
import { useChanges, useUndo } from '#web/data';
import type { Change, Rollout, ShiftState } from '#web/data';
import { Button, toast, useCommand, useHint } from '#web/kit';
import { isOfUndo, noteUndo } from './undone.ts';

/** How far back the change log is looked through. */
const CHANGES_MAX = 50;
type Props = { readonly state: ShiftState; readonly rollout: Rollout | undefined; /** The rollout is that of an undo. */ readonly undoing: boolean; readonly onStarted: (rollout: Rollout) => void };

const isOf = (change: Change, state: ShiftState): boolean => change.namespace === state.namespace && ((change.kind === 'VirtualService' && change.name === state.virtualService?.name) || (change.kind === 'DestinationRule' && change.name === state.destinationRule?.name));

/** Takes back the change just made here, else the last one of this service's rules. After an undo it goes further back: the undo itself is never taken back by the same key. */
export function UndoLast({ state, rollout, undoing, onStarted }: Props): ReactNode {
  const changes = useChanges(CHANGES_MAX).reading;
  const undo = useUndo();
  const hint = useHint('undo');
  const service = `${state.namespace}/${state.service}`;
  useEffect(() => { if (undoing && rollout !== undefined) noteUndo(service, rollout); }, [service, undoing, rollout]);
  const mine = (changes === undefined ? undefined : peek(changes))?.find((change) => change.undoable && isOf(change, state) && !isOfUndo(service, change.at));
  const own = undoing ? undefined : rollout?.undoId;
  const id = own ?? mine?.id;
  const moving = rollout?.state === 'applying' || (undoing && rollout?.state === 'waiting');
  const busy = undo.isPending || moving;
  const run = id === undefined || busy ? undefined : (): void => undo.mutate(id, {
    onSuccess: (started) => { noteUndo(service, started); onStarted(started); },
    onError: (error) => toast({ state: 'failing', text: 'Not taken back', detail: error.message }),
  });
  useCommand('undo', run);
  return <Button onClick={run} busy={busy} hint={id === undefined ? undefined : hint} reason={id === undefined && !busy ? 'There is no change of this split to take back' : undefined} title={own === undefined && mine !== undefined ? `Takes back: ${mine.summary}` : undefined}>Undo last</Button>;
}
