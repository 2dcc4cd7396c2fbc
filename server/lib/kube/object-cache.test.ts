import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createKubeClient } from './client.ts';
import { createObjectCache } from './object-cache.ts';
import type { ObjectCache } from './object-cache.ts';

let server: Server | undefined;
let cache: ObjectCache | undefined;
afterEach(() => {
  cache?.stop();
  server?.closeAllConnections();
  server?.close();
});
const pod = (name: string, uid: string, resourceVersion: string, owner?: string): Record<string, unknown> => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid, resourceVersion, ...(owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: owner }] }) },
});

/** A server with one pod whose watch the test feeds. */
async function start(): Promise<{ cache: ObjectCache; seen: string[]; send(type: string, object: object): void }> {
  const watches: ServerResponse[] = [];
  server = createServer((request, response) => {
    if (request.url?.includes('watch=true') === true) {
      watches.push(response);
      response.writeHead(200).flushHeaders();
    } else response.end(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '5' }, items: [pod('a', 'ua', '5', 'o1')] }));
  });
  const made = server;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  const client = createKubeClient({ server: new URL(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`), namespace: 'default', prepare: () => Promise.resolve() });
  const seen: string[] = [];
  const made2 = createObjectCache(client, { group: '', version: 'v1', plural: 'pods' });
  cache = made2;
  made2.subscribe((event, object, before) => void seen.push(`${event} ${object.metadata.name} ${object.metadata.resourceVersion}${before === undefined ? '' : ` after ${before.metadata.resourceVersion}`}`));
  await made2.synced;
  for (let i = 0; i < 400 && watches.length === 0; i++) await sleep(5);
  return { cache: made2, seen, send: (type, object) => void watches[0]?.write(`${JSON.stringify({ type, object })}\n`) };
}
const until = async (ready: () => boolean): Promise<void> => {
  for (let i = 0; i < 1000 && !ready(); i++) await sleep(5);
  expect(ready()).toBe(true);
};

test('a write is seen at once and only once, and a late older event does not undo it', async () => {
  const { cache, seen, send } = await start();
  cache.wrote(pod('a', 'ua', '9', 'o2'));
  send('MODIFIED', pod('a', 'ua', '7', 'o1'));
  send('MODIFIED', pod('a', 'ua', '9', 'o2'));
  send('ADDED', pod('b', 'ub', '10'));
  await until(() => seen.includes('ADDED b 10'));
  expect(seen).toEqual(['ADDED a 5', 'MODIFIED a 9 after 5', 'ADDED b 10']);
  expect([cache.ownedBy('o1').length, cache.ownedBy('o2').length, cache.byUid('ua')?.metadata.resourceVersion]).toEqual([0, 1, '9']);
});

test('a deleted object stays deleted, and its name may be taken by another', async () => {
  const { cache, seen, send } = await start();
  const a = cache.get('default', 'a');
  if (a !== undefined) cache.gone(a);
  cache.wrote(pod('a', 'ua', '8'));
  cache.wrote(pod('a', 'ua2', '9'));
  send('DELETED', pod('a', 'ua', '8'));
  send('ADDED', pod('a', 'ua2', '9'));
  send('ADDED', pod('b', 'ub', '10'));
  await until(() => seen.includes('ADDED b 10'));
  expect(seen).toEqual(['ADDED a 5', 'DELETED a 5 after 5', 'ADDED a 9', 'ADDED b 10']);
  expect(cache.inNamespace('default').map((object) => object.metadata.name)).toEqual(['a', 'b']);
});
