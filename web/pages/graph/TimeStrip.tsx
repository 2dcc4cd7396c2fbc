import { useState } from 'react';
import type { MouseEvent, ReactNode } from 'react';
import { peek } from '#shared/base';
import { sparkPath } from '#web/charts';
import type { Change } from '#web/data';
import { useOverviewOver, useScope, useSetScope, windowMs } from '#web/data';
import { clock } from '#web/kit';
import css from './graph-page.module.css';

const WIDTH = 1000;
const MARKS_MAX = 12;
/** A shorter strip would show no before and after. */
const STRIP_MIN_MS = 1_800_000;
/** The overview's trends cover ten of its windows; the strip is as long as they are. */
const TREND_WINDOWS = 10;

/** The words of a change keep off the times at both ends. */
const START_TIME_PX = 72;
const END_TIME_PX = 108;
/** A share of the strip's length, %, as a place in it: the padding is not part of the time. */
const placeOf = (percent: number): string => `calc(20px + (100% - 40px) * ${percent / 100})`;
/** Who changed what; an API server that does not tell who is not quoted. */
const wordsOf = (change: Change): string => (change.who === 'unknown' ? change.summary : `${change.who}: ${change.summary}`);

/** The last half hour, or the window where that is longer, as a strip: requests above, errors below, changes as marks. A click looks at that moment. */
export function TimeStrip(): ReactNode {
  const scope = useScope();
  const length = Math.max(STRIP_MIN_MS, windowMs(scope.window) ?? 0);
  const { reading } = useOverviewOver(`${Math.round(length / TREND_WINDOWS / 1000)}s`);
  const setScope = useSetScope();
  const [at, setAt] = useState<number | undefined>(undefined);
  const overview = reading === undefined ? undefined : peek(reading);
  if (overview === undefined) return <div className={css['strip']} aria-hidden />;
  // the times of the answer: while another window loads they are those of the one before
  const { to } = overview.window;
  const { from, stepMs } = overview.trend;
  const requests = peek(overview.requests)?.trend ?? [];
  const errors = peek(overview.errors)?.trend ?? [];
  const drawn = (values: readonly number[]): number => (values.length < 2 ? WIDTH : WIDTH * Math.min(1, (stepMs * (values.length - 1)) / (to - from)));
  const changes = (peek(overview.changes) ?? []).filter((change) => change.at >= from && change.at <= to).slice(0, MARKS_MAX);
  const [newest] = changes;
  const x = (time: number): number => (to === from ? 0 : ((time - from) / (to - from)) * 100);
  const timeAt = (event: MouseEvent<HTMLElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.round(from + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * (to - from));
  };
  return (
    <div className={css['strip']}>
      <div className={css['stripTimes']}><span>{clock(from, to, false)}</span><span>{scope.to === undefined ? `${clock(to, to, false)} now` : clock(to, to)}</span></div>
      <button type="button" className={css['stripLine']} aria-label={`Time from ${clock(from)} to ${clock(to)}; press to look at a past moment`} onMouseMove={(event) => setAt(timeAt(event))} onMouseLeave={() => setAt(undefined)} onClick={(event) => setScope({ to: event.detail === 0 ? Math.round((from + to) / 2) : timeAt(event) })}>
        <svg viewBox={`0 0 ${WIDTH} 44`} preserveAspectRatio="none" aria-hidden>
          <path className={css['stripRequests']} d={sparkPath(requests, drawn(requests), 14, { min: 0, max: Math.max(1e-9, ...requests) })} transform="translate(0 4)" />
          {errors.every((share) => !(share > 0)) ? null : <path className={css['stripErrors']} d={sparkPath(errors, drawn(errors), 14, { min: 0, max: Math.max(0.02, ...errors) })} transform="translate(0 26)" />}
        </svg>
        {at === undefined ? null : <span className={css['stripAt']} style={{ left: `${x(at)}%` }}>{clock(at)}</span>}
      </button>
      {changes.map((change) => (
        <span key={change.id} className={css['stripMark']} style={{ left: placeOf(x(change.at)) }} title={`${clock(change.at)} ${wordsOf(change)}`} />
      ))}
      {newest === undefined ? null : <em className={css['stripWords']} style={x(newest.at) > 50 ? { right: `max(${END_TIME_PX}px, calc(100% - ${placeOf(x(newest.at))} + 8px))` } : { left: `max(${START_TIME_PX}px, calc(${placeOf(x(newest.at))} + 8px))` }}>{wordsOf(newest)}</em>}
    </div>
  );
}
