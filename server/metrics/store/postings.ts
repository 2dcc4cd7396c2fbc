import type { LabelRegex } from '../promql/regex.ts';
import { EMPTY_ID } from './symbols.ts';
import type { Symbols } from './symbols.ts';

/** Which series have a label with a value: for each name's number, for each value's number, refs in rising order. */
export class Postings {
  readonly #names = new Map<number, Map<number, number[]>>();
  add(ref: number, pairs: Uint32Array, from: number, end: number): void {
    for (let i = from; i < end; i += 2) {
      const name = pairs[i] ?? 0;
      const value = pairs[i + 1] ?? 0;
      let values = this.#names.get(name);
      if (values === undefined) this.#names.set(name, (values = new Map()));
      const refs = values.get(value);
      if (refs === undefined) values.set(value, [ref]);
      else if ((refs.at(-1) ?? -1) < ref) refs.push(ref);
      else insertSorted(refs, ref);
    }
  }
  names(): IterableIterator<number> {
    return this.#names.keys();
  }
  values(name: number): ReadonlyMap<number, readonly number[]> | undefined {
    return this.#names.get(name);
  }
  refs(name: number, value: number): readonly number[] {
    return this.#names.get(name)?.get(value) ?? [];
  }
  /** Drops series for which `keep` is false. */
  prune(keep: (ref: number) => boolean): void {
    for (const [name, values] of this.#names) {
      for (const [value, refs] of values) {
        const kept = refs.filter(keep);
        if (kept.length === 0) values.delete(value);
        else if (kept.length < refs.length) values.set(value, kept);
      }
      if (values.size === 0) this.#names.delete(name);
    }
  }
}

/** A series that comes back after it was pruned has an old number. */
function insertSorted(refs: number[], ref: number): void {
  const at = refs.findIndex((other) => other >= ref);
  if (refs[at] !== ref) refs.splice(at, 0, ref);
}

/** A matcher with its regex compiled and its name and value looked up. */
export type ResolvedMatcher = { readonly nameId: number; readonly op: '=' | '!=' | '=~' | '!~'; readonly valueId: number; readonly value: string; readonly regex: LabelRegex | undefined };

/** For one matcher: whether a value (by number; 0 is "no such label") passes. Each distinct value is tested once. */
export function valueTest(matcher: ResolvedMatcher, symbols: Symbols): (valueId: number) => boolean {
  if (matcher.op === '=') return (id) => id === matcher.valueId;
  if (matcher.op === '!=') return (id) => id !== matcher.valueId;
  const want = matcher.op === '=~';
  const test = matcher.regex?.test;
  if (test === undefined) return () => false;
  const known = new Map<number, boolean>();
  return (id) => {
    let hit = known.get(id);
    if (hit === undefined) known.set(id, (hit = test(symbols.text(id)) === want));
    return hit;
  };
}

/** Refs of the matcher's values, when that is a short way to them: equality and word lists; undefined when the matcher also fits series without the label. */
export function candidates(matcher: ResolvedMatcher, postings: Postings, symbols: Symbols): readonly (readonly number[])[] | undefined {
  if (matcher.op === '=') return matcher.valueId === EMPTY_ID ? undefined : [postings.refs(matcher.nameId, matcher.valueId)];
  if (matcher.op === '!=') return matcher.value === '' ? [...(postings.values(matcher.nameId)?.values() ?? [])] : undefined;
  const { regex } = matcher;
  if (regex?.test === undefined) return [];
  const want = matcher.op === '=~';
  if (regex.test('') === want) return undefined;
  if (want && regex.values !== undefined) return regex.values.map((value) => postings.refs(matcher.nameId, symbols.find(value)));
  const test = regex.test;
  const lists: (readonly number[])[] = [];
  for (const [value, refs] of postings.values(matcher.nameId) ?? []) if (test(symbols.text(value)) === want) lists.push(refs);
  return lists;
}

/** Rising lists merged into one. */
export function union(lists: readonly (readonly number[])[]): readonly number[] {
  const [first] = lists;
  if (lists.length <= 1) return first ?? [];
  return [...Uint32Array.from(lists.flat()).sort()];
}
/** What both rising lists hold; the shorter is walked, the longer is searched by galloping. */
export function intersect(a: readonly number[], b: readonly number[]): readonly number[] {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const out: number[] = [];
  let at = 0;
  for (const ref of short) {
    let step = 1;
    while ((long[at + step] ?? Number.POSITIVE_INFINITY) < ref) step *= 2;
    let low = at + (step >>> 1);
    let high = Math.min(long.length, at + step + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((long[middle] ?? 0) < ref) low = middle + 1;
      else high = middle;
    }
    at = low;
    if (at >= long.length) break;
    if (long[at] === ref) out.push(ref);
  }
  return out;
}
