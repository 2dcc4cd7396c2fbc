import type { Chain } from '../chain.ts';
import type { SeriesStore } from '../series-store.ts';
import type { ByteReader } from '../value-codec.ts';
import type { ByteWriter } from '../value-codec.ts';
import type { RecordWriter } from './record-file.ts';

/** First byte of a record. */
export const RECORD = { chain: 1, series: 2, column: 3, frame: 4 } as const;

/** Writes chains and their series into one file, each once; strings are numbered per file in order of appearance. */
export class CatalogueWriter {
  readonly #store: SeriesStore;
  readonly #symbols = new Map<number, number>();
  readonly #slots = new Map<number, number>();
  constructor(store: SeriesStore) {
    this.#store = store;
  }
  /** Adds what the file does not know of a chain yet. */
  know(chain: Chain, file: RecordWriter): void {
    const known = this.#slots.get(chain.id);
    if (known === undefined) {
      file.add((out) => {
        out.byte(RECORD.chain);
        out.varint(chain.id);
        out.text(chain.key);
      });
    }
    const from = known ?? 0;
    if (from < chain.refs.length) file.add((out) => this.#series(out, chain, from));
    this.#slots.set(chain.id, chain.refs.length);
  }
  #series(out: ByteWriter, chain: Chain, from: number): void {
    out.byte(RECORD.series);
    out.varint(chain.id);
    out.varint(from);
    out.varint(chain.refs.length - from);
    const { arena, starts } = this.#store.labels;
    for (const ref of chain.refs.slice(from)) {
      const [start, end] = [starts[ref] ?? 0, starts[ref + 1] ?? 0];
      out.varint((end - start) / 2);
      for (let i = start; i < end; i++) this.#symbol(out, arena[i] ?? 0);
    }
  }
  #symbol(out: ByteWriter, id: number): void {
    const known = this.#symbols.get(id);
    if (known !== undefined) return out.varint(known);
    const number = this.#symbols.size;
    this.#symbols.set(id, number);
    out.varint(number);
    out.text(this.#store.symbols.text(id));
  }
}

/** Reads what CatalogueWriter wrote, into the store. */
export class CatalogueReader {
  readonly #store: SeriesStore;
  readonly #symbols: number[] = [];
  constructor(store: SeriesStore) {
    this.#store = store;
  }
  chain(r: ByteReader): Chain {
    const id = r.varint();
    return this.#store.chains.get(id) ?? this.#store.createChain(r.text(), id);
  }
  series(r: ByteReader): void {
    const chain = this.#store.chains.get(r.varint());
    const from = r.varint();
    const count = r.varint();
    for (let i = 0; i < count; i++) {
      const pairs = Array.from({ length: r.varint() }, () => [this.#symbol(r), this.#symbol(r)] as const).sort((a, b) => a[0] - b[0]).flat();
      if (chain === undefined || from + i < chain.refs.length) continue;
      this.#store.place(chain, this.#store.intern(pairs, pairs.length));
    }
  }
  #symbol(r: ByteReader): number {
    const number = r.varint();
    if (number === this.#symbols.length) this.#symbols.push(this.#store.symbols.intern(r.text()));
    return this.#symbols[number] ?? 0;
  }
}
