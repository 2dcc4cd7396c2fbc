// `npm test`: types, lint, house, unit, alone, journeys; prints each step's count and one line `N passed, N failed` at the end.
// `--conformance` adds the suites that need PHAROS_SHARED (recorded cases outside this repository).
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const node = `${root}node_modules/.bin/node`;
const out = mkdtempSync(`${tmpdir()}/pharos-test-`);
const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice(7).split(',');
const withConformance = process.argv.includes('--conformance');

const run = (args, env = {}) => new Promise((resolve) => {
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}`, ...env } });
  child.on('close', (code) => resolve(code ?? 1));
});

/** A tool that only says yes or no counts as one test. */
async function check(name, args) {
  const code = await run(args);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

async function vitest(project) {
  const file = `${out}/${project}.json`;
  const code = await run(['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const failed = report.numFailedTests + (report.numFailedTests === 0 && code !== 0 ? 1 : 0);
    return { name: project, passed: report.numPassedTests, failed };
  } catch (error) {
    process.stderr.write(`${project}: no report (${error.message})\n`);
    return { name: project, passed: 0, failed: 1 };
  }
}

async function journeys() {
  const file = `${out}/journeys.json`;
  const code = await run(['node_modules/playwright/cli.js', 'test', '-c', 'e2e/journeys/playwright.config.ts', '--reporter=list,json'], { PLAYWRIGHT_JSON_OUTPUT_NAME: file });
  try {
    const { stats } = JSON.parse(readFileSync(file, 'utf8'));
    return { name: 'journeys', passed: stats.expected, failed: stats.unexpected + stats.flaky + (code !== 0 && stats.unexpected === 0 ? 1 : 0) };
  } catch (error) {
    process.stderr.write(`journeys: no report (${error.message})\n`);
    return { name: 'journeys', passed: 0, failed: 1 };
  }
}

const steps = [
  ['types', () => check('types', ['node_modules/typescript-7/bin/tsc', '-b'])],
  ['lint', () => check('lint', ['node_modules/oxlint/bin/oxlint', '--deny-warnings'])],
  ['house', () => vitest('house')],
  ['unit', () => vitest('unit')],
  ['alone', () => vitest('alone')],
  ['mesh', () => vitest('mesh')],
  ...(withConformance ? [['conformance', () => vitest('conformance')]] : []),
  ['journeys', journeys],
].filter(([name]) => only === undefined || only.includes(name));

const results = [];
for (const [name, step] of steps) {
  process.stdout.write(`\n── ${name}\n`);
  results.push(await step());
}
rmSync(out, { recursive: true, force: true });
process.stdout.write(`\n${results.map((r) => `${r.name.padEnd(12)} ${String(r.passed).padStart(5)} passed  ${String(r.failed).padStart(3)} failed`).join('\n')}\n\n`);
const sum = (field) => results.reduce((total, r) => total + r[field], 0);
process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed\n`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
