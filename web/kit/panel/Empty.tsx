import type { ReactNode } from 'react';
import { Button } from '../controls/Button.tsx';
import { IconCopy } from '../icons.ts';
import css from './panel.module.css';

export type EmptyProps = { /** What would be here. */ readonly title: string; /** Why there is none. */ readonly why?: ReactNode; /** The command that makes it; copies on click. */ readonly command?: string | undefined; readonly action?: ReactNode };

/** An empty place explains itself and offers the way out. */
export function Empty({ title, why, command, action }: EmptyProps): ReactNode {
  return (
    <div className={css['state']}>
      <p className={css['stateTitle']}>{title}</p>
      {why === undefined || why === '' ? null : <p>{why}</p>}
      {command === undefined ? null : <Command text={command} />}
      {action === undefined ? null : <div className={css['actions']}>{action}</div>}
    </div>
  );
}

/** A shell command with a button that copies it. */
export function Command({ text }: { readonly text: string }): ReactNode {
  return (
    <div className={css['command']}>
      <code>{text}</code>
      <Button look="quiet" aria-label="Copy command" data-icon onClick={() => void navigator.clipboard.writeText(text)}><IconCopy aria-hidden /></Button>
    </div>
  );
}
