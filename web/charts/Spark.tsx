import type { ReactNode } from 'react';
import css from './charts.module.css';

export type SparkTone = 'neutral' | 'healthy' | 'degraded' | 'failing';
export type SparkProps = { readonly values: readonly (number | null)[]; readonly width?: number; readonly height?: number; readonly tone?: SparkTone; /** Read out by screen readers; without it the line is decoration beside its number. */ readonly label?: string; /** Top of the scale; the largest value otherwise. */ readonly max?: number; readonly fromZero?: boolean };

/** The path of a line through values in a box; null is a gap. */
export function sparkPath(values: readonly (number | null)[], width: number, height: number, scale: { readonly min: number; readonly max: number }): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const range = scale.max - scale.min;
  let path = '';
  let open = false;
  values.forEach((v, i) => {
    if (v === null) {
      open = false;
      return;
    }
    // without any range the line stands in the middle
    const y = range === 0 ? height / 2 : height - ((v - scale.min) / range) * height;
    path += `${open ? 'L' : 'M'}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    open = true;
  });
  return path;
}

/** A small line for tables and figures; own SVG, no chart library. */
export function Spark({ values, width = 96, height = 20, tone = 'neutral', label, max, fromZero = false }: SparkProps): ReactNode {
  const known = values.filter((v) => v !== null);
  if (known.length < 2) return <span className={css['noSpark']} style={{ width, height }} />;
  const scale = { min: fromZero ? 0 : Math.min(...known), max: max ?? Math.max(...known) };
  const pad = 2;
  return (
    <svg className={css['spark']} data-tone={tone} width={width} height={height} viewBox={`0 ${-pad} ${width} ${height}`} {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}>
      <path d={sparkPath(values, width, height - 2 * pad, scale)} />
    </svg>
  );
}
