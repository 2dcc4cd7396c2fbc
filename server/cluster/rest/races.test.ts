// Whoever loses a race again and again hears that it is a conflict, not that the server failed.
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ObjectStore, WriteConflict } from '../store/object-store.ts';
import { startTestCluster } from '../testing/test-cluster.ts';
import type { TestCluster } from '../testing/test-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
  expect((await cluster.send('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } } })).code).toBe(201);
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'contested' }, spec: { containers: [{ name: 'a', image: 'b' }] } };
  expect((await cluster.send('POST', PODS, { body: pod })).code).toBe(201);
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => cluster.stop());

const PODS = '/api/v1/namespaces/default/pods';
const TRIES: [string, string, string, object | undefined][] = [
  ['a delete', 'DELETE', `${PODS}/contested`, undefined],
  ['a delete without grace', 'DELETE', `${PODS}/contested?gracePeriodSeconds=0`, undefined],
  ['an eviction', 'POST', `${PODS}/contested/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'contested' } }],
  ['a binding', 'POST', `${PODS}/contested/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'contested' }, target: { kind: 'Node', name: 'n' } }],
];

test.for(TRIES)('%s', async ([, method, path, body]) => {
  const writes = vi.spyOn(ObjectStore.prototype, 'write').mockImplementation(() => Promise.reject(new WriteConflict(undefined)));
  const lost = await cluster.send(method, path, body === undefined ? {} : { body });
  expect([lost.code, lost.body['reason'], lost.body['message']]).toEqual([409, 'Conflict', 'Operation cannot be fulfilled on pods "contested": the object has been modified; please apply your changes to the latest version and try again']);
  expect(writes.mock.calls.length).toBeGreaterThan(1);
});
