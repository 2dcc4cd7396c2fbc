import type { ReactNode } from 'react';
import type { HealthState } from '#shared/health';
import { GLYPH_PATH, LOCK_PATH, MARK_PATH, STATE_WORD, isHollow } from './shapes.ts';
import css from './marks.module.css';

/** The mark of a state: colour and shape. Alone it carries its word for screen readers; give `quiet` where the word stands beside it. */
export function Mark({ state, quiet = false, size = 14 }: { readonly state: HealthState; readonly quiet?: boolean; readonly size?: number }): ReactNode {
  const named = quiet ? { 'aria-hidden': true } : { role: 'img', 'aria-label': STATE_WORD[state] };
  return (
    <svg className={css['mark']} data-state={state} width={size} height={size} viewBox="0 0 16 16" {...named}>
      <path className={isHollow(state) ? css['hollow'] : css['filled']} d={MARK_PATH[state]} />
      {GLYPH_PATH[state] === '' ? null : <path className={isHollow(state) ? css['glyphHollow'] : css['glyph']} d={GLYPH_PATH[state]} />}
    </svg>
  );
}

/** A state with its word: "▲ degraded". */
export function Status({ state, children }: { readonly state: HealthState; readonly children?: ReactNode }): ReactNode {
  return (
    <span className={css['status']}>
      <Mark state={state} quiet />
      <span>{children ?? STATE_WORD[state]}</span>
    </span>
  );
}

/** A badge on a tinted ground; the glyph is part of it, since pale hues merge for many eyes. `tone` idle is the neutral badge. */
export function Badge({ tone = 'idle', glyph = true, children, title }: { readonly tone?: HealthState; readonly glyph?: boolean; readonly children: ReactNode; readonly title?: string }): ReactNode {
  const shown = tone === 'unknown' ? 'idle' : tone;
  return (
    <span className={css['badge']} data-tone={shown} title={title}>
      {glyph && !isHollow(tone) ? <svg width={11} height={11} viewBox="0 0 16 16" aria-hidden><path className={css['badgeShape']} d={MARK_PATH[tone]} /><path className={css['badgeGlyph']} d={GLYPH_PATH[tone]} /></svg> : null}
      {children}
    </span>
  );
}

/** A padlock: closed only for what was observed inside mutual TLS. */
export function Lock({ open = false, label }: { readonly open?: boolean; readonly label?: string }): ReactNode {
  return (
    <svg className={css['lock']} data-open={open} width={14} height={14} viewBox="0 0 16 16" {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}>
      <path fillRule="evenodd" d={open ? LOCK_PATH.open : LOCK_PATH.closed} />
    </svg>
  );
}
