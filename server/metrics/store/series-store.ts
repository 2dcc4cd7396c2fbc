import { Chain, OPEN_COLUMNS, readFrame } from './chain.ts';
import type { SampleBuffer } from './chain.ts';
import type { Frame } from './frame.ts';
import { LabelTable } from './label-table.ts';
import { candidates, intersect, Postings, union, valueTest } from './postings.ts';
import type { ResolvedMatcher } from './postings.ts';
import { EMPTY_ID, NAME_ID, Symbols } from './symbols.ts';
import { compileRegex } from '../promql/regex.ts';
import type { Matcher } from '../promql/parse/ast.ts';

/** Told of everything that must outlive the process. */
export type Journal = {
  column(chain: Chain, column: number): void;
  sealed(chain: Chain, frame: Frame): void;
  /** Makes a frame's bytes resident again. */
  load(frame: Frame): void;
};

type Home = { readonly chain: Chain; readonly slot: number };
const NO_SLOT = -1;

/** Series, their labels and their samples. One thread owns it; queries read between scrapes. */
export class SeriesStore {
  readonly symbols = new Symbols();
  labels = new LabelTable(1024, 24);
  postings = new Postings();
  readonly chains = new Map<number, Chain>();
  readonly #seriesMax: number;
  #homes: Home[] = [];
  #olderHomes = new Map<number, Home[]>();
  #lastTimes = new Float64Array(1024);
  #firstTimes = new Float64Array(1024);
  #nextChain = 1;
  journal: Journal | undefined;
  /** Series not taken because of the limit, or because another live target owns the same labels. */
  refusedSeries = 0;
  samples = 0;
  constructor(options: { readonly seriesMax: number }) {
    this.#seriesMax = options.seriesMax;
  }

