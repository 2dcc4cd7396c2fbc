import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { E } from './errors.ts';

test('docs/console-errors.md lists every error with its status and words, and no other', () => {
  const text = readFileSync(new URL('../../docs/console-errors.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| ([A-Z_]+) \| (\d+) \| (.*) \| (.*) \|$/gm)].map((m) => [m[1], Number(m[2]), m[3], m[4]]);
  expect(rows).toEqual(Object.entries(E.entries).map(([code, entry]) => [code, entry.status, entry.message, entry.next]));
});
