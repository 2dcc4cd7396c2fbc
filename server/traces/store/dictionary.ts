import type { Store } from '#server/lib';

/** Longest string worth sharing, characters. */
const SHARED_CHARS_MAX = 200;
/** A key with more distinct values than this (request ids, URLs) is not worth sharing: further values stay with their spans. */
const VALUES_PER_KEY_MAX = 200;

/**
 * Strings that repeat from span to span (tag keys, workload names, codes), stored once. New ones are written with the batch that
 * brought them; when the batch fails they are forgotten again.
 */
export class Dictionary {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #perKey = new Map<string, number>();
  readonly #entriesMax: number;
  #saved: number;
  constructor(store: Store, entriesMax: number) {
    this.#entriesMax = entriesMax;
    for (const row of store.sql('SELECT id, text FROM strings ORDER BY id').iterate()) {
      const text = String(row['text']);
      this.#texts[Number(row['id'])] = text;
      this.#ids.set(text, Number(row['id']));
    }
    this.#saved = this.#texts.length;
  }
  get size(): number {
    return this.#ids.size;
  }
  /** Keys whose values are counted; never more than there are entries. */
  get countedKeys(): number {
    return this.#perKey.size;
  }
  text(id: number): string {
    const text = this.#texts[id];
    if (text === undefined) throw new Error(`the trace store has no string ${id}`);
    return text;
  }
  /** The id of a key; undefined when the dictionary is full. */
  key(text: string): number | undefined {
    return this.#ids.get(text) ?? this.#add(text);
  }
  /** The id of a value of `key`, where sharing it is worth while. */
  value(key: string, text: string): number | undefined {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    // Only keys of the dictionary are counted: others are chosen by senders without limit.
    if (text.length > SHARED_CHARS_MAX || this.#texts.length >= this.#entriesMax || !this.#ids.has(key)) return undefined;
    const seen = this.#perKey.get(key) ?? 0;
    if (seen >= VALUES_PER_KEY_MAX) return undefined;
    this.#perKey.set(key, seen + 1);
    return this.#add(text);
  }
  #add(text: string): number | undefined {
    if (this.#texts.length >= this.#entriesMax || text.length > SHARED_CHARS_MAX) return undefined;
    const id = this.#texts.length;
    this.#texts.push(text);
    this.#ids.set(text, id);
    return id;
  }
  /** Writes what is new; call it within the batch's transaction. */
  save(store: Store): void {
    for (let id = this.#saved; id < this.#texts.length; id++) store.sql('INSERT INTO strings (id, text) VALUES (?, ?)').run(id, this.#texts[id] ?? '');
  }
  /** The batch is durable. */
  commit(): void {
    this.#saved = this.#texts.length;
  }
  /** The batch failed: forget what it brought. */
  rollback(): void {
    for (const text of this.#texts.splice(this.#saved)) {
      this.#ids.delete(text);
      this.#perKey.delete(text);
    }
  }
}
