import { expect, test } from 'vitest';
import { ColumnWriter, Engine, SeriesStore } from '#server/metrics';
import { graphQueries } from '#shared/graph';

// The graph's rates as the metrics store answers them, minute by minute, when scrapes of a sidecar fail.

const SCRAPE_S = 5;
const WINDOW_S = 60;
/** Requests per second of the old counter; it has counted for long. */
const RATE = 2;
const COUNTED_BEFORE = 1_000_000;

type Target = { readonly instance: string; /** Series by their response code; undefined: not there (yet). `false`: the scrape fails. */ readonly at: (second: number) => Readonly<Record<string, number>> | false };
function stored(targets: readonly Target[], untilSecond: number): Engine {
  const store = new SeriesStore({ seriesMax: 1000 });
  for (const { instance, at } of targets) {
    const writer = new ColumnWriter(store, store.createChain(instance));
    const slot = (name: string, labels: Readonly<Record<string, string>>): number => writer.slotOf(store.internLabels([['__name__', name], ...Object.entries({ ...labels, instance, job: 'kubernetes-pods' })]));
    for (let second = 0; second <= untilSecond; second += SCRAPE_S) {
      const counts = at(second);
      writer.open(second * 1000 + 1);
      if (counts !== false) for (const [code, count] of Object.entries(counts)) writer.set(slot('istio_requests_total', { reporter: 'source', source_workload: instance, destination_service_name: 'reviews', response_code: code }), count);
      writer.set(slot('up', {}), counts === false ? 0 : 1);
      writer.commit(); // what is not in a failed scrape gets a stale marker
    }
  }
  return new Engine({ store, limits: { lookbackMs: 300_000, samplesMax: 1e7, timeoutMs: 30_000 } });
}
/** Requests per second by caller and code, at one time. */
async function ratesAt(engine: Engine, second: number): Promise<Readonly<Record<string, number>>> {
  const { requests } = graphQueries({ windowSeconds: WINDOW_S, grouping: 'workload' });
  const { data, labels } = await engine.instant(requests, second * 1000 + 2);
  if (data.type !== 'vector') throw new Error(`not a vector but ${data.type}`);
  return Object.fromEntries(data.block.refs.map((ref, i) => {
    const text = labels.toText(ref);
    return [`${/source_workload="(\w+)"/.exec(text)?.[1] ?? ''} ${/response_code="(\w+)"/.exec(text)?.[1] ?? ''}`, data.block.values[i] ?? Number.NaN];
  }));
}
const old = (second: number): number => COUNTED_BEFORE + RATE * second;

test.each([['one failed scrape', 300, 300], ['two in a row', 300, 305], ['an outage longer than the lookback', 300, 900]])('%s does not make an old counter new one window later', async (_, from, to) => {
  const engine = stored([{ instance: 'a', at: (second) => second >= from && second <= to ? false : { 200: old(second) } }, { instance: 'b', at: (second) => ({ 200: old(second) }) }], to + 3 * WINDOW_S);
  const seen: number[] = [];
  for (let second = from - 20; second <= to + 3 * WINDOW_S; second += 1) {
    const rates = await ratesAt(engine, second);
    expect(rates['b 200']).toBeCloseTo(RATE, 1);
    if (rates['a 200'] !== undefined) seen.push(rates['a 200']);
  }
  expect(Math.max(...seen)).toBeLessThan(RATE * 1.5);
  expect(seen.at(-1)).toBeCloseTo(RATE, 1);
});

test('what is really new still counts with its whole value: a first error, a new sidecar', async () => {
  const engine = stored([
    { instance: 'a', at: (second) => second === 300 ? false : { 200: old(second), ...(second >= 340 ? { 503: 6 } : {}) } },
    { instance: 'c', at: (second) => second < 340 ? {} : { 200: 12 } },
  ], 500);
  for (const second of [345, 350, 360, 361, 364, 366, 395]) { // 360 to 364: the scrape of a window ago is the one that failed
    const rates = await ratesAt(engine, second);
    expect(rates['a 200']).toBeCloseTo(RATE);
    expect(rates['a 503']).toBeCloseTo(6 / WINDOW_S);
    expect(rates['c 200']).toBeCloseTo(12 / WINDOW_S);
  }
});
