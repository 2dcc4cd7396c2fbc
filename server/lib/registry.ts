/** A process's own metrics, rendered in Prometheus's text format 0.0.4. Names and labels are fixed in code; label values may not grow without end. */
export type LabelValues = Readonly<Record<string, string>>;
export type Counter = { inc(labels?: LabelValues, by?: number): void; get(labels?: LabelValues): number };
export type Gauge = { set(v: number, labels?: LabelValues): void; get(labels?: LabelValues): number; remove(labels: LabelValues): void };
export type Histogram = { observe(v: number, labels?: LabelValues): void };

/** Series per metric; above it new label sets fall into one series labelled overflow="true". */
const SERIES_MAX = 10_000;
const escapeLabel = (v: string): string => v.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
const keyOf = (labels: LabelValues): string => Object.keys(labels).sort().map((name) => `${name}="${escapeLabel(labels[name] ?? '')}"`).join(',');
const braces = (key: string): string => (key === '' ? '' : `{${key}}`);

type Family = { readonly head: string; render(): string };

export class Registry {
  readonly #families = new Map<string, Family>();
  #add(name: string, help: string, type: string, render: () => string): void {
    if (this.#families.has(name)) throw new Error(`metric ${name} is registered twice`);
    this.#families.set(name, { head: `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`, render });
  }
  #values(name: string, help: string, type: string): { values: Map<string, number>; slot(labels: LabelValues): string } {
    const values = new Map<string, number>();
    this.#add(name, help, type, () => [...values].map(([key, v]) => `${name}${braces(key)} ${v}\n`).join(''));
    const slot = (labels: LabelValues): string => {
      const key = keyOf(labels);
      return values.has(key) || values.size < SERIES_MAX ? key : 'overflow="true"';
    };
    return { values, slot };
  }
  counter(name: string, help: string): Counter {
    const { values, slot } = this.#values(name, help, 'counter');
    return {
      inc: (labels = {}, by = 1) => {
        const key = slot(labels);
        values.set(key, (values.get(key) ?? 0) + by);
      },
      get: (labels = {}) => values.get(keyOf(labels)) ?? 0,
    };
  }
  gauge(name: string, help: string): Gauge {
    const { values, slot } = this.#values(name, help, 'gauge');
    return { set: (v, labels = {}) => void values.set(slot(labels), v), get: (labels = {}) => values.get(keyOf(labels)) ?? 0, remove: (labels) => void values.delete(keyOf(labels)) };
  }
  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const series = new Map<string, { counts: number[]; sum: number }>();
    this.#add(name, help, 'histogram', () => [...series].map(([key, s]) => renderHistogram(name, key, bounds, s)).join(''));
    return {
      observe: (v, labels = {}) => {
        const wanted = keyOf(labels);
        const key = series.has(wanted) || series.size < SERIES_MAX ? wanted : 'overflow="true"';
        const entry = series.get(key) ?? { counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 };
        series.set(key, entry);
        const index = bounds.findIndex((bound) => v <= bound);
        const at = index < 0 ? bounds.length : index;
        entry.counts[at] = (entry.counts[at] ?? 0) + 1;
        entry.sum += v;
      },
    };
  }
  /** All families as exposition text. */
  render(): string {
    return [...this.#families.values()].map((family) => family.head + family.render()).join('');
  }
}

function renderHistogram(name: string, key: string, bounds: readonly number[], entry: { counts: number[]; sum: number }): string {
  const lead = key === '' ? '' : `${key},`;
  let total = 0;
  let text = '';
  for (const [i, count] of entry.counts.entries()) {
    total += count;
    text += `${name}_bucket{${lead}le="${i < bounds.length ? bounds[i] : '+Inf'}"} ${total}\n`;
  }
  return `${text}${name}_sum${braces(key)} ${entry.sum}\n${name}_count${braces(key)} ${total}\n`;
}
