/** Entries of one memo; above it all are dropped and made anew. A mesh of 1 200 services in 20 namespaces needs 24 000. */
const ENTRIES_MAX = 200_000;

type Entry<T> = { readonly inputs: readonly unknown[]; readonly value: T };

/**
 * Remembers results by key as long as their inputs are the same objects. Snapshots share what a change leaves alone,
 * so after a change only that is made anew which the change concerns; results of equal inputs are the same object.
 */
export class Memo<T> {
  readonly #entries = new Map<string, Entry<T>>();
  /** How often something was made, for tests and metrics. */
  made = 0;

  get(key: string, inputs: readonly unknown[], make: () => T): T {
    const known = this.#entries.get(key);
    if (known !== undefined && same(known.inputs, inputs)) return known.value;
    const value = make();
    this.made += 1;
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(key, { inputs, value });
    return value;
  }
  delete(key: string): void {
    this.#entries.delete(key);
  }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Remembers one result per object. */
export function perObject<K extends object, T>(make: (object: K) => T): (object: K) => T {
  const known = new WeakMap<K, T>();
  return (object) => {
    const found = known.get(object);
    if (found !== undefined) return found;
    const value = make(object);
    known.set(object, value);
    return value;
  };
}
