// Reads and runs Prometheus's test language (prometheus/prometheus promql/promqltest/README.md) against our store and engine.
import { ColumnWriter, Engine, parseQuery, SeriesStore } from '#server/metrics';
import type { Expr, Matcher, QueryResult } from '#server/metrics';

export type Kind = 'core' | 'feature' | 'native';
export type Outcome = { readonly kind: Kind; readonly line: number; readonly query: string; /** Undefined when the case passed. */ readonly failure: string | undefined };

type Value = number | 'none' | 'stale' | 'native';
type Expected = { readonly labels: ReadonlyMap<string, string>; readonly values: readonly Value[] };
type Case = { readonly line: number; readonly query: string; readonly from: number; readonly to: number; readonly step: number; readonly range: boolean; readonly expect: readonly string[]; readonly results: readonly Expected[]; readonly scalar: string | undefined; readonly mentionsNative: boolean };

const UNITS: ReadonlyMap<string, number> = new Map([['y', 31_536_000_000], ['w', 604_800_000], ['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000], ['ms', 1]]);
/** A duration, or a number of seconds, in ms. */
export function milliseconds(text: string): number {
  if (/^-?[\d.]+$/.test(text)) return Number(text) * 1000;
  let total = 0;
  for (const [, n = '0', unit = 'ms'] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) total += Number(n) * (UNITS.get(unit) ?? 0);
  return text.startsWith('-') ? -total : total;
}
const numberOf = (text: string): number => (/^[+-]?inf$/i.test(text) ? (text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : /^nan$/i.test(text) ? Number.NaN : Number(text));

/** Splits at spaces outside of braces. */
function words(text: string): readonly string[] {
  const list: string[] = [];
  let depth = 0;
  let word = '';
  for (const c of text) {
    if (c === '{') depth += 1;
    if (c === '}') depth -= 1;
    if (/\s/.test(c) && depth === 0) {
      if (word !== '') list.push(word);
      word = '';
    } else word += c;
  }
  return word === '' ? list : [...list, word];
}
/** `1 _ 2x3 1+2x3 stale {{…}}` as values. */
export function valuesOf(text: string): readonly Value[] {
  return words(text).flatMap((word): readonly Value[] => {
    const repeat = /x(\d+)$/.exec(word);
    if (word.startsWith('{{')) return Array.from({ length: repeat === null ? 1 : Number(repeat[1]) + 1 }, (): Value => 'native');
    if (/^_(x\d+)?$/.test(word)) return Array.from({ length: repeat === null ? 1 : Number(repeat[1]) }, (): Value => 'none');
    if (/^stale(x\d+)?$/.test(word)) return Array.from({ length: repeat === null ? 1 : Number(repeat[1]) + 1 }, (): Value => 'stale');
    const series = /^([+-]?(?:[\d.]+(?:[eE][+-]?\d+)?|inf|nan))(?:([+-][\d.]+(?:[eE][+-]?\d+)?))?x(\d+)$/i.exec(word);
    if (series === null) return [numberOf(word)];
    const first = numberOf(series[1] ?? '');
    const step = Number(series[2] ?? 0);
    return Array.from({ length: Number(series[3]) + 1 }, (_, i) => first + i * step);
  });
}
/** `name{a="b"} values` split into labels and the rest. */
function seriesLine(text: string): { readonly labels: ReadonlyMap<string, string>; readonly rest: string } {
  const labels = new Map<string, string>();
  const name = /^[a-zA-Z_:][\w:]*/.exec(text)?.[0] ?? '';
  let at = name.length;
  if (name !== '') labels.set('__name__', name);
  if (text[at] === '{') {
    const pair = /\s*(?:([a-zA-Z_][\w.]*|"(?:[^"\\]|\\.)*")\s*=\s*)?("(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`)\s*,?\s*/y;
    pair.lastIndex = at + 1;
    while (text[pair.lastIndex] !== '}') {
      const found = pair.exec(text);
      if (found === null) throw new Error(`cannot read the labels of ${text}`);
      const value = (found[2] ?? '').startsWith('"') ? String(JSON.parse((found[2] ?? '').replaceAll('\t', '\\t'))) : (found[2] ?? '').slice(1, -1);
      labels.set(found[1] === undefined ? '__name__' : found[1].replaceAll('"', ''), value);
      at = pair.lastIndex;
      if (text[at] === '}') break;
    }
    at = text.indexOf('}', Math.max(at, name.length + 1)) + 1;
  }
  return { labels, rest: text.slice(at).trim() };
}

const same = (a: number, b: number): boolean => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b);
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || sum < 2.2250738585072014e-308) return Math.abs(a - b) < 1e-6 * 2.2250738585072014e-308;
  return Math.abs(a - b) / Math.min(sum, Number.MAX_VALUE) < 1e-6;
};

export class PromqlTest {
  readonly #lines: readonly string[];
  #at = 0;
  #store = new SeriesStore({ seriesMax: 1_000_000 });
  /** Label sets that hold native histograms, which this store does not keep. */
  #native: ReadonlyMap<string, string>[] = [];
  readonly outcomes: Outcome[] = [];
  constructor(text: string) {
    this.#lines = text.split('\n');
  }
  async run(): Promise<readonly Outcome[]> {
    while (this.#at < this.#lines.length) {
      const line = (this.#lines[this.#at] ?? '').trim();
      if (line === '' || line.startsWith('#')) this.#at += 1;
      else if (line === 'clear') {
        this.#store = new SeriesStore({ seriesMax: 1_000_000 });
        this.#native = [];
        this.#at += 1;
      } else if (line.startsWith('load')) this.#load(line);
      else if (line.startsWith('eval')) await this.#eval(line);
      else throw new Error(`line ${this.#at + 1} is no command: ${line}`);
    }
    return this.outcomes;
  }
  /** The indented lines after a command. */
  #body(): readonly string[] {
    const body: string[] = [];
    for (this.#at += 1; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] ?? '';
      if (line.trim() === '' || !/^\s/.test(line)) break;
      if (!line.trim().startsWith('#')) body.push(line.trim());
    }
    return body;
  }
  #load(line: string): void {
    const nhcb = line.startsWith('load_with_nhcb');
    const interval = milliseconds(line.split(/\s+/)[1] ?? '');
    const series = this.#body().map((text) => {
      const { labels, rest } = seriesLine(text);
      return { labels, values: valuesOf(rest) };
    });
    const chain = this.#store.createChain(`load ${this.#at}`);
    const writer = new ColumnWriter(this.#store, chain);
    const length = Math.max(0, ...series.map((s) => s.values.length));
    for (const { labels, values } of series) {
      if (values.includes('native')) this.#native.push(labels);
      const name = labels.get('__name__') ?? '';
      if (nhcb && name.endsWith('_bucket')) this.#native.push(new Map([...labels].filter(([key]) => key !== 'le')).set('__name__', name.slice(0, -7)));
    }
    const refs = series.map((s) => this.#store.internLabels(s.labels));
    for (let i = 0; i < length; i++) {
      if (!writer.open(i * interval)) throw new Error('times do not rise');
      for (const [n, { values }] of series.entries()) {
        const v = values[i] ?? 'none';
        if (v === 'none' || v === 'native') continue;
        const slot = writer.slotOf(refs[n] ?? -1);
        if (v === 'stale') writer.setStale(slot);
        else writer.set(slot, v);
      }
      writer.commit(false);
    }
    chain.live = false;
  }
  #case(line: string): Case {
    const number = this.#at + 1;
    const instant = /^eval(?:_\w+)? instant at (\S+)\s+(.*)$/.exec(line);
    const range = /^eval(?:_\w+)? range from (\S+) to (\S+) step (\S+)\s+(.*)$/.exec(line);
    const query = (instant?.[2] ?? range?.[4] ?? '').trim();
    const body = this.#body();
    const expect = body.filter((text) => text.startsWith('expect '));
    const rest = body.filter((text) => !text.startsWith('expect '));
    const scalar = rest.length === 1 && /^[+-]?([\d.]|inf|nan)/i.test(rest[0] ?? '') && !(rest[0] ?? '').includes('{') ? rest[0] : undefined;
    const results = scalar !== undefined ? [] : rest.map((text) => {
      const { labels, rest: values } = seriesLine(text);
      return { labels, values: valuesOf(values) };
    });
    const [from, to, step] = instant === null ? [range?.[1], range?.[2], range?.[3]].map((t) => milliseconds(t ?? '0')) : [milliseconds(instant[1] ?? '0'), milliseconds(instant[1] ?? '0'), 1];
    return { line: number, query, from: from ?? 0, to: to ?? 0, step: step ?? 1, range: instant === null, expect, results, scalar, mentionsNative: rest.some((text) => text.includes('{{') || text.includes('{count:')) || expect.some((text) => text.includes('histogram') && text.includes('native')) };
  }
  async #eval(line: string): Promise<void> {
    const test = this.#case(line);
    const engine = new Engine({ store: this.#store, limits: { lookbackMs: 300_000, samplesMax: 50_000_000, timeoutMs: 60_000 }, experimental: true });
    let failure: string | undefined;
    try {
      const result = test.range ? await engine.range(test.query, { start: test.from, step: test.step, count: Math.floor((test.to - test.from) / test.step) + 1 }) : await engine.instant(test.query, test.from);
      failure = check(test, result);
      if (failure === undefined && !test.range) failure = await this.#asRange(engine, test);
    } catch (error) {
      failure = checkFailure(test, error instanceof Error ? error.message : String(error));
    }
    this.outcomes.push({ kind: this.#kind(test), line: test.line, query: test.query, failure });
  }
  /** Every instant case must give the same in the middle of a range query, as Prometheus's own runner checks. */
  async #asRange(engine: Engine, test: Case): Promise<string | undefined> {
    if (test.expect.some((e) => /ordered|fail|string|range vector/.test(e)) || test.scalar !== undefined || /\b(step|range|start|end)\(\)/.test(test.query)) return undefined;
    const steps = { start: test.from - 60_000, step: 60_000, count: 3 };
    const result = await engine.range(test.query, steps);
    if (result.data.type !== 'matrix') return 'a range query gave no matrix';
    const { block } = result.data;
    const got = block.refs.flatMap((ref, i) => (block.has[i * 3 + 1] === 1 ? [{ labels: new Map(result.labels.entries(ref)), values: [block.values[i * 3 + 1] ?? 0] }] : []));
    const wrong = compare(test.results, got, 1);
    return wrong === undefined ? undefined : `as a range query: ${wrong}`;
  }
  #kind(test: Case): Kind {
    if (test.mentionsNative) return 'native';
    try {
      if (this.#native.length > 0 && selectors(parseQuery(test.query, { experimental: true })).some((matchers) => this.#native.some((labels) => matches(matchers, labels)))) return 'native';
    } catch {
      if (!/\b(min|max)_of\(/.test(test.query)) return 'core'; // a case that is to fail
    }
    try {
      parseQuery(test.query);
    } catch (error) {
      if (/\b(min|max)_of\(/.test(test.query)) return 'feature';
      if (error instanceof Error && /not enabled|experimental|smoothed|anchored/.test(error.message)) return 'feature';
    }
    return 'core';
  }
}

function selectors(expr: Expr): readonly (readonly Matcher[])[] {
  switch (expr.kind) {
    case 'selector': return [expr.matchers];
    case 'matrix': return [expr.selector.matchers];
    case 'subquery':
    case 'unary':
    case 'paren': return selectors(expr.expr);
    case 'call': return expr.args.flatMap(selectors);
    case 'aggregation': return [...selectors(expr.expr), ...(expr.param === undefined ? [] : selectors(expr.param))];
    case 'binary': return [...selectors(expr.lhs), ...selectors(expr.rhs)];
    default: return [];
  }
}
const matches = (matchers: readonly Matcher[], labels: ReadonlyMap<string, string>): boolean => matchers.every((m) => {
  const value = labels.get(m.name) ?? '';
  if (m.op === '=' || m.op === '!=') return (m.op === '=') === (value === m.value);
  return (m.op === '=~') === new RegExp(`^(?:${m.value.replaceAll(/\(\?i[:)]/g, '(?:')})$`, 's').test(value);
});

function checkFailure(test: Case, message: string): string | undefined {
  const fail = test.expect.find((e) => e.startsWith('expect fail'));
  if (fail === undefined) return message;
  const [, how, text = ''] = /^expect fail\s*(msg:|regex:)?\s*(.*)$/.exec(fail) ?? [];
  if (how === 'msg:' && !message.includes(text)) return `the error is "${message}", not "${text}"`;
  if (how === 'regex:' && !new RegExp(text).test(message)) return `the error is "${message}", not /${text}/`;
  return undefined;
}

type Got = { readonly labels: ReadonlyMap<string, string>; readonly values: readonly (number | undefined)[] };
const keyOf = (labels: ReadonlyMap<string, string>): string => [...labels].filter(([, v]) => v !== '').map(([k, v]) => `${k}=${JSON.stringify(v)}`).sort().join(',');

function compare(wanted: readonly Expected[], got: readonly Got[], steps: number): string | undefined {
  const left = new Map(got.map((g) => [keyOf(g.labels), g]));
  for (const { labels, values } of wanted) {
    const key = keyOf(labels);
    const found = left.get(key);
    if (found === undefined) return `{${key}} is missing; there are ${[...left.keys()].map((k) => `{${k}}`).join(' ') || 'none'}`;
    left.delete(key);
    for (let s = 0; s < steps; s++) {
      const [want, have] = [values[s] ?? 'none', found.values[s]];
      if (want === 'none' || want === 'native' || want === 'stale' ? have !== undefined : have === undefined || !same(want, have)) return `{${key}} is ${String(have)} at step ${s}, not ${String(want)}`;
    }
  }
  return left.size > 0 ? `{${[...left.keys()].join('} {')}} should not be there` : undefined;
}

function check(test: Case, result: QueryResult): string | undefined {
  if (test.expect.some((e) => e.startsWith('expect fail'))) return 'it should have failed';
  return checkNotes(test, result) ?? checkData(test, result);
}
function checkNotes(test: Case, { warnings, infos }: QueryResult): string | undefined {
  for (const expected of test.expect) {
    const [, what = '', how, text = ''] = /^expect (no_warn|no_info|warn|info)\s*(msg:|regex:)?\s*(.*)$/.exec(expected) ?? [];
    const list = what.endsWith('warn') ? warnings : infos;
    if (what.startsWith('no_') && list.length > 0) return `${what}: ${list.join('; ')}`;
    if (what === 'warn' || what === 'info') {
      if (list.length === 0) return `there is no ${what}`;
      if (how === 'msg:' && !list.includes(text)) return `the ${what} is "${list.join('; ')}", not "${text}"`;
      if (how === 'regex:' && !list.some((note) => new RegExp(text).test(note))) return `the ${what} is "${list.join('; ')}", not /${text}/`;
    }
  }
  return undefined;
}
function checkData(test: Case, { data, labels }: QueryResult): string | undefined {
  const text = test.expect.find((e) => e.startsWith('expect string'));
  if (text !== undefined) {
    const wanted = text.replace(/^expect string\s*/, '').slice(1, -1);
    return data.type === 'string' && data.value === wanted ? undefined : `the result is ${data.type} ${'value' in data ? data.value : ''}`;
  }
  if (data.type === 'scalar') return test.scalar !== undefined && same(numberOf(test.scalar), data.value) ? undefined : `the scalar is ${data.value}, not ${test.scalar}`;
  if (data.type === 'raw') {
    const window = test.expect.map((e) => /range vector from (\S+) to (\S+) step (\S+)/.exec(e)).find((m) => m !== null);
    const [from, step] = [milliseconds(window?.[1] ?? '0'), milliseconds(window?.[3] ?? '1s')];
    const count = Math.floor((milliseconds(window?.[2] ?? '0') - from) / step) + 1;
    const got = data.series.map((s) => ({ labels: new Map(labels.entries(s.ref)), values: Array.from({ length: count }, (_, i) => s.values[s.times.indexOf(from + i * step)]) }));
    return compare(test.results, got, count);
  }
  if (data.type === 'string') return 'a string was not expected';
  const { block } = data;
  const n = block.steps;
  const got = block.refs.map((ref, i) => ({ labels: new Map(labels.entries(ref)), values: Array.from({ length: n }, (_, s) => (block.has[i * n + s] === 1 ? block.values[i * n + s] : undefined)) }));
  const wrong = compare(test.results, got, n);
  if (wrong !== undefined || !test.expect.includes('expect ordered')) return wrong;
  const order = test.results.map((r) => keyOf(r.labels)).join(' ');
  return got.map((g) => keyOf(g.labels)).join(' ') === order ? undefined : `the order is ${got.map((g) => keyOf(g.labels)).join(' ')}`;
}
