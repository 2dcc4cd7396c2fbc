import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { dataPaths } from '../paths.ts';
import { takeLock } from './lock.ts';
import { resetData } from './reset-data.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-reset-`);
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a reset forgets the mesh and keeps what Pharos did not write; a folder that never held one is left alone', () => {
  const paths = dataPaths(dir);
  mkdirSync(`${dir}/stores`, { recursive: true });
  writeFileSync(`${dir}/notes.txt`, 'mine');
  expect(() => resetData(paths)).toThrow(/removed nothing/);
  expect(existsSync(`${dir}/stores`)).toBe(true);
  writeFileSync(paths.kubeletToken, 'token');
  resetData(paths);
  expect(readdirSync(dir)).toEqual(['notes.txt']);
  resetData(dataPaths(`${dir}/absent`));
});

test('the folder of a mesh that runs is left as it is', () => {
  const paths = dataPaths(`${dir}/running`);
  mkdirSync(paths.stores, { recursive: true });
  writeFileSync(paths.kubeletToken, 'token');
  const lock = takeLock(paths.lock);
  if (typeof lock === 'number') throw new Error('taken by nobody');
  expect(() => resetData(paths)).toThrow(`process ${process.pid} runs the mesh`);
  expect([existsSync(paths.stores), existsSync(paths.kubeletToken), existsSync(paths.lock)]).toEqual([true, true, true]);
  lock.release();
  resetData(paths);
  expect(readdirSync(paths.dir)).toEqual([]);
});
