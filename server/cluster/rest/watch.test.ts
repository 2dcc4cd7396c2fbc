import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster } from '../testing/test-cluster.ts';
import type { TestCluster } from '../testing/test-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

const MAPS = '/api/v1/namespaces/default/configmaps';
const post = (name: string): Promise<unknown> => cluster.send('POST', MAPS, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } } });

test('a watch from a version that this cluster never gave out is told to list anew', async () => {
  const watching = cluster.send('GET', `${MAPS}?watch=true&resourceVersion=99999999999&allowWatchBookmarks=true`);
  await post('meanwhile');
  const { code, text } = await watching;
  const frames = text.split('\n').filter((line) => line !== '').map((line): unknown => JSON.parse(line));
  expect([code, frames]).toEqual([200, [{ type: 'ERROR', object: expect.objectContaining({ kind: 'Status', code: 410, reason: 'Expired', message: expect.stringMatching(/^resource version 99999999999 is not of this cluster, which is at \d+$/) }) }]]);
  // A short one ends before that, without a word, as on the real server.
  expect((await cluster.send('GET', `${MAPS}?watch=true&resourceVersion=99999999999&timeoutSeconds=1`)).text).toBe('');
});

test('a watch of zero seconds is one that names no time', async () => {
  let ended = '';
  const watching = cluster.send('GET', `${MAPS}?watch=true&timeoutSeconds=0`).then(() => void (ended = 'ended'), () => void (ended = 'cut'));
  await sleep(500);
  expect(ended).toBe('');
  await cluster.stop();
  await watching;
  expect(ended).toBe('cut');
  cluster = await startTestCluster();
});
