export type ChartUnit = 'requests/s' | 'share' | 'ms' | 'bytes/s';
export type ChartLine = {
  readonly name: string;
  /** [milliseconds, value]; null is a gap. */
  readonly points: readonly (readonly [number, number | null])[];
  /** One of the eight hues of the tokens. */
  readonly hue: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
  /** Lines of one measure (p50, p95, p99) share a hue and differ in weight. */
  readonly weight?: 'light' | 'normal' | 'strong';
  readonly failing?: boolean;
};
export type ChartMark = { readonly at: number; readonly text: string };
export type TimeChartProps = { readonly label: string; readonly unit: ChartUnit; readonly lines: readonly ChartLine[]; readonly marks?: readonly ChartMark[]; readonly height?: number; /** The time shown; the lines' own otherwise. */ readonly span?: readonly [number, number] | undefined; readonly onPick?: ((at: number) => void) | undefined };

/** Rows as Recharts wants them: one a moment, a column a line. */
export function rowsOf(lines: readonly ChartLine[]): readonly Readonly<Record<string, number | null>>[] {
  const rows = new Map<number, Record<string, number | null>>();
  for (const line of lines) {
    for (const [at, value] of line.points) {
      const row = rows.get(at) ?? Object.assign(Object.create(null), { at });
      row[line.name] = value;
      rows.set(at, row);
    }
  }
  return [...rows.values()].toSorted((a, b) => (a['at'] ?? 0) - (b['at'] ?? 0));
}

/** The chart in a sentence, for those who do not see it: "p95: 38 ms now, 22 ms to 61 ms". */
export function summaryOf(line: ChartLine, words: (v: number) => string): string {
  const known = line.points.flatMap(([, v]) => v ?? []);
  const last = known.at(-1);
  if (last === undefined) return `${line.name}: nothing measured`;
  return `${line.name}: ${words(last)} now, ${words(Math.min(...known))} to ${words(Math.max(...known))}`;
}
