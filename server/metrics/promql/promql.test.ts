import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ColumnWriter } from '../store/column-writer.ts';
import { SeriesStore } from '../store/series-store.ts';
import { Engine } from './eval/engine.ts';
import type { QueryResult } from './eval/engine.ts';
import { parseQuery } from './parse/parse.ts';
import { printQuery } from './parse/print.ts';
import { compileRegex } from './regex.ts';

type Data = Readonly<Record<string, readonly (number | undefined)[]>>;
/** Series given as `name{a="b"}`, one sample every 5 minutes. */
function load(data: Data, stepMs = 300_000): SeriesStore {
  const store = new SeriesStore({ seriesMax: 10_000 });
  const writer = new ColumnWriter(store, store.createChain('test'));
  const series = Object.entries(data).map(([text, values]) => {
    const [, name = '', inner = ''] = /^(\w*)(?:\{(.*)\})?$/.exec(text) ?? [];
    const labels = [...inner.matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1] ?? '', m[2] ?? ''] as const);
    return { slot: writer.slotOf(store.internLabels([['__name__', name], ...labels])), values };
  });
  for (let i = 0; i < Math.max(...series.map((s) => s.values.length)); i++) {
    writer.open(i * stepMs + 1);
    for (const { slot, values } of series) {
      const v = values[i];
      if (v !== undefined) writer.set(slot, v);
    }
    writer.commit(false);
  }
  return store;
}
const engineOf = (store: SeriesStore): Engine => new Engine({ store, limits: { lookbackMs: 300_000, samplesMax: 1e7, timeoutMs: 30_000 } });
function shown({ data, labels }: QueryResult): readonly string[] {
  if (data.type === 'scalar' || data.type === 'string') return [String(data.value)];
  if (data.type === 'raw') return data.series.map((s) => `${labels.toText(s.ref)} ${[...s.values].join(' ')}`);
  const n = data.block.steps;
  return data.block.refs.map((ref, i) => `${labels.toText(ref)} ${Array.from({ length: n }, (_, s) => (data.block.has[i * n + s] === 1 ? data.block.values[i * n + s] : '_')).join(' ')}`);
}
const REQUESTS: Data = {
  'http_requests{job="api",instance="0",group="production"}': [100], 'http_requests{job="api",instance="1",group="production"}': [200], 'http_requests{job="api",instance="0",group="canary"}': [300],
  'http_requests{job="app",instance="0",group="production"}': [500], 'vector_a{l="x"}': [10], 'vector_a{l="y"}': [20], 'vector_b{l="x"}': [40], 'errors{job="api",group="canary",code="500"}': [3], 'errors{job="api",group="canary",code="404"}': [6],
  'cpu_count{instance="0",kind="smp"}': [2], 'cpu_count{instance="1",kind="smp"}': [4],
};
const ask = async (query: string, data: Data = REQUESTS): Promise<readonly string[]> => [...shown(await engineOf(load(data)).instant(query, 1000))].sort();

