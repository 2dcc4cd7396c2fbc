#!/usr/bin/env node
// The `pharos` command. Runs on any Node >= 18 just far enough to hand over to the Node 24 that npm installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MALLOC_ENV, NODE_FLAGS } from './process-flags.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const node = `${root}node_modules/.bin/node`;

/** The process that holds the whole mesh takes the memory flags too: they count only from a process's first moment. */
const starts = process.argv[2] === 'up' && process.env.MALLOC_ARENA_MAX === undefined && typeof process.execve === 'function';

if (Number(process.versions.node.split('.')[0]) >= 24 && starts) {
  process.removeAllListeners('warning');
  process.execve(process.execPath, [process.execPath, ...NODE_FLAGS, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { ...process.env, ...MALLOC_ENV });
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
