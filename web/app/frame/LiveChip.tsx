import type { ReactNode } from 'react';
import { POLL_MS, useLiveState, useScope, useSetScope } from '#web/data';
import type { LiveState, Scope } from '#web/data';
import { clock, useNow } from '#web/kit';
import css from './frame.module.css';

/** Data older than this while live is stale. */
const STALE_AFTER_MS = 10_000;
type Words = { readonly kind: 'live' | 'paused' | 'stale' | 'past'; readonly text: string; readonly action: string };

export function liveWords(live: LiveState, scope: Scope, now: number): Words {
  if (scope.to !== undefined) return { kind: 'past', text: `At ${clock(scope.to, now)}`, action: 'Back to now' };
  if (scope.paused) return { kind: 'paused', text: 'Paused', action: 'Go live' };
  // frames go on while Prometheus is away, with what was known before: their age is that of what they show
  const measured = live.freshAt === undefined ? undefined : live.freshAt - (live.behindMs ?? 0);
  const age = measured === undefined ? 0 : now - measured;
  const staleAfter = live.how === 'stream' ? STALE_AFTER_MS : POLL_MS * 2 + STALE_AFTER_MS;
  if (live.failingSince !== undefined || age > staleAfter) return { kind: 'stale', text: `Stale since ${clock(measured ?? live.failingSince ?? now, now)}`, action: 'Pause' };
  if (live.freshAt === undefined) return { kind: 'live', text: 'Live', action: 'Pause' };
  if (live.how === 'poll') return { kind: 'live', text: `Polled every ${POLL_MS / 1000} s`, action: 'Pause' };
  return { kind: 'live', text: `Live · ${((live.behindMs ?? 0) / 1000).toFixed(1)} s behind`, action: 'Pause' };
}

/** How fresh the page is; a press pauses it, goes live again, or comes back from a past moment. */
export function LiveChip(): ReactNode {
  const scope = useScope();
  const setScope = useSetScope();
  const words = liveWords(useLiveState(), scope, useNow(1000));
  const press = (): void => (scope.to !== undefined ? setScope({ to: undefined, paused: false }) : setScope({ paused: !scope.paused }));
  return (
    <button type="button" className={css['live']} data-kind={words.kind} onClick={press} title={`${words.action} (.)`}>
      <span className={css['liveDot']} aria-hidden>{words.kind === 'paused' ? '❙❙' : words.kind === 'stale' ? '▲' : words.kind === 'past' ? '◷' : '●'}</span>
      {words.text}
    </button>
  );
}
