import type { ReactNode } from 'react';
import { Lock, Status } from '#web/kit';
import css from './graph.module.css';

/** What marks, lines and glyphs mean. */
export function Legend(): ReactNode {
  return (
    <div className={css['legend']} role="note" aria-label="Legend">
      <div><Status state="healthy" /><Status state="degraded" /><Status state="failing" /><Status state="idle" /></div>
      <div>
        <span><svg width={26} height={8} aria-hidden><path className={css['lineHealthy']} d="M0 4h26" /></svg></span><span><svg width={26} height={8} aria-hidden><path className={css['lineDegraded']} d="M0 4h26" /></svg></span><span><svg width={26} height={8} aria-hidden><path className={css['lineFailing']} d="M0 4h26" /></svg></span>
        <span>width = requests/s</span>
      </div>
      <div><span className={css['legendLock']}><Lock /></span><span>mutual TLS observed</span><span className={css['legendPill']}>60 %</span><span>share set</span></div>
    </div>
  );
}
