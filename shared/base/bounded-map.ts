/** A map that holds at most `entriesMax` entries and drops the one used longest ago; `dropped` counts them. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly entriesMax: number;
  dropped = 0;
  constructor(entriesMax: number) {
    this.entriesMax = entriesMax;
  }
  get size(): number {
    return this.#entries.size;
  }
  get(key: K): V | undefined {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
    }
    return found;
  }
  set(key: K, v: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, v);
    if (this.#entries.size <= this.entriesMax) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
    this.dropped += 1;
  }
  delete(key: K): boolean {
    return this.#entries.delete(key);
  }
  values(): IterableIterator<V> {
    return this.#entries.values();
  }
}
