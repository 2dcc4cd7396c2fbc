import { parser } from '@prometheus-io/lezer-promql';
import { expect, test } from 'vitest';
import { graphQueries, parseLines, parseRows, quantileQuery, quote, scrapedQuery } from '../index.ts';

function assertPromQl(text: string): void {
  parser.parse(text).iterate({ enter: (node) => {
    if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${text.slice(Math.max(0, node.from - 40), node.from + 40)}`);
  } });
}

test('four texts, valid PromQL, however many namespaces and whatever their names', () => {
  for (const grouping of ['service-version', 'service', 'workload', 'app'] as const) {
    for (const namespaces of [[], ['default'], ['a"b\\c', 'x.y', '(z)'], Array.from({ length: 500 }, (_, i) => `ns-${i}`)]) {
      for (const young of [false, true]) {
        const queries = graphQueries({ windowSeconds: 60, grouping, namespaces, young });
        expect(Object.keys(queries)).toHaveLength(4);
        Object.values(queries).forEach(assertPromQl);
      }
    }
  }
  expect(graphQueries({ windowSeconds: 60, grouping: 'workload', namespaces: ['x.y'] }).requests).toContain(String.raw`=~"x\\.y"`);
  for (const text of [quantileQuery('service', 60), quantileQuery('workload', 300, `x=${quote('a"b')}`), scrapedQuery]) assertPromQl(text);
  expect(() => assertPromQl('sum by (')).toThrow('not PromQL');
});

test('answers that are none are refused with the reason', () => {
  expect(parseRows({ status: 'success', data: { resultType: 'vector', result: [{ metric: { a: 'b' }, value: [1, '2.5'] }, { metric: {}, value: [1, 'NaN'] }] } })).toEqual({ ok: true, value: [{ labels: { a: 'b' }, value: 2.5 }] });
  expect(parseRows({ status: 'error', errorType: 'bad_data', error: 'parse error' })).toEqual({ ok: false, error: 'parse error' });
  for (const bad of [undefined, [], {}, { status: 'success' }, { status: 'success', data: { resultType: 'matrix', result: [] } }, { status: 'success', data: { resultType: 'vector', result: [{ value: [] }] } }]) expect(parseRows(bad).ok).toBe(false);
  expect(parseLines({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values: [[1.5, '2'], [2.5, 'NaN']] }] } })).toEqual({ ok: true, value: [{ labels: {}, points: [[1500, 2], [2500, null]] }] });
});
