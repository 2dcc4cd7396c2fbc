import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLog } from './log.ts';
import { createWorkQueue } from './work-queue.ts';

const log = createLog('test');
const until = async (ready: () => boolean): Promise<void> => {
  for (let i = 0; i < 1000 && !ready(); i++) await sleep(5);
  expect(ready()).toBe(true);
};

test('a key asked for many times runs once, and once more when asked for while it runs', async () => {
  const runs: string[] = [];
  let release: () => void = () => {};
  const queue = createWorkQueue({ name: 'q', log, work: async (key) => { runs.push(key); if (key === 'a' && runs.length === 1) await new Promise<void>((resolve) => void (release = resolve)); } });
  for (let i = 0; i < 10; i++) queue.add('a');
  await until(() => runs.length === 1);
  for (let i = 0; i < 10; i++) queue.add('a');
  queue.add('b');
  await until(() => runs.includes('b'));
  expect(runs).toEqual(['a', 'b']); // never twice at once for one key
  release();
  await until(() => runs.length === 3);
  expect(runs[2]).toBe('a');
  await queue.stop();
});

test('failures are retried with back-off, and a later run may be asked for', async () => {
  let tries = 0;
  const queue = createWorkQueue({ name: 'q', log, quiet: () => true, work: () => { tries += 1; return tries < 4 ? Promise.reject(new Error('no')) : Promise.resolve(tries < 6 ? { againAfterMs: 1 } : undefined); } });
  queue.add('a');
  await until(() => tries === 6);
  expect(queue.failed).toBe(3);
  await queue.stop();
  queue.add('a');
  await sleep(20);
  expect(tries).toBe(6);
});

test('stop waits for the run under way', async () => {
  let ended = false;
  const queue = createWorkQueue({ name: 'q', log, work: async () => { await sleep(30); ended = true; } });
  queue.add('a');
  await sleep(10);
  await queue.stop();
  expect(ended).toBe(true);
});
