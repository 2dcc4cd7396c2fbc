import { expect, test } from 'vitest';
import type { ConfigRow } from '#web/data';
import { filterRows, worstLevel } from './filter-rows.ts';
import { lineOfPath } from './line-of-path.ts';

const YAML = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: ratings
spec:
  hosts:
  - ratings
  http:
  - fault:
      abort:
        httpStatus: 500
    match:
      - headers:
          end-user:
            exact: jason
    route:
    - destination:
        host: ratings
        subset: v1
  # the rest
  - route:
      - destination:
          host: ratings
        weight: 10
      - weight: 90
        destination:
          host: ratings
`;

test('a field path leads to its line', () => {
  const at = (path: string): string | undefined => YAML.split('\n')[(lineOfPath(YAML, path) ?? 0) - 1]?.trim();
  expect(at('spec.http[0].fault.abort.httpStatus')).toBe('httpStatus: 500');
  expect(at('spec.http[0].match[0].headers.end-user.exact')).toBe('exact: jason');
  expect(at('spec.http[0].route[0].destination.subset')).toBe('subset: v1');
  expect(at('spec.http[1].route[1].weight')).toBe('- weight: 90');
  expect(at('spec.http[1].route[1].destination.host')).toBe('host: ratings');
  expect(at('spec.http[1].route[0].weight')).toBe('weight: 10');
  expect(at('spec.hosts[0]')).toBe('- ratings');
  expect(at('metadata.name')).toBe('name: ratings');
});

test('what is not there leads to the deepest part that is', () => {
  expect(lineOfPath(YAML, 'spec.http[0].timeout')).toBe(9);
  expect(lineOfPath(YAML, 'nowhere')).toBeUndefined();
});

const row = (name: string, findings: ConfigRow['findings'] = []): ConfigRow => ({ group: 'g', version: 'v1', kind: 'VirtualService', plural: 'virtualservices', namespace: 'default', name, createdAt: 0, resourceVersion: '1', findings, actedOn: true, summary: 'reviews 90 / 10' });
test('the filter looks for every word, and for findings', () => {
  const rows = [row('reviews'), row('ratings', [{ level: 'warning', code: 'IST0101', message: '', path: '' }, { level: 'error', code: 'X', message: '', path: '' }])];
  const names = (find: string, onlyFindings = false): readonly string[] => filterRows(rows, { kind: undefined, find, onlyFindings }).map((r) => r.name);
  expect([names('virtual 90'), names('ratings'), names('', true), names('nothing')]).toEqual([['reviews', 'ratings'], ['ratings'], ['ratings'], []]);
  expect(rows.map(worstLevel)).toEqual([undefined, 'error']);
});