  createChain(key: string, id = this.#nextChain): Chain {
    const chain = new Chain(id, key);
    this.#nextChain = Math.max(this.#nextChain, id + 1);
    this.chains.set(id, chain);
    return chain;
  }
  /** The chain of a target that was there before a restart and may go on. */
  liveChain(key: string): Chain | undefined {
    for (const chain of this.chains.values()) if (chain.live && chain.key === key) return chain;
    return undefined;
  }
  /** The ref of a label set given as sorted pairs of symbol numbers. */
  intern(pairs: ArrayLike<number>, length: number): number {
    const hash = LabelTable.hash(pairs, length);
    const known = this.labels.find(pairs, length, hash);
    if (known >= 0) return known;
    if (this.labels.count >= this.#seriesMax) return -1;
    const ref = this.labels.add(pairs, length, hash);
    if (ref >= this.#lastTimes.length) {
      const lasts = new Float64Array(ref * 2);
      lasts.set(this.#lastTimes);
      this.#lastTimes = lasts;
      const firsts = new Float64Array(ref * 2);
      firsts.set(this.#firstTimes);
      this.#firstTimes = firsts;
    }
    this.#lastTimes[ref] = Number.NEGATIVE_INFINITY;
    this.#firstTimes[ref] = Number.POSITIVE_INFINITY;
    return ref;
  }
  /** The ref of a label map; for tests and replay. */
  internLabels(labels: Iterable<readonly [string, string]>): number {
    const pairs = [...labels].filter(([, value]) => value !== '').map(([name, value]) => [this.symbols.intern(name), this.symbols.intern(value)] as const).sort(([a], [b]) => a - b);
    return this.intern(pairs.flat(), pairs.length * 2);
  }
  /** The slot of a series in a chain, made when new; -1 when the series cannot be taken. */
  slotOf(chain: Chain, ref: number): number {
    const home = ref < 0 ? undefined : this.#homes[ref];
    if (home?.chain === chain) return home.slot;
    if (ref < 0 || home?.chain.live === true) {
      this.refusedSeries += 1;
      return NO_SLOT;
    }
    return this.place(chain, ref);
  }
  /** Gives the series a new slot in the chain; a series that could not be taken (-1) still has one, so that the others keep theirs. */
  place(chain: Chain, ref: number): number {
    if (ref < 0) return chain.addSlot(ref);
    const home = this.#homes[ref];
    if (home === undefined) this.postings.add(ref, this.labels.arena, this.labels.starts[ref] ?? 0, this.labels.starts[ref + 1] ?? 0);
    else this.#olderHomes.set(ref, [...(this.#olderHomes.get(ref) ?? []), home]);
    const slot = chain.addSlot(ref);
    this.#homes[ref] = { chain, slot };
    return slot;
  }
  /** A series that a live chain holds already keeps it; else it may be written. Marks the time it was last written. */
  touch(ref: number, t: number): void {
    if (t > (this.#lastTimes[ref] ?? 0)) this.#lastTimes[ref] = t;
    if (t < (this.#firstTimes[ref] ?? 0)) this.#firstTimes[ref] = t;
  }
  sealed(chain: Chain, frame: Frame | undefined): void {
    if (frame !== undefined) this.journal?.sealed(chain, frame);
  }

  resolve(matcher: Matcher): ResolvedMatcher {
    const nameId = this.symbols.find(matcher.name);
    const valueId = this.symbols.find(matcher.value);
    return { nameId, op: matcher.op, valueId, value: matcher.value, regex: matcher.op === '=~' || matcher.op === '!~' ? compileRegex(matcher.value) : undefined };
  }
  /** Series that pass every matcher and have samples in (from, to], in rising order of ref. */
  select(matchers: readonly Matcher[], from: number, to: number): readonly number[] {
    const resolved = matchers.map((m) => this.resolve(m));
    const withLists = resolved.map((m) => ({ m, lists: candidates(m, this.postings, this.symbols) }));
    const size = (lists: readonly (readonly number[])[]): number => lists.reduce((n, list) => n + list.length, 0);
    const narrow = withLists.flatMap(({ m, lists }) => (lists === undefined ? [] : [{ m, lists, size: size(lists) }])).sort((a, b) => a.size - b.size);
    const [first, ...others] = narrow;
    if (first === undefined) return []; // a selector always has a matcher that needs the label
    let refs = union(first.lists);
    const filters: ((ref: number) => boolean)[] = [];
    for (const { m, lists, size: n } of others) {
      // A list about as short as ours is intersected; for a long one it is cheaper to look at each series' label.
      if (m.op === '=' && n < refs.length * 8) refs = intersect(refs, union(lists));
      else filters.push(this.#filter(m));
    }
    for (const { m, lists } of withLists) if (lists === undefined) filters.push(this.#filter(m));
    return refs.filter((ref) => (this.#lastTimes[ref] ?? 0) > from && (this.#firstTimes[ref] ?? 0) <= to && filters.every((f) => f(ref)));
  }
  #filter(matcher: ResolvedMatcher): (ref: number) => boolean {
    const test = valueTest(matcher, this.symbols);
    return (ref) => test(this.labelValue(ref, matcher.nameId));
  }
  /** The number of a label's value; 0 when the series has no such label. */
  labelValue(ref: number, nameId: number): number {
    const { arena, starts } = this.labels;
    const end = starts[ref + 1] ?? 0;
    for (let i = starts[ref] ?? 0; i < end; i += 2) if (arena[i] === nameId) return arena[i + 1] ?? EMPTY_ID;
    return EMPTY_ID;
  }
  metricName(ref: number): string {
    return this.symbols.text(this.labelValue(ref, NAME_ID));
  }

  /** Appends the samples of a series with from < t <= to to `out`. */
  read(ref: number, from: number, to: number, out: SampleBuffer): void {
    const older = this.#olderHomes.size === 0 ? undefined : this.#olderHomes.get(ref);
    if (older !== undefined) for (const home of older) this.#readHome(home, from, to, out);
    const home = this.#homes[ref];
    if (home !== undefined) this.#readHome(home, from, to, out);
  }
  #readHome({ chain, slot }: Home, from: number, to: number, out: SampleBuffer): void {
    if (chain.openTime > from) {
      for (let i = firstFrame(chain.frames, from); i < chain.frames.length; i++) {
        const frame = chain.frames[i];
        if (frame === undefined || frame.minTime > to) break;
        if (slot >= frame.slots) continue;
        if (!frame.resident) this.journal?.load(frame);
        readFrame(frame, slot, from, to, out);
      }
    }
    chain.readOpen(slot, from, to, out);
  }
  /** Appends the newest sample with from < t <= to, if there is one. */
  readNewest(ref: number, from: number, to: number, out: SampleBuffer): void {
    const home = this.#homes[ref];
    if (home === undefined) return;
    const column = home.chain.newestOpen(home.slot, from, to);
    if (column < 0) {
      const before = out.n;
      this.read(ref, from, to, out);
      if (out.n - before > 1) {
        out.times[before] = out.times[out.n - 1] ?? 0;
        out.values[before] = out.values[out.n - 1] ?? 0;
        out.stale[before] = out.stale[out.n - 1] ?? 0;
        out.n = before + 1;
      }
      return;
    }
    out.room(1);
    const at = home.slot * OPEN_COLUMNS + column;
    const { cells, times } = home.chain;
    const v = cells.values[at] ?? 0;
    out.times[out.n] = times[column] ?? 0;
    out.values[out.n] = v;
    out.stale[out.n] = v !== v && cells.isStale(at) ? 1 : 0;
    out.n += 1;
  }
  lastTime(ref: number): number {
    return this.#lastTimes[ref] ?? Number.NEGATIVE_INFINITY;
  }

  /** Ends a chain: nothing is appended any more, what is open is sealed. */
  retire(chain: Chain): void {
    chain.live = false;
    this.sealed(chain, chain.seal(chain.count));
    chain.release();
  }
  /** Ends a chain whose slots are mostly of series that are gone, and begins another for the same target with those that live (`refs`). */
  renew(chain: Chain, refs: readonly number[]): Chain {
    this.retire(chain);
    const next = this.createChain(chain.key);
    for (const ref of refs) this.place(next, ref);
    return next;
  }
  /** Label sets that no kept sample belongs to; they count for the limit until `compact`. */
  get deadSeries(): number {
    return this.labels.count - this.seriesCount;
  }
  /** Gives the memory of dead label sets back. Every ref changes, so no query may be running. */
  compact(): void {
    const before = this.labels;
    const table = new LabelTable(Math.max(1024, this.seriesCount * 2), 24);
    const moved = new Int32Array(before.count).fill(-1);
    const homes: Home[] = [];
    const older = new Map<number, Home[]>();
    const postings = new Postings();
    const [firsts, lasts] = [new Float64Array(this.#firstTimes.length), new Float64Array(this.#lastTimes.length)];
    for (let ref = 0; ref < before.count; ref++) {
      const home = this.#homes[ref];
      if (home === undefined) continue;
      const [from, end] = [before.starts[ref] ?? 0, before.starts[ref + 1] ?? 0];
      const next = table.add(before.arena.subarray(from, end), end - from);
      moved[ref] = next;
      homes[next] = home;
      const list = this.#olderHomes.get(ref);
      if (list !== undefined) older.set(next, list);
      firsts[next] = this.#firstTimes[ref] ?? 0;
      lasts[next] = this.#lastTimes[ref] ?? 0;
      postings.add(next, table.arena, table.starts[next] ?? 0, table.starts[next + 1] ?? 0);
    }
    for (const chain of this.chains.values()) for (const [slot, ref] of chain.refs.entries()) chain.refs[slot] = moved[ref] ?? -1;
    this.labels = table;
    this.postings = postings;
    this.#homes = homes;
    this.#olderHomes = older;
    this.#firstTimes = firsts;
    this.#lastTimes = lasts;
  }
  /** Ends chains that were not written since `before`: their target was gone when the process started again. */
  retireIdle(before: number): void {
    for (const chain of this.chains.values()) if (chain.live && chain.lastTime < before) this.retire(chain);
  }
  /** Drops frames that end before `before`, chains that hold nothing, and series that were last written before then. */
  expire(before: number): void {
    for (const chain of this.chains.values()) {
      let drop = 0;
      while (drop < chain.frames.length && (chain.frames[drop]?.maxTime ?? 0) < before) drop += 1;
      chain.frames.splice(0, drop);
      if (!chain.live && chain.frames.length === 0 && chain.count === 0) this.chains.delete(chain.id);
    }
    let dead = false;
    for (let ref = 0; ref < this.labels.count; ref++) {
      if (this.#homes[ref] === undefined || this.lastTime(ref) >= before) continue;
      if (this.#homes[ref]?.chain.live === true) continue;
      delete this.#homes[ref];
      this.#olderHomes.delete(ref);
      dead = true;
    }
    if (dead) this.postings.prune((ref) => this.#homes[ref] !== undefined);
  }
  /** Series that can be found. */
  get seriesCount(): number {
    let n = 0;
    for (const home of this.#homes) if (home !== undefined) n += 1;
    return n;
  }
}

/** Index of the first frame that ends after `from`; frames are in order of time. */
function firstFrame(frames: readonly Frame[], from: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((frames[middle]?.maxTime ?? 0) > from) high = middle;
    else low = middle + 1;
  }
  return low;
}
