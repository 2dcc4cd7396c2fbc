import type { ReactNode } from 'react';
import type { Change } from '#web/data';
import { links, useUndo } from '#web/data';
import { TextLink, clock, toast, useNow } from '#web/kit';
import css from './overview.module.css';

/** A change younger than this is marked for a second. */
const JUST_MS = 12_000;

/** The last changes with undo. */
export function Changes({ changes }: { readonly changes: readonly Change[] }): ReactNode {
  const now = useNow(10_000);
  const undo = useUndo();
  const takeBack = (change: Change): void => undo.mutate(change.id, {
    onSuccess: () => toast({ state: 'healthy', text: `Taken back: ${change.summary}` }),
    onError: (error) => toast({ state: 'failing', text: `Not taken back: ${change.summary}`, detail: error.message }),
  });
  return (
    <ol className={css['changes']}>
      {changes.map((change) => (
        <li key={change.id} className={now - change.at < JUST_MS ? 'just-changed' : undefined}>
          <time className="muted" dateTime={new Date(change.at).toISOString()}>{clock(change.at, now)}</time>
          <div className={css['changeText']}><TextLink strong href={links.object(change)}>{change.summary}</TextLink>{change.who === 'unknown' ? null : <span className="muted">{change.who}</span>}</div>
          {change.undoable ? <button type="button" className={css['undo']} onClick={() => takeBack(change)} aria-busy={undo.isPending && undo.variables === change.id} aria-label={`Undo ${change.summary}`}>Undo</button> : null}
        </li>
      ))}
    </ol>
  );
}
