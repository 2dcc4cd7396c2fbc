import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import * as z from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const report = z.object({ summary: z.object({ totalCruised: z.number(), violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })) }) });

async function cruise(cwd: string, config: string, folders: readonly string[]): Promise<z.infer<typeof report>['summary']> {
  const bin = `${root}node_modules/dependency-cruiser/bin/dependency-cruiser.mjs`;
  const done = await run(process.execPath, [bin, '--config', config, '--output-type', 'json', ...folders], { cwd, maxBuffer: 256 * 1024 * 1024 }).catch((error: unknown) => {
    // the tool ends with the number of violations as exit code and still prints its report
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string' && error.stdout !== '') return { stdout: error.stdout };
    throw error;
  });
  return report.parse(JSON.parse(done.stdout)).summary;
}

test('no arrow of the house is broken, and the tool saw every file', async () => {
  const listed = (await run('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'shared/**.ts', 'server/**.ts', 'web/**.ts', 'web/**.tsx'], { cwd: root })).stdout.split('\n').filter((file) => file !== '' && !file.endsWith('.d.ts'));
  const summary = await cruise(root, 'e2e/house/arrows.cjs', ['shared', 'server', 'web']);
  expect(summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`)).toEqual([]);
  expect(summary.totalCruised).toBeGreaterThan(listed.length * 0.9);
});

test('the rules catch what is planted', async () => {
  const summary = await cruise(fileURLToPath(new URL('planted/', import.meta.url)), '../arrows.cjs', ['shared', 'server', 'web']);
  const names = new Set(summary.violations.map((v) => v.rule.name));
  for (const rule of ['no-circular', 'shared-is-pure', 'shared-level-base', 'rooms-do-not-know-each-other', 'front-door-only', 'pages-do-not-know-each-other', 'web-only-shared', 'door-sqlite', 'no-unresolvable']) expect(names).toContain(rule);
});
