import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { links } from '#web/data';
import type { TraceRow } from '#web/data';
import { clock, duration } from '#web/kit';
import { scatter } from './scatter-points.ts';
import css from './traces.module.css';

const WIDTH = 1000;
const HEIGHT = 120;
const LINES = [0.25, 0.5, 1] as const;

/** Each trace as a point: when it began and how long it took. A failed one is a cross, so that colour is not all that tells. The table below is the same for keyboard and screen reader. */
export function Scatter({ rows, from, to }: { readonly rows: readonly TraceRow[]; readonly from: number; readonly to: number }): ReactNode {
  const [, navigate] = useLocation();
  const { points, longestMs } = scatter(rows, { from, to, width: WIDTH, height: HEIGHT });
  return (
    <figure className={css['scatter']} aria-label={`${rows.length} traces by time and duration; the table below lists them`}>
      <div className={css['scatterAxis']} aria-hidden>{LINES.toReversed().map((share) => <span key={share} style={{ bottom: `${share * 100}%` }}>{duration(longestMs * share)}</span>)}</div>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden className={css['scatterPlot']}>
        {LINES.map((share) => <line key={share} x1={0} x2={WIDTH} y1={HEIGHT - share * HEIGHT} y2={HEIGHT - share * HEIGHT} className={css['gridLine']} vectorEffect="non-scaling-stroke" />)}
      </svg>
      <div className={css['points']} aria-hidden>
        {points.map(({ row, x, y }) => (
          <button key={row.id} type="button" tabIndex={-1} className={css['point']} data-failed={row.errors > 0} style={{ left: `${(x / WIDTH) * 100}%`, top: `${(y / HEIGHT) * 100}%` }} title={`${clock(row.start)} · ${duration(row.durationMs)} · ${row.operation}`} onClick={() => navigate(links.trace(row.id))} />
        ))}
      </div>
      <figcaption className={css['scatterTimes']}><span>{clock(from)}</span><span>{clock(to)}</span></figcaption>
    </figure>
  );
}
