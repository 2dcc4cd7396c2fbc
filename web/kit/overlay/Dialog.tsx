import { lazy, Suspense, useState } from 'react';
import type { ReactNode } from 'react';

export type DialogProps = { readonly title: string; readonly open: boolean; readonly onClose: () => void; readonly children: ReactNode; readonly width?: number; /** Without header and padding, as the palette needs it; the title still names the dialog. */ readonly plain?: boolean };
const Modal = lazy(() => import('./DialogModal.tsx'));

/** A modal dialog: traps focus, closes by Esc or a click beside it, gives focus back. */
export function Dialog(props: DialogProps): ReactNode {
  const [used, setUsed] = useState(props.open);
  if (props.open && !used) setUsed(true);
  return props.open || used ? <Suspense fallback={null}><Modal {...props} /></Suspense> : null;
}
