import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { limitRows, numberOf, valueInCode } from './limit-rows.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, 'utf8');
const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'server/**.ts', 'shared/**.ts'], { cwd: root, encoding: 'utf8' })
  .split('\n').filter((file) => file !== '' && existsSync(`${root}${file}`) && !file.endsWith('.test.ts'));

test('every dependency is weighed in ADR 0003', () => {
  const names = z.record(z.string(), z.string());
  const manifest = z.object({ dependencies: names, devDependencies: names, optionalDependencies: names }).parse(JSON.parse(read('package.json')));
  const text = read('docs/adr/0003-dependencies.md');
  const cells = text.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|')[1] ?? '');
  const named = new Set(cells.flatMap((cell) => cell.split(/[\s,()]+/)));
  const all = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies });
  const missing = all.filter((name) => !named.has(name) && !named.has(`${name.split('/')[0]}/*`));
  expect(missing, 'write a row for each into docs/adr/0003-dependencies.md').toEqual([]);
});

test('the table of decisions names every decision', () => {
  const files = readdirSync(`${root}docs/adr`).filter((file) => /^\d{4}-.*\.md$/.test(file));
  const table = read('docs/adr/README.md');
  expect(files.filter((file) => !table.includes(`(${file})`))).toEqual([]);
});

const registry = z.object({ entries: z.record(z.string(), z.object({ status: z.number(), message: z.string(), next: z.string() })) });

test('docs/errors.md (and what it links) has every registered error as it is', async () => {
  const rows = new Set(`${read('docs/errors.md')}\n${read('docs/console-errors.md')}`.split('\n'));
  const files = sources.filter((file) => /^(?:export )?const \w+ = defineErrors\(/m.test(read(file)));
  expect(files.length).toBeGreaterThan(3);
  const missing: string[] = [];
  for (const file of files) {
    const exported: unknown = await import(`${root}${file}`);
    const found = Object.values(z.record(z.string(), z.unknown()).parse(exported)).flatMap((value) => registry.safeParse(value).data ?? []);
    if (found.length === 0) missing.push(`${file} exports no registry`);
    for (const { entries } of found) {
      for (const [code, { status, message, next }] of Object.entries(entries)) {
        const row = `| ${code} | ${status} | ${message} | ${next} |`;
        if (!rows.has(row)) missing.push(row);
      }
    }
  }
  expect(missing, 'these lines belong into docs/errors.md').toEqual([]);
});

test('docs/limits.md gives every limit the value it has in the code', () => {
  const rows = limitRows(read('docs/limits.md'));
  expect(rows.length).toBeGreaterThan(100);
  const wrong = rows.flatMap(({ file, name, text }) => {
    const inCode = existsSync(`${root}${file}`) ? valueInCode(read(file), name) : undefined;
    return inCode === undefined ? [`${file} has no ${name}`] : inCode === numberOf(text, name) ? [] : [`${file} ${name} is ${inCode}, docs/limits.md says ${text}`];
  });
  expect(wrong).toEqual([]);
});

test('docs/limits.md has every limit of the two stores', () => {
  const listed = new Set(limitRows(read('docs/limits.md')).map(({ file, name }) => `${file} ${name}`));
  const missing = ['server/metrics/limits.ts', 'server/traces/limits.ts'].flatMap((file) => [...read(file).matchAll(/^ {2}(\w+): [\d_* ]+,$/gm)].map((match) => `${file} ${match[1]}`)).filter((key) => !listed.has(key));
  expect(missing).toEqual([]);
});

test('the limit rows are read as they are meant', () => {
  expect(limitRows('| `server/a.ts` `B_BYTES_MAX` | 3 MiB | refused | none |\n| other | 3 |')).toEqual([{ file: 'server/a.ts', name: 'B_BYTES_MAX', text: '3 MiB' }]);
  expect([numberOf('3 MiB', 'A_BYTES_MAX'), numberOf('2 min', 'A_MS_MAX'), numberOf('90 d', 'TTL_SECONDS_MAX'), numberOf('10 000', 'ROWS_MAX'), numberOf('30 %', 'SHARE_MAX'), numberOf('60 KiB', 'HEAD_KB_MAX')]).toEqual([3_145_728, 120_000, 7_776_000, 10_000, 0.3, 60]);
  expect([valueInCode('const A_MAX = 3 * 1024 * 1024;', 'A_MAX'), valueInCode('export const A: T = {\n  bMax: 1_000,\n};', 'bMax'), valueInCode('const A = 2 ** 16;', 'A'), valueInCode('const A = b;', 'A')]).toEqual([3_145_728, 1000, 65_536, undefined]);
});
