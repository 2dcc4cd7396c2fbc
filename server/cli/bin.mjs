#!/usr/bin/env node
// The `pharos` command. Runs on any Node >= 18 just far enough to hand over to the Node 24 that npm installed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const node = `${root}node_modules/.bin/node`;

if (Number(process.versions.node.split('.')[0]) >= 24) {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(`${root}.cache/compile`);
  const { main } = await import('./main.ts');
  await main(process.argv.slice(2));
} else if (existsSync(node)) {
  const done = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = done.status ?? 1;
} else {
  process.stderr.write('pharos needs the packages of this checkout: run `npm start` or `npm ci` first.\n');
  process.exitCode = 1;
}
