// Brings what `npm start` or `npm test` needs: packages (with Node 24 among them) and the built web app. Runs on any Node >= 20 with core modules only.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from './process-flags.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const withTests = process.env.npm_lifecycle_event === 'pretest' || process.argv.includes('--tests');
const marker = `${root}node_modules/.pharos-install`;
const alive = process.stdout.isTTY === true;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** Runs one command; in a terminal a spinner with the time, otherwise one line at the end. Its output is shown only when it fails. */
async function step(title, command, args) {
  const start = Date.now();
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
  let n = 0;
  const timer = alive ? setInterval(() => process.stdout.write(`\r  ${frames[n++ % frames.length]} ${title}  ${seconds()} `), 100) : undefined;
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, npm_config_fund: 'false', npm_config_audit: 'false' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { output = (output + chunk).slice(-64 * 1024); });
  const code = await new Promise((resolve) => { child.on('close', resolve); child.on('error', (error) => { output += String(error); resolve(1); }); });
  clearInterval(timer);
  process.stdout.write(`${alive ? '\r\x1b[K' : ''}  ${code === 0 ? '✓' : '✗'} ${title}  ${seconds()}\n`);
  if (code !== 0) {
    process.stderr.write(`${output}\n${title} failed. Mend what the lines above say and start again.\n`);
    process.exit(1);
  }
}

const lock = createHash('sha256').update(readFileSync(`${root}package-lock.json`)).digest('hex');
const installed = existsSync(marker) ? readFileSync(marker, 'utf8').split(' ') : [];
if (installed[0] !== lock || (withTests && installed[1] !== 'tests')) {
  await step(withTests ? 'packages, with what the tests need' : 'packages', 'npm', withTests ? ['ci'] : ['ci', '--omit=dev']);
  writeFileSync(marker, `${lock} ${withTests ? 'tests' : 'run'}`);
}
const client = `${root}.cache/vendor/kube-config.mjs`;
if (!existsSync(client) || ['package-lock.json', 'server/lib/kube/bundle-client.mjs'].some((from) => statSync(client).mtimeMs < statSync(`${root}${from}`).mtimeMs)) {
  mkdirSync(`${root}.cache`, { recursive: true });
  await step('Kubernetes client', `${root}node_modules/.bin/node`, [`${root}server/lib/kube/bundle-client.mjs`]);
}
const bin = `${root}node_modules/.bin/pharos`;
if (!existsSync(bin)) symlinkSync('../../server/cli/bin.mjs', bin);

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return time;
}
const depends = statSync(`${root}package-lock.json`).mtimeMs;
const server = Math.max(newest(`${root}server`), newest(`${root}shared`), depends);
const warm = `${root}.cache/compile/warm`;
if (!existsSync(warm) || statSync(warm).mtimeMs < server) {
  await step('server', `${root}node_modules/.bin/node`, [...NODE_FLAGS, `${root}server/cli/warm.mjs`]);
  writeFileSync(warm, '');
}
const built = `${root}dist/web/index.html`;
const sources = Math.max(newest(`${root}web`), newest(`${root}shared`), depends);
if (existsSync(`${root}web/index.html`) && (!existsSync(built) || statSync(built).mtimeMs < sources)) {
  mkdirSync(`${root}dist`, { recursive: true });
  await step('console', `${root}node_modules/.bin/node`, [`${root}node_modules/vite/bin/vite.js`, 'build', '--logLevel', 'warn']);
}