test.each<[string, readonly string[]]>([
  ['sum(http_requests) by (job) - count(http_requests) by (job)', ['{job="api"} 597', '{job="app"} 499']],
  ['2 - sum(http_requests) by (job)', ['{job="api"} -598', '{job="app"} -498']],
  ['-http_requests{job="app"}', ['{group="production", instance="0", job="app"} -500']],
  ['http_requests{job="app"} > 100', ['http_requests{group="production", instance="0", job="app"} 500']],
  ['http_requests{job="app"} > bool 100', ['{group="production", instance="0", job="app"} 1']],
  ['1000 > http_requests{job="app"}', ['http_requests{group="production", instance="0", job="app"} 500']],
  ['vector_a + on(l) vector_b', ['{l="x"} 50']],
  ['vector_a > on(l) vector_b', []],
  ['vector_a < on(l) vector_b', ['{l="x"} 10']],
  ['vector_a <= bool on(l) vector_b', ['{l="x"} 1']],
  ['vector_a and on(l) vector_b', ['vector_a{l="x"} 10']],
  ['vector_a unless on(l) vector_b', ['vector_a{l="y"} 20']],
  ['vector_b or vector_a', ['vector_a{l="y"} 20', 'vector_b{l="x"} 40']],
  ['http_requests{group="canary"} and on() vector(1)', ['http_requests{group="canary", instance="0", job="api"} 300']],
  ['sum(none) or on () vector(1)', ['{} 1']],
  ['errors / on(job, group) group_left http_requests{group="canary"}', ['{code="404", group="canary", job="api"} 0.02', '{code="500", group="canary", job="api"} 0.01']],
  ['http_requests{group="canary"} / on(job, group) group_right errors', ['{code="404", group="canary", job="api"} 50', '{code="500", group="canary", job="api"} 100']],
  ['errors * on(job, group) group_left(instance) http_requests{group="canary"}', ['{code="404", group="canary", instance="0", job="api"} 1800', '{code="500", group="canary", instance="0", job="api"} 900']],
  ['http_requests{job="app"} * on(instance) group_left(kind) cpu_count', ['{group="production", instance="0", job="app", kind="smp"} 1000']],
  ['-2^2', ['-4']], ['2^3^2', ['512']], ['-5 % 3', ['-2']], ['1_000 + 0x1F + 5m', ['1331']], ['1 == bool 1', ['1']], ['atan2(1, 1)'.replace('atan2(1, 1)', '1 atan2 1'), [String(Math.PI / 4)]],
  // Names are dropped at the very end, so that functions in between still see them.
  ['label_replace(abs(vector_b), "was", "abs_$1", "__name__", "(.+)")', ['{l="x", was="abs_vector_b"} 40']],
  ['label_replace(abs(vector_b), "__name__", "abs_$1", "__name__", "(.+)")', ['abs_vector_b{l="x"} 40']],
  ['label_join(abs(vector_b), "__name__", "_", "__name__", "l")', ['vector_b_x{l="x"} 40']],
  ['sum by (__name__) (vector_b)', ['vector_b 40']],
  ['sum by (__name__, l) (abs(vector_b))', ['{l="x"} 40']],
  ['topk(1, sum by (__name__, l) (abs(vector_b)))', ['{l="x"} 40']],
  ['sum(abs({l="x"})) by (l)', ['{l="x"} 50']],
  ['last_over_time(vector_b[5m])', ['vector_b{l="x"} 40']],
  ['topk(2, http_requests)', ['http_requests{group="canary", instance="0", job="api"} 300', 'http_requests{group="production", instance="0", job="app"} 500']],
  ['count_values("v", http_requests > 250)', ['{v="300"} 1', '{v="500"} 1']],
  ['label_replace(vector_b, "n", "$1-$1", "l", "(.*)")', ['vector_b{l="x", n="x-x"} 40']],
  ['label_replace(vector_b, "l", "", "l", "x")', ['vector_b 40']],
  ['round(vector(0.15), 0.1)', ['{} 0.2']], ['clamp(vector(7), 5, 2)', []], ['scalar(vector_a)', ['NaN']], ['absent(none{a="b",a="c",d="e",f=~"g"})', ['{d="e"} 1']],
  ['quantile(0.5, http_requests)', ['{} 250']], ['stddev(vector_a)', ['{} 5']], ['group(vector_a)', ['{} 1']], ['min(vector(NaN))', ['{} NaN']],
])('%s', async (query, wanted) => {
  expect(await ask(query)).toEqual([...wanted].sort());
});

