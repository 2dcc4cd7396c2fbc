import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { dataPaths } from '../paths.ts';
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
