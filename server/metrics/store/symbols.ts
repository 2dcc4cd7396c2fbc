/** Strings and their numbers. Number 0 is the empty string, 1 is `__name__`. Never shrinks within a process: names repeat. */
export class Symbols {
  readonly #ids = new Map<string, number>([['', 0], ['__name__', 1]]);
  readonly #texts: string[] = ['', '__name__'];
  bytes = 0;
  get size(): number {
    return this.#texts.length;
  }
  intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#texts.length;
    this.#texts.push(text);
    this.#ids.set(text, id);
    this.bytes += text.length;
    return id;
  }
  /** The number of a known string; -1 when it was never seen. */
  find(text: string): number {
    return this.#ids.get(text) ?? -1;
  }
  text(id: number): string {
    return this.#texts[id] ?? '';
  }
}

export const EMPTY_ID = 0;
export const NAME_ID = 1;
