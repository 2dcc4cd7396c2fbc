// What is forgotten of the history is known as forgotten, also when the disk was full meanwhile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { openStore } from '#server/lib';
import { ObjectStore } from './object-store.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-compaction-`);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Older than this, a change beyond the newest 1000 is forgotten, ms. */
const LATER_MS = 11 * 60_000;
const later = (): number => performance.now() + LATER_MS;

async function put(store: ObjectStore, collection: string, name: string): Promise<number> {
  const where = store.collection(collection);
  return (await store.write({ collection: where, namespace: 'a', name, expect: where.get('a', name)?.rev ?? 0, value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' } } })).rev;
}

test('a compaction that failed does not hide what the next one deletes', async () => {
  const path = `${dir}/failed.db`;
  new ObjectStore(path).close();
  // A disk that is full until an object named "space" is there.
  const file = openStore({ path, migrations: [] });
  file.db.exec("CREATE TRIGGER full BEFORE INSERT ON meta WHEN NOT EXISTS (SELECT 1 FROM revision WHERE name = 'space') BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
  file.close();
  const store = new ObjectStore(path);
  const versions: number[] = [];
  for (let n = 0; n < 20; n++) versions.push(await put(store, '/changed', 'one'));
  await Promise.all(Array.from({ length: 1000 }, (_, i) => put(store, '/others', `o${i}`)));
  store.compact(later());
  expect(store.lastCompactError).toMatch(/full/);
  await put(store, '/others', 'space');
  store.compact(later());
  expect(store.lastCompactError).toBeUndefined();
  const { floor } = store.collection('/changed').history;
  expect(floor).toBe(versions.at(-1));
  store.close();
  const again = new ObjectStore(path);
  expect(again.collection('/changed').history.floor).toBe(floor);
  expect(again.collection('/changed').get('a', 'one')?.rev).toBe(floor);
  // Nobody is shown a history with holes: from the floor on there is nothing.
  expect(again.collection('/changed').history.since(floor)).toEqual([]);
  expect(again.collection('/others').size).toBe(1001);
  again.close();
});

test('a restart while the disk is full still knows the whole history', async () => {
  const path = `${dir}/restarted.db`;
  new ObjectStore(path).close();
  const file = openStore({ path, migrations: [] });
  file.db.exec("CREATE TRIGGER full BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
  file.close();
  const store = new ObjectStore(path);
  const first = await put(store, '/changed', 'one');
  const second = await put(store, '/changed', 'one');
  await Promise.all(Array.from({ length: 1000 }, (_, i) => put(store, '/others', `o${i}`)));
  store.compact(later());
  store.close();
  const again = new ObjectStore(path);
  expect(again.collection('/changed').history.since(first).map(({ rev }) => rev)).toEqual([second]);
  again.close();
});
