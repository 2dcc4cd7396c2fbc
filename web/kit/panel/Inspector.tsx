import { useState } from 'react';
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react';
import { IconButton } from '../controls/Button.tsx';
import { IconClose } from '../icons.ts';
import { usePreference } from '../preference.ts';
import css from './inspector.module.css';

const WIDTH_PX = 360;
const WIDTH_MIN_PX = 300;
const WIDTH_MAX_PX = 720;
const STEP_PX = 20;
const clamp = (px: number): number => Math.min(WIDTH_MAX_PX, Math.max(WIDTH_MIN_PX, Math.round(px)));

export type InspectorProps = { readonly title: ReactNode; readonly badge?: ReactNode; readonly subtitle?: ReactNode; readonly label: string; /** Left out where the panel is a fixed part of its page. */ readonly onClose?: (() => void) | undefined; readonly children: ReactNode; readonly actions?: ReactNode };

/** The side panel at the right, 360 px, resizable by its edge (mouse or arrow keys); the width is remembered. */
export function Inspector({ title, badge, subtitle, label, onClose, children, actions }: InspectorProps): ReactNode {
  const [width, setWidth] = usePreference('inspector-width', WIDTH_PX);
  const [drag, setDrag] = useState<{ readonly x: number; readonly width: number } | undefined>(undefined);
  const onMove = (event: PointerEvent): void => {
    if (drag !== undefined) setWidth(clamp(drag.width + drag.x - event.clientX));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? STEP_PX : event.key === 'ArrowRight' ? -STEP_PX : 0;
    if (step === 0) return;
    event.preventDefault();
    setWidth(clamp(width + step));
  };
  return (
    <aside className={css['inspector']} aria-label={label} style={{ width: clamp(width) }}>
      <div className={css['edge']} role="separator" aria-orientation="vertical" aria-label="Width of the inspector" aria-valuenow={clamp(width)} aria-valuemin={WIDTH_MIN_PX} aria-valuemax={WIDTH_MAX_PX} tabIndex={0} onKeyDown={onKeyDown}
        onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); setDrag({ x: event.clientX, width }); }} onPointerMove={onMove} onPointerUp={() => setDrag(undefined)} onDoubleClick={() => setWidth(WIDTH_PX)} />
      <header className={css['head']}>
        <div className={css['titles']}>
          <div className={css['titleRow']}><h2>{title}</h2>{badge}</div>
          {subtitle === undefined ? null : <p className="muted">{subtitle}</p>}
        </div>
        {actions}
        {onClose === undefined ? null : <IconButton label="Close inspector" onClick={onClose}><IconClose aria-hidden /></IconButton>}
      </header>
      <div className={css['body']}>{children}</div>
    </aside>
  );
}

/** One part of the inspector, set off by a line. */
export function InspectorPart({ title, aside, children }: { readonly title?: ReactNode; readonly aside?: ReactNode; readonly children: ReactNode }): ReactNode {
  return (
    <section className={css['part']}>
      {title === undefined ? null : <header className={css['partHead']}><h3>{title}</h3>{aside === undefined ? null : <span className="muted">{aside}</span>}</header>}
      {children}
    </section>
  );
}
