/**
 * Label sets, each stored once and named by a number (its ref). A set is pairs of symbol numbers (name, value) in rising order of
 * the name's number; the arena holds them one after another. Sets are found again by hash, so equal sets have equal refs.
 */
export class LabelTable {
  arena: Uint32Array;
  /** Start of each ref's pairs; one more entry than refs. */
  starts: Uint32Array;
  count = 0;
  #hashes: Uint32Array;
  #buckets: Int32Array;
  constructor(refsHint = 64, pairsHint = 16) {
    this.arena = new Uint32Array(refsHint * pairsHint * 2);
    this.starts = new Uint32Array(refsHint + 1);
    this.#hashes = new Uint32Array(refsHint);
    let size = 16;
    while (size < refsHint * 2) size *= 2;
    this.#buckets = new Int32Array(size).fill(-1);
  }
  /** FNV-1a over 32-bit words. */
  static hash(pairs: ArrayLike<number>, length: number): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < length; i++) {
      const word = pairs[i] ?? 0;
      hash = Math.imul(hash ^ (word & 0xffff), 0x01000193);
      hash = Math.imul(hash ^ (word >>> 16), 0x01000193);
    }
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x2c1b3c6d) >>> 0;
  }
  #equals(ref: number, pairs: ArrayLike<number>, length: number): boolean {
    const from = this.starts[ref] ?? 0;
    if ((this.starts[ref + 1] ?? 0) - from !== length) return false;
    for (let i = 0; i < length; i++) if (this.arena[from + i] !== pairs[i]) return false;
    return true;
  }
  /** The ref of a set; -1 when it is not there. */
  find(pairs: ArrayLike<number>, length: number, hash = LabelTable.hash(pairs, length)): number {
    const mask = this.#buckets.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const ref = this.#buckets[at] ?? -1;
      if (ref < 0) return -1;
      if (this.#hashes[ref] === hash && this.#equals(ref, pairs, length)) return ref;
    }
  }
  /** Adds a set that is not there yet. */
  add(pairs: ArrayLike<number>, length: number, hash = LabelTable.hash(pairs, length)): number {
    const ref = this.count;
    const from = this.starts[ref] ?? 0;
    if (ref + 2 > this.starts.length) this.#growRefs();
    if (from + length > this.arena.length) {
      const grown = new Uint32Array(Math.max(this.arena.length * 2, from + length));
      grown.set(this.arena.subarray(0, from));
      this.arena = grown;
    }
    for (let i = 0; i < length; i++) this.arena[from + i] = pairs[i] ?? 0;
    this.starts[ref + 1] = from + length;
    this.#hashes[ref] = hash;
    this.count = ref + 1;
    if (this.count * 2 > this.#buckets.length) this.#rehash(this.#buckets.length * 2);
    else this.#place(ref);
    return ref;
  }
  #growRefs(): void {
    const size = Math.max(64, this.starts.length * 2);
    const starts = new Uint32Array(size + 1);
    starts.set(this.starts);
    this.starts = starts;
    const hashes = new Uint32Array(size);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }
  #rehash(size: number): void {
    this.#buckets = new Int32Array(size).fill(-1);
    for (let ref = 0; ref < this.count; ref++) this.#place(ref);
  }
  #place(ref: number): void {
    const mask = this.#buckets.length - 1;
    let at = (this.#hashes[ref] ?? 0) & mask;
    while ((this.#buckets[at] ?? -1) >= 0) at = (at + 1) & mask;
    this.#buckets[at] = ref;
  }
}
