import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(`${tmpdir()}/pharos-remove-`);
  chmodSync(dir, 0o777);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** As a user without special rights, for whom modes count: root may write everywhere. */
function removeAsUser(path: string): { readonly code: number | null; readonly said: string } {
  const script = `
    if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
    const { mkdirSync, writeFileSync, chmodSync, symlinkSync } = await import('node:fs');
    const top = process.argv[1];
    mkdirSync(top + '/cache/module', { recursive: true });
    writeFileSync(top + '/cache/module/file', 'x', { mode: 0o444 });
    symlinkSync('/etc', top + '/cache/module/link');
    chmodSync(top + '/cache/module', 0o555);
    chmodSync(top + '/cache', 0o555);
    const { removeTree } = await import('./server/runner/pod/remove-tree.ts');
    removeTree(top, { warn: (about, text) => console.log(text, about.error) });
  `;
  const done = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, path], { cwd: ROOT, encoding: 'utf8' });
  return { code: done.status, said: done.stdout + done.stderr };
}

test('what a program made read-only is removed; links are not followed', () => {
  expect(removeAsUser(`${dir}/pod`)).toEqual({ code: 0, said: '' });
  expect([existsSync(`${dir}/pod`), existsSync('/etc/passwd')]).toEqual([false, true]);
});

test('what cannot be removed is told and left', () => {
  mkdirSync(`${dir}/pod`);
  mkdirSync(`${dir}/pod/foreign`);
  writeFileSync(`${dir}/pod/foreign/file`, '');
  symlinkSync('/etc', `${dir}/pod/foreign/link`);
  if (process.getuid?.() !== 0) chmodSync(dir, 0o555);
  chmodSync(`${dir}/pod`, 0o777);
  const { code, said } = removeAsUser(`${dir}/pod`);
  expect(code).toBe(0);
  expect(said).toMatch(process.getuid?.() === 0 ? /^a folder of a pod that has ended could not be removed EPERM|EACCES/ : /^/);
  chmodSync(dir, 0o777);
  expect(existsSync(`${dir}/pod`)).toBe(true);
});
