import { Tooltip as Base } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import css from './overlay.module.css';

/** Words for what has only a glyph; opens on hover and on focus. */
export function Tooltip({ label, children, side = 'bottom' }: { readonly label: ReactNode; readonly children: ReactElement; readonly side?: 'bottom' | 'right' | 'top' | 'left' }): ReactNode {
  return <Base label={label} position={side} offset={6} openDelay={250} withinPortal transitionProps={{ duration: 0 }} events={{ hover: true, focus: true, touch: false }} classNames={{ tooltip: css['tooltip'] ?? '' }}>{children}</Base>;
}
