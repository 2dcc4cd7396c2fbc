// `npm run bench [-- --only=mesh,proxy] [--write]`: runs the benchmarks and prints their rows; --write puts them into docs/performance.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from './bench-row.ts';

const SUITES = ['mesh', 'proxy', 'graph', 'web', 'metrics', 'traces'] as const;
type Suite = (typeof SUITES)[number];
const DOC = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));
const only = process.argv.find((arg) => arg.startsWith('--only='))?.slice(7).split(',');

async function load(suite: Suite): Promise<() => Promise<readonly BenchRow[]>> {
  switch (suite) {
    case 'mesh': return (await import('./mesh.ts')).bench;
    case 'proxy': return (await import('./proxy.ts')).bench;
    case 'graph': return (await import('./graph.ts')).bench;
    case 'web': return (await import('./web.ts')).bench;
    case 'metrics': return (await import('./metrics.ts')).bench;
    case 'traces': return (await import('./traces.ts')).bench;
  }
}

const figure = (v: number): string => (Math.abs(v) >= 100 ? v.toFixed(0) : Math.abs(v) >= 10 ? v.toFixed(1) : v.toFixed(2));
function verdict(row: BenchRow): string {
  const within = (limit: number): boolean => (row.higherIsBetter === true ? row.value >= limit : row.value <= limit);
  if (row.must === undefined) return '';
  if (!within(row.must)) return 'misses';
  return row.aim === undefined || within(row.aim) ? 'reaches the aim' : 'holds';
}
function line(row: BenchRow): string {
  const limit = (v: number | undefined): string => (v === undefined ? '' : figure(v));
  const range = row.range === undefined ? '' : ` (${figure(row.range[0])} to ${figure(row.range[1])})`;
  const peer = row.peer === undefined ? '' : `${row.peer.name} ${figure(row.peer.value)}, ratio ${figure(row.value / row.peer.value)}`;
  return `| ${row.name} | ${figure(row.value)}${range} ${row.unit} | ${limit(row.must)} | ${limit(row.aim)} | ${verdict(row)} | ${[peer, row.note ?? ''].filter((t) => t !== '').join('; ')} |`;
}

const sections: string[] = [];
let missed = 0;
for (const suite of SUITES) {
  if (only !== undefined && !only.includes(suite)) continue;
  process.stdout.write(`\n## ${suite}\n`);
  const rows = await (await load(suite))();
  missed += rows.filter((row) => verdict(row) === 'misses').length;
  const table = ['| what | measured | must | aim | | against |', '|---|---|---|---|---|---|', ...rows.map(line)].join('\n');
  process.stdout.write(`${table}\n`);
  sections.push(`<!-- begin ${suite} -->\n## ${suite}\nMeasured ${new Date().toISOString().slice(0, 10)} by \`npm run bench -- --only=${suite} --write\`.\n\n${table}\n<!-- end ${suite} -->`);
}
if (process.argv.includes('--write')) {
  let text = existsSync(DOC) ? readFileSync(DOC, 'utf8') : '# Performance\n';
  for (const section of sections) {
    const name = /<!-- begin (\w+) -->/.exec(section)?.[1] ?? '';
    const found = new RegExp(`<!-- begin ${name} -->[^]*<!-- end ${name} -->`).exec(text);
    text = found === null ? `${text.trimEnd()}\n\n${section}\n` : text.replace(found[0], () => section);
  }
  text = text.replace(/\nMachine: .*\n/, '\n').replace(/^# Performance\n/, `# Performance\n\nMachine: ${cpus().length} cores (${cpus()[0]?.model.trim() ?? ''}), ${arch()}, kernel ${release()}, Node ${process.version}. Medians of repeated runs; other work on the machine moves them, so trust the ratios.\n`);
  writeFileSync(DOC, text);
}
process.exitCode = missed === 0 ? 0 : 1;
