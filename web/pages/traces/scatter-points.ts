import type { TraceRow } from '#web/data';

export type Point = { readonly row: TraceRow; readonly x: number; readonly y: number };

/** Places traces in a picture: time to the right, duration upwards (the longest touches the top). Failed ones come last, so that they lie on top. */
export function scatter(rows: readonly TraceRow[], box: { readonly from: number; readonly to: number; readonly width: number; readonly height: number }): { readonly points: readonly Point[]; readonly longestMs: number } {
  const longestMs = Math.max(0.001, ...rows.map((row) => row.durationMs));
  const length = Math.max(1, box.to - box.from);
  const points = rows.map((row) => ({
    row, x: Math.max(0, Math.min(1, (row.start - box.from) / length)) * box.width, y: (1 - row.durationMs / longestMs) * box.height,
  }));
  return { points: points.toSorted((a, b) => Number(a.row.errors > 0) - Number(b.row.errors > 0)), longestMs };
}
