import { lazy, Suspense, useState } from 'react';
import type { ReactNode } from 'react';
import type { DialogProps } from './dialog-props.ts';

const Modal = lazy(() => import('./DialogModal.tsx'));

/** A modal dialog: traps focus, closes by Esc or a click beside it, gives focus back. */
export function Dialog(props: DialogProps): ReactNode {
  const [used, setUsed] = useState(props.open);
  if (props.open && !used) setUsed(true);
  return props.open || used ? <Suspense fallback={null}><Modal {...props} /></Suspense> : null;
}
