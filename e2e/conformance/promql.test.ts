// Prometheus's own PromQL tests. The files are read from PHAROS_SHARED/fixtures/promql and are not part of this repository.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PromqlTest } from './promqltest.ts';

const shared = process.env['PHAROS_SHARED'] ?? '/work/shared';
const dir = `${shared}/fixtures/promql`;

/** Passed cases by file, as reached: core, with an experimental feature, with native histograms (which the store does not keep). A lower number fails. */
const REACHED: Readonly<Record<string, readonly [core: number, feature: number, native: number]>> = {
  'aggregators.test': [123, 2, 1], 'at_modifier.test': [76, 2, 0], 'collision.test': [2, 0, 0], 'functions-a.test': [168, 39, 22], 'histograms.test': [83, 10, 0], 'literals.test': [25, 0, 0],
  'selectors.test': [31, 0, 0], 'staleness.test': [17, 0, 0], 'subquery.test': [32, 0, 0],
};

const files = readdirSync(dir).filter((file) => file.endsWith('.test')).sort();
test('the files are there', () => {
  expect(files.length).toBeGreaterThan(5);
});
for (const file of files) {
  test(`PromQL ${file}`, async () => {
    const outcomes = await new PromqlTest(readFileSync(`${dir}/${file}`, 'utf8')).run();
    const count = (kind: string): readonly [number, number] => {
      const all = outcomes.filter((o) => o.kind === kind);
      return [all.filter((o) => o.failure === undefined).length, all.length];
    };
    const [core, feature, native] = [count('core'), count('feature'), count('native')];
    console.log(`promql ${file}: ${core[0]} of ${core[1]} core, ${feature[0]} of ${feature[1]} experimental, ${native[0]} of ${native[1]} with native histograms`);
    for (const o of outcomes) if (o.failure !== undefined && (o.kind !== 'native' || process.env['PROMQL_VERBOSE'] !== undefined)) console.log(`  line ${o.line} (${o.kind}) ${o.query}\n    ${o.failure.slice(0, 400)}`);
    const [coreMin, featureMin, nativeMin] = REACHED[file] ?? [core[1], 0, 0];
    expect([core[0] >= coreMin, feature[0] >= featureMin, native[0] >= nativeMin]).toEqual([true, true, true]);
  });
}
