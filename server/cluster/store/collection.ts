import { History } from './history.ts';
import type { Change, Stored } from './history.ts';

export const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** Everything of one kind, in memory: reads never touch the disk. */
export class Collection {
  readonly name: string;
  readonly history: History;
  readonly #objects = new Map<string, Stored>();
  readonly #watchers = new Set<(change: Change) => void>();
  #sorted: string[] | undefined;
  constructor(name: string, floor: number) {
    this.name = name;
    this.history = new History(floor);
  }

  get size(): number {
    return this.#objects.size;
  }
  get(namespace: string, name: string): Stored | undefined {
    return this.#objects.get(keyOf(namespace, name));
  }
  byKey(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  /** Objects ordered by namespace and name; of one namespace when it is given. */
  list(namespace?: string): readonly Stored[] {
    const prefix = namespace === undefined ? '' : `${namespace}/`;
    const found: Stored[] = [];
    for (const key of this.#keys()) {
      if (!key.startsWith(prefix)) continue;
      const stored = this.#objects.get(key);
      if (stored !== undefined) found.push(stored);
    }
    return found;
  }

  /** The list as it was at an older revision, undone change by change. Undefined when the history does not reach back so far. */
  listAt(rev: number, namespace?: string): readonly Stored[] | undefined {
    if (rev < this.history.floor) return undefined;
    const undone = this.history.since(rev);
    if (undone.length === 0) return this.list(namespace);
    const then = new Map(this.#objects);
    for (const change of undone.toReversed()) {
      const { metadata } = change.stored.object;
      const key = keyOf(metadata.namespace ?? '', metadata.name);
      if (change.before === undefined) then.delete(key);
      else then.set(key, change.before);
    }
    const prefix = namespace === undefined ? '' : `${namespace}/`;
    return [...then].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stored]) => stored);
  }

  /** Calls back for each change once it is durable. Returns its own undo. */
  watch(onChange: (change: Change) => void): () => void {
    this.#watchers.add(onChange);
    return () => void this.#watchers.delete(onChange);
  }

  /** Takes over a committed change; used by the store alone. */
  apply(key: string, change: Change): void {
    if (change.type === 'DELETED') {
      if (this.#objects.delete(key)) this.#sorted = undefined;
    } else {
      if (!this.#objects.has(key)) this.#sorted = undefined;
      this.#objects.set(key, change.stored);
    }
    this.history.push(change);
  }
  /** Takes over an object at start, without a change in the history. */
  load(key: string, stored: Stored | undefined): void {
    if (stored === undefined) this.#objects.delete(key);
    else this.#objects.set(key, stored);
    this.#sorted = undefined;
  }
  /** Tells everybody who watches. The change is durable already: one who fails harms neither the others nor the writer. */
  announce(change: Change, onError: (error: unknown) => void): void {
    for (const watcher of this.#watchers) {
      try {
        watcher(change);
      } catch (error) {
        onError(error);
      }
    }
  }

  #keys(): readonly string[] {
    this.#sorted ??= [...this.#objects.keys()].sort();
    return this.#sorted;
  }
}
