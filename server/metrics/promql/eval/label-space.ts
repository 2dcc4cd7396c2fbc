import { LabelTable } from '../../store/label-table.ts';
import type { SeriesStore } from '../../store/series-store.ts';
import { EMPTY_ID, NAME_ID } from '../../store/symbols.ts';

/** Symbols made by a query (label_replace, count_values) are numbered from here; they are gone with the query. */
const LOCAL_SYMBOLS = 0x4000_0000;

/**
 * The label sets of one query: those of the store (ref >= 0) and those made on the way (ref < 0). Equal sets have equal refs, so
 * matching and grouping compare numbers.
 */
export class LabelSpace {
  readonly #store: SeriesStore;
  readonly #table: LabelTable;
  readonly #local = new LabelTable();
  readonly #localIds = new Map<string, number>();
  readonly #localTexts: string[] = [];
  readonly #scratch: number[] = [];
  readonly #sorted: number[] = [];
  readonly #orders = new Map<number, { readonly names: readonly number[]; readonly order: readonly number[] }>();
  readonly #members = new Map<number, Map<number, string>>();
  constructor(store: SeriesStore) {
    this.#store = store;
    this.#table = store.labels;
  }
  id(text: string): number {
    const known = this.#store.symbols.find(text);
    if (known >= 0) return known;
    const local = this.#localIds.get(text);
    if (local !== undefined) return local;
    const made = LOCAL_SYMBOLS + this.#localTexts.length;
    this.#localTexts.push(text);
    this.#localIds.set(text, made);
    return made;
  }
  ids(texts: readonly string[]): readonly number[] {
    return texts.map((text) => this.id(text)).sort((a, b) => a - b);
  }
  text(id: number): string {
    return id >= LOCAL_SYMBOLS ? (this.#localTexts[id - LOCAL_SYMBOLS] ?? '') : this.#store.symbols.text(id);
  }
  #in(ref: number): LabelTable {
    return ref >= 0 ? this.#table : this.#local;
  }
  /** The number of a label's value; 0 when absent. */
  get(ref: number, nameId: number): number {
    const table = this.#in(ref);
    const at = ref >= 0 ? ref : -1 - ref;
    const { arena } = table;
    const end = table.starts[at + 1] ?? 0;
    for (let i = table.starts[at] ?? 0; i < end; i += 2) if (arena[i] === nameId) return arena[i + 1] ?? EMPTY_ID;
    return EMPTY_ID;
  }
  value(ref: number, name: string): string {
    return this.text(this.get(ref, this.id(name)));
  }
  #intern(pairs: ArrayLike<number>, length: number): number {
    const hash = LabelTable.hash(pairs, length);
    const known = this.#table.find(pairs, length, hash);
    if (known >= 0) return known;
    const local = this.#local.find(pairs, length, hash);
    return -1 - (local >= 0 ? local : this.#local.add(pairs, length, hash));
  }
  /** Only these labels (numbers in rising order). */
  keep(ref: number, nameIds: readonly number[]): number {
    const table = this.#in(ref);
    const at = ref >= 0 ? ref : -1 - ref;
    const { arena } = table;
    const end = table.starts[at + 1] ?? 0;
    const out = this.#scratch;
    let n = 0;
    let wanted = 0;
    for (let i = table.starts[at] ?? 0; i < end && wanted < nameIds.length; i += 2) {
      const name = arena[i] ?? 0;
      while ((nameIds[wanted] ?? name) < name) wanted += 1;
      if (nameIds[wanted] !== name) continue;
      out[n] = name;
      out[n + 1] = arena[i + 1] ?? 0;
      n += 2;
      wanted += 1;
    }
    return this.#intern(out, n);
  }
  /** All labels but these (numbers in rising order). */
  without(ref: number, nameIds: readonly number[]): number {
    const table = this.#in(ref);
    const at = ref >= 0 ? ref : -1 - ref;
    const { arena } = table;
    const end = table.starts[at + 1] ?? 0;
    const out = this.#scratch;
    let n = 0;
    let next = 0;
    for (let i = table.starts[at] ?? 0; i < end; i += 2) {
      const name = arena[i] ?? 0;
      while ((nameIds[next] ?? name) < name) next += 1;
      if (nameIds[next] === name) continue;
      out[n] = name;
      out[n + 1] = arena[i + 1] ?? 0;
      n += 2;
    }
    return n === end - (table.starts[at] ?? 0) ? ref : this.#intern(out, n);
  }
  dropName(ref: number): number {
    return this.get(ref, NAME_ID) === EMPTY_ID ? ref : this.without(ref, NAME_ONLY);
  }
  /** With one label set, or deleted when the value is empty. */
  with(ref: number, nameId: number, valueId: number): number {
    const pairs = this.#pairs(ref).filter(([name]) => name !== nameId);
    if (valueId !== EMPTY_ID) pairs.push([nameId, valueId]);
    return this.make(pairs);
  }
  #pairs(ref: number): [number, number][] {
    const table = this.#in(ref);
    const at = ref >= 0 ? ref : -1 - ref;
    const pairs: [number, number][] = [];
    for (let i = table.starts[at] ?? 0; i < (table.starts[at + 1] ?? 0); i += 2) pairs.push([table.arena[i] ?? 0, table.arena[i + 1] ?? 0]);
    return pairs;
  }
  /** The ref of pairs of numbers in any order. */
  make(pairs: readonly (readonly [number, number])[]): number {
    const sorted = pairs.toSorted((a, b) => a[0] - b[0]).flat();
    return this.#intern(sorted, sorted.length);
  }
  ofTexts(labels: Iterable<readonly [string, string]>): number {
    return this.make([...labels].filter(([, value]) => value !== '').map(([name, value]) => [this.id(name), this.id(value)] as const));
  }
  /** Pairs of numbers in order of the names' texts; the list is used again by the next call. */
  #byName(ref: number): readonly number[] {
    const table = this.#in(ref);
    const at = ref >= 0 ? ref : -1 - ref;
    const { arena } = table;
    const from = table.starts[at] ?? 0;
    const size = (table.starts[at + 1] ?? 0) - from;
    const order = this.#orderOf(arena, from, size);
    const out = this.#sorted;
    out.length = size;
    for (let i = 0; i < size; i += 2) {
      const place = from + (order[i >> 1] ?? 0);
      out[i] = arena[place] ?? 0;
      out[i + 1] = arena[place + 1] ?? 0;
    }
    return out;
  }
  /** Where the pairs of a label set stand when taken in order of the names; sets with the same names share it. */
  #orderOf(arena: Uint32Array, from: number, size: number): readonly number[] {
    let hash = size;
    for (let i = 0; i < size; i += 2) hash = (Math.imul(hash, 31) + (arena[from + i] ?? 0)) | 0;
    const known = this.#orders.get(hash);
    if (known !== undefined && known.names.length * 2 === size && known.names.every((name, i) => name === arena[from + i * 2])) return known.order;
    const names = Array.from({ length: size / 2 }, (_, i) => arena[from + i * 2] ?? 0);
    const order = names.map((name, i) => ({ text: this.text(name), place: i * 2 })).sort((a, b) => (a.text < b.text ? -1 : 1)).map(({ place }) => place);
    this.#orders.set(hash, { names, order });
    return order;
  }
  /** Labels by name, as Prometheus sorts them. */
  entries(ref: number): readonly (readonly [string, string])[] {
    const pairs = this.#byName(ref);
    const list: (readonly [string, string])[] = [];
    for (let i = 0; i < pairs.length; i += 2) list.push([this.text(pairs[i] ?? 0), this.text(pairs[i + 1] ?? 0)]);
    return list;
  }
  /** The label set as a JSON object, labels in order of name. */
  json(ref: number): string {
    const pairs = this.#byName(ref);
    const parts: string[] = [];
    for (let i = 0; i < pairs.length; i += 2) parts.push(this.#member(pairs[i] ?? 0, pairs[i + 1] ?? 0));
    return `{${parts.join(',')}}`;
  }
  /** `"name":"value"`; made once, as labels repeat from series to series. */
  #member(nameId: number, valueId: number): string {
    let values = this.#members.get(nameId);
    if (values === undefined) this.#members.set(nameId, (values = new Map()));
    let member = values.get(valueId);
    if (member === undefined) values.set(valueId, (member = `${JSON.stringify(this.text(nameId))}:${JSON.stringify(this.text(valueId))}`));
    return member;
  }
  /** Items in order of their labels (labels.Compare): names and values one after the other. */
  sorted<T>(items: readonly T[], refOf: (item: T) => number): readonly T[] {
    const keyed = items.map((item) => ({ pairs: [...this.#byName(refOf(item))], item }));
    return keyed.sort((a, b) => this.#compare(a.pairs, b.pairs)).map(({ item }) => item);
  }
  #compare(a: readonly number[], b: readonly number[]): number {
    const n = Math.min(a.length, b.length);
    for (let i = 0; i < n; i++) {
      if (a[i] === b[i]) continue;
      return this.text(a[i] ?? 0) < this.text(b[i] ?? 0) ? -1 : 1;
    }
    return a.length - b.length;
  }
  /** `name{a="b"}`, as Prometheus prints a label set. */
  toText(ref: number): string {
    const all = this.entries(ref);
    const name = all.find(([key]) => key === '__name__')?.[1];
    const rest = all.filter(([key]) => key !== '__name__');
    return `${name ?? ''}${rest.length === 0 && name !== undefined ? '' : `{${rest.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(', ')}}`}`;
  }
}

export const NAME_ONLY: readonly number[] = [NAME_ID];
