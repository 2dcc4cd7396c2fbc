import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHolder, takeLock } from './lock.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
let path: string;
beforeEach(() => { path = `${mkdtempSync(`${tmpdir()}/pharos-lock-`)}/lock`; });
afterEach(() => rmSync(path.replace(/\/lock$/, ''), { recursive: true, force: true }));

test('one holds it until it is released; a second one is told who', () => {
  const lock = takeLock(path);
  if (typeof lock === 'number') throw new Error('taken by nobody');
  expect([takeLock(path), lockHolder(path)]).toEqual([process.pid, process.pid]);
  lock.release();
  expect([lockHolder(path), existsSync(path)]).toEqual([undefined, false]);
});

test('a lock of a process that is gone, or of another one with its pid, is taken over', () => {
  for (const left of ['999999999 5', `${process.pid} 1`, '']) {
    writeFileSync(path, left);
    const lock = takeLock(path);
    if (typeof lock === 'number') throw new Error('taken by nobody');
    expect(lockHolder(path)).toBe(process.pid);
    lock.release();
  }
});

test('release leaves a lock that is not its own', () => {
  const lock = takeLock(path);
  if (typeof lock === 'number') throw new Error('taken by nobody');
  writeFileSync(path, '1 1');
  lock.release();
  expect(readFileSync(path, 'utf8')).toBe('1 1');
});

test('of many that find the same stale lock at once, one gets it', async () => {
  const script = `
    const { takeLock } = await import('./server/cli/up/lock.ts');
    const { existsSync } = await import('node:fs');
    while (!existsSync(process.argv[1] + '.go'));
    let lock;
    try { lock = takeLock(process.argv[1]); } catch (error) { lock = 0; }
    console.log(typeof lock);
    process.stdin.resume().once('end', () => process.exit(0)); // holds it until the test has seen all
  `;
  writeFileSync(path, '999999999 5');
  const said: string[] = [];
  const children = Array.from({ length: 6 }, () => spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, path], { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] }));
  const all = Promise.all(children.map((child) => new Promise<void>((resolve) => child.stdout.once('data', (data: Buffer) => {
    said.push(data.toString().trim());
    resolve();
  }))));
  setTimeout(() => writeFileSync(`${path}.go`, ''), 1000);
  await all;
  for (const child of children) child.stdin.end();
  expect(said.toSorted()).toEqual(['number', 'number', 'number', 'number', 'number', 'object']);
}, 60_000);
