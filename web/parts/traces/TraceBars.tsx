import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { links } from '#web/data';
import type { TraceRow } from '#web/data';
import { clock, duration, useNow } from '#web/kit';
import css from '../parts.module.css';

/** Traces as bars of their duration: errors first, then the slowest; each opens its waterfall. */
export function TraceBars({ traces, most = 8 }: { readonly traces: readonly TraceRow[]; readonly most?: number }): ReactNode {
  const now = useNow(10_000);
  const shown = traces.toSorted((a, b) => Number(b.errors > 0) - Number(a.errors > 0) || b.durationMs - a.durationMs).slice(0, most);
  const longest = Math.max(1, ...shown.map((trace) => trace.durationMs));
  return (
    <ul className={css['traceList']}>
      {shown.map((trace) => (
        <li key={trace.id}>
          <Link href={links.trace(trace.id)} title={`${trace.root} ${trace.operation}`}>
            <span className="muted">{clock(trace.start, now)}<span className="visually-hidden"> {trace.operation}</span></span>
            <span><span className={css['traceBar']} style={{ width: `${Math.max(2, (trace.durationMs / longest) * 100)}%` }} /></span>
            <span className="number">{duration(trace.durationMs)}</span>
            <span className={`${css['traceCode'] ?? ''} ${(trace.errors > 0 ? css['failing'] : css['ok']) ?? ''}`}>{trace.code ?? (trace.errors > 0 ? 'error' : 'ok')}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