test.each<[string, string]>([
  ['vector_a + on() vector_b', 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'],
  ['vector_b + on() vector_a', 'found duplicate series for the match group {} on the right hand-side of the operation: [vector_a{l="y"}, vector_a{l="x"}];many-to-many matching not allowed: matching labels must be unique on one side'],
  ['errors * on(job) group_left(instance) http_requests', 'found duplicate series for the match group {job="api"} on the right hand-side'],
  ['{__name__=~"vector_a|vector_b",l="x"} + 1', 'vector cannot contain metrics with the same labelset'],
  ['sum by (__name__) (abs({l="x"}))', 'vector cannot contain metrics with the same labelset'],
  ['label_replace(vector_a, "l", "z", "l", ".*")', 'vector cannot contain metrics with the same labelset'],
])('%s fails', async (query, message) => {
  await expect(ask(query)).rejects.toThrow(message);
});

test.each<[string, string]>([
  ['', '1:1: parse error: no expression found in input'],
  ['1 +', '1:4: parse error: unexpected end of input'],
  ['sum by (', '1:9: parse error: unclosed left parenthesis'],
  ['foo bar', '1:5: parse error: unexpected identifier "bar"'],
  ['rate(foo)', '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
  ['sum(foo[5m])', '1:5: parse error: expected type instant vector in aggregation expression, got range vector'],
  ['1 > 2', '1:1: parse error: comparisons between scalars must use BOOL modifier'],
  ['1 and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
  ['foo + bool bar', '1:1: parse error: bool modifier can only be used on comparison operators'],
  ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
  ['foo{__name__="bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
  ['nope(foo)', '1:1: parse error: unknown function with name "nope"'],
  ['nope(foo', '1:9: parse error: unclosed left parenthesis'],
  ['foo{a=~"("}', '1:1: parse error: error parsing regexp: missing closing ): `^(?s:()$`'],
  ['foo[0s]', '1:5: parse error: duration must be greater than 0'],
  ['limitk(1, foo)', '1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions'],
  ['mad_over_time(foo[1m])', '1:1: parse error: function "mad_over_time" is not enabled'],
  ['foo\n  bar', '2:3: parse error: unexpected identifier "bar"'],
  ['foo and on(a) group_left bar', '1:9: parse error: no grouping allowed for "and" operation'.replace('1:9', '1:9')],
  ['"abc', '1:1: parse error: unterminated quoted string'],
])('%j is refused in Prometheus\'s words', (query, message) => {
  expect(() => parseQuery(query)).toThrow(message);
});

test('queries print as Prometheus formats them, and parse to the same again', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['sum(a)by(b)', 'sum by (b) (a)'], ['SUM WITHOUT(b,c)(a{x=\'1\'})', 'sum without (b, c) (a{x="1"})'], ['rate(a[1m30s]offset -5m)', 'rate(a[1m30s] offset -5m)'], ['a@100', 'a @ 100.000'], ['a @ end()', 'a @ end()'],
    ['a+on(x)group_left(y)b', 'a + on (x) group_left (y) b'], ['a OR b', 'a or b'], ['max_over_time(a[5m:])', 'max_over_time(a[5m:])'], ['{"my.metric","a.b"="c"}', '{"my.metric","a.b"="c"}'], ['-(a)', '-(a)'], ['topk(3,a)', 'topk(3, a)'],
  ];
  for (const [query, printed] of forms) {
    expect(printQuery(parseQuery(query))).toBe(printed);
    expect(printQuery(parseQuery(printed))).toBe(printed);
  }
  const long = 'histogram_quantile(0.95, sum by (le, destination_service) (rate(istio_request_duration_milliseconds_bucket{reporter="destination"}[1m])))';
  expect(printQuery(parseQuery(long))).toContain('\n  sum by (le, destination_service) (\n');
});

test('a query parses, or is refused as a parse error; nothing else', () => {
  const piece = fc.constantFrom('foo', 'sum', 'rate', '(', ')', '[5m]', '{', '}', 'a="b"', ',', ' ', 'by', 'on', 'offset', '@', '1', '5m', '+', '-', '^', 'and', '==', 'bool', '"x"', 'start()', ':', '[', ']', 'é', '\n', '#');
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }).map((list) => list.join('')), (query) => {
    try {
      printQuery(parseQuery(query));
    } catch (error) {
      expect(error).toMatchObject({ name: 'ParseError', message: expect.stringMatching(/^\d+:\d+: parse error: /) });
    }
  }), { numRuns: 2000 });
});

test('each step of a range query is what an instant query gives at that time', async () => {
  const values = fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(100) }, fc.constant(undefined)), { minLength: 3, maxLength: 200 });
  const query = fc.constantFrom('sum by (l) (rate(m[50s]))', 'increase(m[1m])', 'm', 'm offset 20s', 'm > 10 or n', 'm - on(l) n', 'max_over_time(m[30s:10s])', 'avg_over_time(m[1m]) / 2', 'topk(1, m)', 'changes(m[2m])', 'quantile(0.3, m)', 'm @ 40', 'absent(m)', 'irate(m[1m])');
  await fc.assert(fc.asyncProperty(values, values, values, query, fc.integer({ min: 1, max: 40 }), async (a, b, c, text, step) => {
    const engine = engineOf(load({ 'm{l="x"}': a, 'm{l="y"}': b, 'n{l="x"}': c }, 7000));
    const steps = { start: 10_000, step: step * 1000, count: 25 };
    const range = await engine.range(text, steps);
    if (range.data.type !== 'matrix') throw new Error('no matrix');
    const { block } = range.data;
    for (let s = 0; s < steps.count; s += 6) {
      const at = await engine.instant(text, steps.start + s * steps.step);
      if (at.data.type !== 'vector') throw new Error('no vector');
      const one = at.data.block;
      const instant = new Map(one.refs.map((ref, i) => [at.labels.toText(ref), one.values[i]]));
      const ranged = new Map(block.refs.flatMap((ref, i) => (block.has[i * steps.count + s] === 1 ? [[range.labels.toText(ref), block.values[i * steps.count + s]] as const] : [])));
      expect(ranged).toEqual(instant);
    }
  }), { numRuns: 150 });
});

