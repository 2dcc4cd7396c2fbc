import { expect, test } from 'vitest';
import { openStore } from './store.ts';

test('a failed transaction leaves nothing behind and migrations run once', () => {
  const store = openStore({ path: ':memory:', migrations: ['CREATE TABLE t (a INTEGER)'] });
  expect(() => store.transaction(() => {
    store.sql('INSERT INTO t VALUES (1)').run();
    throw new Error('no');
  })).toThrow('no');
  expect(store.sql('SELECT count(*) AS n FROM t').get()?.['n']).toBe(0);
  store.close();
});
