import { useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import type { HealthState } from '#shared/health';
import { Button, IconButton } from '../controls/Button.tsx';
import { IconClose } from '../icons.ts';
import { Mark } from '../marks/Status.tsx';
import css from './overlay.module.css';

export type Toast = { readonly state?: HealthState; readonly text: string; readonly detail?: string | undefined; /** Undo instead of "are you sure". */ readonly undo?: (() => void) | undefined; readonly action?: { readonly label: string; readonly run: () => void } };
type Shown = Toast & { readonly id: number };

const SHOWN_MS = 8_000;
const TOASTS_MAX = 4;
let shown: readonly Shown[] = [];
let next = 1;
const listeners = new Set<() => void>();
const put = (list: readonly Shown[]): void => {
  shown = list;
  listeners.forEach((listener) => listener());
};
const close = (id: number): void => put(shown.filter((toast) => toast.id !== id));

/** Shows a short message at the lower right for 8 s; failures stay until closed. */
export function toast(message: Toast): void {
  const id = next++;
  put([...shown, { ...message, id }].slice(-TOASTS_MAX));
  if (message.state !== 'failing') setTimeout(() => close(id), SHOWN_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function ToastHost(): ReactNode {
  const list = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className={css['toasts']} role="region" aria-label="Messages" aria-live="polite">
      {list.map((item) => (
        <div key={item.id} className={css['toast']}>
          {item.state === undefined ? null : <Mark state={item.state} />}
          <div className={css['toastText']}>{item.text}{item.detail === undefined ? null : <p>{item.detail}</p>}</div>
          {item.undo === undefined ? null : <Button onClick={() => { item.undo?.(); close(item.id); }}>Undo</Button>}
          {item.action === undefined ? null : <Button onClick={() => { item.action?.run(); close(item.id); }}>{item.action.label}</Button>}
          <IconButton label="Close message" onClick={() => close(item.id)}><IconClose aria-hidden /></IconButton>
        </div>
      ))}
    </div>
  );
}
