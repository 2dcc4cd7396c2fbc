import { useEffect, useId, useRef } from 'react';
import type { ReactNode, RefObject } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { bytes, clock, duration, percent, rate } from '#web/kit';
import css from './charts.module.css';
import { rowsOf, summaryOf } from './time-chart-props.ts';
import type { ChartLine, ChartUnit, TimeChartProps } from './time-chart-props.ts';

const AXIS = { fontSize: 11, fill: 'var(--muted)' } as const;
const STROKE = { light: 1, normal: 1.6, strong: 2.4 } as const;
const DASH = { light: '2 3', normal: undefined, strong: undefined } as const;
const HEIGHT_PX = 168;

const wordsOf = (unit: ChartUnit): ((v: number) => string) => (unit === 'share' ? percent : unit === 'ms' ? duration : unit === 'bytes/s' ? (v) => `${bytes(v)}/s` : (v) => `${rate(v)}/s`);
const strokeOf = (line: ChartLine): string => (line.failing === true ? 'var(--mark-failing)' : `var(--series-${line.hue})`);

export default function RechartsTime({ label, unit, lines, marks = [], height = HEIGHT_PX, span, onPick }: TimeChartProps): ReactNode {
  const id = useId();
  const drawing = useUntabbed();
  const words = wordsOf(unit);
  const data = rowsOf(lines).map((row) => ({ ...row }));
  const pick = (state: { readonly activeLabel?: string | number | undefined }): void => {
    const at = Number(state.activeLabel);
    if (Number.isFinite(at) && at > 0) onPick?.(at);
  };
  return (
    <figure className={css['chart']} aria-labelledby={id}>
      <figcaption id={id} className={css['caption']}>
        <strong>{label}</strong>
        {lines.map((line) => <span key={line.name} title={summaryOf(line, words)}><svg width={18} height={6} aria-hidden><path d="M0 3h18" stroke={strokeOf(line)} strokeWidth={STROKE[line.weight ?? 'normal']} strokeDasharray={DASH[line.weight ?? 'normal']} /></svg>{lines.length === 1 ? '' : `${line.name} `}{lastOf(line, words)}</span>)}
        <span className="visually-hidden">{lines.map((line) => summaryOf(line, words)).join('; ')}</span>
      </figcaption>
      <div ref={drawing} aria-hidden="true">
        <ResponsiveContainer width="100%" height={height}>
          <LineChart data={data} margin={{ top: 12, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false} {...(onPick === undefined ? {} : { onClick: pick, style: { cursor: 'crosshair' } })}>
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis dataKey="at" type="number" domain={span === undefined ? ['dataMin', 'dataMax'] : [...span]} tickFormatter={(at: number) => clock(at, at, false)} tick={AXIS} stroke="var(--line-strong)" tickLine={false} minTickGap={48} />
            <YAxis width={56} tick={AXIS} stroke="var(--line-strong)" axisLine={false} tickLine={false} tickCount={4} domain={[0, topOf(unit)]} tickFormatter={(v: number) => words(v)} />
            <Tooltip isAnimationActive={false} cursor={{ stroke: 'var(--line-strong)' }} content={({ active, label: at, payload }) => (active === true && payload.length > 0 ? <div className={css['tip']}><p className="muted">{clock(Number(at))}</p>{payload.map((entry) => <p key={String(entry.dataKey)}>{String(entry.dataKey)} <strong>{typeof entry.value === 'number' ? words(entry.value) : '–'}</strong></p>)}{marks.filter((mark) => Math.abs(mark.at - Number(at)) < 20_000).map((mark) => <p key={mark.text} className={css['tipMark']}>{mark.text}</p>)}</div> : null)} />
            {marks.map((mark) => <ReferenceLine key={`${mark.at} ${mark.text}`} x={mark.at} stroke="var(--accent)" strokeDasharray="3 3" label={{ value: '●', position: 'top', fill: 'var(--accent)', fontSize: 9, offset: 2 }} ifOverflow="hidden" />)}
            {lines.map((line) => <Line key={line.name} dataKey={line.name} type="linear" dot={false} activeDot={{ r: 3 }} isAnimationActive={false} connectNulls={false} stroke={strokeOf(line)} strokeWidth={STROKE[line.weight ?? 'normal']} {...(DASH[line.weight ?? 'normal'] === undefined ? {} : { strokeDasharray: '2 3' })} />)}
          </LineChart>
        </ResponsiveContainer>
      </div>
    </figure>
  );
}

/** React listens for focus on the layers that recharts makes portals of, and Chromium takes every SVG element with such a listener for a stop of the Tab key. */
function useUntabbed(): RefObject<HTMLDivElement | null> {
  const drawing = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = drawing.current;
    if (root === null) return undefined;
    const untab = (): void => root.querySelectorAll('g[class^="recharts-zIndex-layer"]:not([tabindex])').forEach((layer) => layer.setAttribute('tabindex', '-1'));
    const observer = new MutationObserver(untab);
    observer.observe(root, { childList: true, subtree: true });
    untab();
    return () => observer.disconnect();
  }, []);
  return drawing;
}

/** Shares of nothing but zero would get a scale of several hundred per cent. */
const SHARE_TOP_MIN = 0.01;
const topOf = (unit: ChartUnit): 'auto' | ((max: number) => number) => (unit === 'share' ? (max) => Math.min(1, Math.max(SHARE_TOP_MIN, max * 1.1)) : 'auto');

function lastOf(line: ChartLine, words: (v: number) => string): string {
  const last = line.points.flatMap(([, v]) => v ?? []).at(-1);
  return last === undefined ? '–' : words(last);
}
