import type { Store } from '#server/lib';
import type { StoredSpan } from '../span.ts';

/** Spans remembered while their parents or children may still come. */
const SPANS_MAX = 20_000;
const CHILDREN_MAX = 1000;
const MINUTE_US = 60_000_000;

/** Keeps about the last `entriesMax` keys: when the newer half is full, the older half goes. */
class RecentMap<V> {
  readonly #halfMax: number;
  #newer = new Map<string, V>();
  #older = new Map<string, V>();
  constructor(entriesMax: number) {
    this.#halfMax = entriesMax / 2;
  }
  get(key: string): V | undefined {
    return this.#newer.get(key) ?? this.#older.get(key);
  }
  set(key: string, v: V): void {
    this.#newer.set(key, v);
    if (this.#newer.size < this.#halfMax) return;
    this.#older = this.#newer;
    this.#newer = new Map();
  }
  delete(key: string): void {
    this.#newer.delete(key);
    this.#older.delete(key);
  }
}
type Known = { readonly trace: string; readonly service: number };
type Child = { readonly trace: string; readonly service: number; readonly minute: number };

/** Who called whom, counted as spans arrive (a parent may come before or after its children) and kept per minute. Jaeger's /api/dependencies. */
export class CallLinks {
  readonly #known = new RecentMap<Known>(SPANS_MAX);
  readonly #waiting = new RecentMap<Child[]>(SPANS_MAX);
  #counts = new Map<string, number>();

  add(span: StoredSpan, service: number): void {
    const minute = Math.floor(span.startMicros / MINUTE_US);
    const { traceId: trace, spanId, parentSpanId } = span;
    this.#known.set(spanId, { trace, service });
    const children = this.#waiting.get(spanId);
    if (children !== undefined) {
      this.#waiting.delete(spanId);
      for (const child of children) if (child.trace === trace) this.#count(child.minute, service, child.service);
    }
    if (parentSpanId === '') return;
    const parent = this.#known.get(parentSpanId);
    if (parent?.trace === trace) return this.#count(minute, parent.service, service);
    const list = this.#waiting.get(parentSpanId);
    if (list === undefined) this.#waiting.set(parentSpanId, [{ trace, service, minute }]);
    else if (list.length < CHILDREN_MAX) list.push({ trace, service, minute });
  }
  #count(minute: number, parent: number, child: number): void {
    if (parent === child) return;
    const key = `${minute} ${parent} ${child}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
  get pending(): boolean {
    return this.#counts.size > 0;
  }
  /** Writes the counts since the last commit; within the batch's transaction. */
  save(store: Store): void {
    for (const [key, calls] of this.#counts) {
      const [minute = 0, parent = 0, child = 0] = key.split(' ').map(Number);
      store.sql('INSERT INTO links (minute, parent, child, calls) VALUES (?, ?, ?, ?) ON CONFLICT (minute, parent, child) DO UPDATE SET calls = calls + excluded.calls').run(minute, parent, child, calls);
    }
  }
  commit(): void {
    this.#counts = new Map();
  }
}

export type CallLink = { readonly parent: string; readonly child: string; readonly callCount: number };

/** Calls between services in a window, ms since 1970. */
export function readLinks(store: Store, fromMs: number, toMs: number): readonly CallLink[] {
  const rows = store.sql(`SELECT p.name AS parent, c.name AS child, SUM(l.calls) AS calls FROM links l JOIN services p ON p.id = l.parent JOIN services c ON c.id = l.child
    WHERE l.minute BETWEEN ? AND ? GROUP BY l.parent, l.child ORDER BY p.name, c.name`).all(Math.floor(fromMs / 60_000), Math.floor(toMs / 60_000));
  return rows.map((row) => ({ parent: String(row['parent']), child: String(row['child']), callCount: Number(row['calls']) }));
}