test('increase is at least what the counter rose between its first and last sample, and rate is increase by the range', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(50), { minLength: 12, maxLength: 60 }), fc.nat(11), async (rises, reset) => {
    let sum = 0;
    const counter = rises.map((rise, i) => (sum = i === reset ? rise : sum + rise));
    const engine = engineOf(load({ c_total: counter }, 1000));
    const at = (rises.length - 1) * 1000 + 1;
    const value = async (query: string): Promise<number> => {
      const { data } = await engine.instant(query, at);
      return data.type === 'vector' ? (data.block.values[0] ?? Number.NaN) : Number.NaN;
    };
    const increase = await value('increase(c_total[10s])');
    const shown = counter.slice(-10);
    const rose = shown.slice(1).reduce((total, v, i) => total + (v < (shown[i] ?? 0) ? v : v - (shown[i] ?? 0)), 0);
    expect(increase).toBeGreaterThanOrEqual(rose - 1e-9);
    expect(increase).toBeLessThanOrEqual(rose * (10 / 9) + 1e-9);
    expect(await value('rate(c_total[10s])')).toBeCloseTo(increase / 10, 9);
  }), { numRuns: 100 });
});

test('patterns match as RE2 does, whole and with the dot for every character', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a|b', 'b', true], ['a|b', 'ab', false], ['(a|b)', 'a', true], ['a.*', 'abc', true], ['.*c', 'abc', true], ['.+', '', false], ['.*', '', true], ['.*b.+', 'ab', false], ['.*b.+', 'abb', true], ['a\\.b.*', 'a.bc', true],
    ['a\\.b.*', 'axbc', false], ['^.+\\.ns\\..+$', 'a.ns.svc', true], ['(?i)ABC', 'abc', true], ['a.c', 'a\nc', true], ['.+.*', '', false], ['.+.*', 'a', true], ['.+.+', 'a', false], ['ab?', 'a', true], ['ab*c', 'ac', true], ['^0$|^[4-5]\\d\\d$', '503', true], ['^0$|^[4-5]\\d\\d$', '200', false], ['foo|', '', true], ['x{2}', 'xx', true],
  ];
  for (const [pattern, text, wanted] of cases) expect(compileRegex(pattern).test?.(text), `${pattern} on ${JSON.stringify(text)}`).toBe(wanted);
  const parts = fc.array(fc.constantFrom('a', 'b', '.', '.*', '.+', '|', '\\.', '[ab]', '(a|b)', '?', 'ab'), { maxLength: 5 }).map((list) => list.join(''));
  fc.assert(fc.property(parts, fc.stringMatching(/^[ab.\n]{0,5}$/), (pattern, text) => {
    let wanted: boolean;
    try {
      wanted = new RegExp(`^(?:${pattern})$`, 's').test(text);
    } catch {
      return; // not a pattern for either
    }
    const made = compileRegex(pattern);
    if (made.error === undefined) expect(made.test?.(text), pattern).toBe(wanted);
  }), { numRuns: 2000 });
});

test('a query that takes too long or is no longer wanted ends', async () => {
  const store = load({ m: Array.from({ length: 100 }, (_, i) => i) }, 1000);
  const engine = engineOf(store);
  const gone = new AbortController();
  gone.abort();
  const steps = { start: 0, step: 1000, count: 5000 };
  const heavy = 'sum_over_time(sum_over_time(m[5m:1s])[10m:1s])';
  await expect(engine.range(heavy, steps, { timeoutMs: 1 })).rejects.toMatchObject({ type: 'timeout', message: 'query timed out in expression evaluation' });
  await expect(engine.range(heavy, steps, { signal: gone.signal })).rejects.toMatchObject({ type: 'canceled' });
  await expect(new Engine({ store, limits: { lookbackMs: 300_000, samplesMax: 10, timeoutMs: 30_000 } }).range('m', steps)).rejects.toMatchObject({ type: 'execution', message: expect.stringContaining('too many samples') });
});
