#!/usr/bin/env node
// The `pharos` command. Runs on any Node >= 18 just far enough to hand over to the Node 24 that npm installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const node = `${root}node_modules/.bin/node`;

/** Flags of the process that holds the whole mesh: a small young generation; one malloc arena (ADR on memory: 50 MB less). They count only from a process's first moment. */
const small = ['--max-semi-space-size=1', '--disable-warning=ExperimentalWarning'];
const starts = process.argv[2] === 'up' && process.env.MALLOC_ARENA_MAX === undefined && typeof process.execve === 'function';

if (Number(process.versions.node.split('.')[0]) >= 24 && starts) {
  process.removeAllListeners('warning');
  process.execve(process.execPath, [process.execPath, ...small, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { ...process.env, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' });
} else if (Number(process.versions.node.split('.')[0]) >= 24) {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(`${root}.cache/compile`);
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
} else if (existsSync(node)) {
  // The child alone decides when it has stopped: signals are passed on, and a terminal's Ctrl-C reaches it anyway (a second SIGINT is not an urge).
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal); });
  child.on('close', (code) => { process.exitCode = code ?? 1; });
} else {
  process.stderr.write('pharos needs the packages of this checkout: run `npm start` or `npm ci` first.\n');
  process.exitCode = 1;
}
