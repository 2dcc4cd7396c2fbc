// Nobody gets further by a path, a role or a binding than his rights allow.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster } from '../testing/test-cluster.ts';
import type { TestCluster } from '../testing/test-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const GROUP = 'rbac.authorization.k8s.io';
const role = (name: string, rules: readonly object[], more: object = {}, labels: object = {}): object => ({ apiVersion: `${GROUP}/v1`, kind: 'ClusterRole', metadata: { name, labels }, rules, ...more });
const binding = (name: string, to: string, user: string): object => ({ apiVersion: `${GROUP}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: to }, subjects: [{ apiGroup: GROUP, kind: 'User', name: user }] });
async function give(user: string, rules: readonly object[]): Promise<void> {
  expect((await cluster.send('POST', `${RBAC}/clusterroles`, { body: role(user, rules) })).code).toBe(201);
  expect((await cluster.send('POST', `${RBAC}/clusterrolebindings`, { body: binding(user, user, user) })).code).toBe(201);
}

test('the right to watch lets nothing but watches through, whatever the method and the path', async () => {
  await give('watcher', [{ apiGroups: ['', 'authorization.k8s.io'], resources: ['*'], verbs: ['watch'] }]);
  const watched = '/api/v1/watch/namespaces/default/configmaps';
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' } };
  expect((await cluster.send('POST', '/api/v1/namespaces/default/configmaps', { body: map })).code).toBe(201);
  const seen = await cluster.send('GET', `${watched}/kept?timeoutSeconds=1`, { user: 'watcher' });
  expect([seen.code, seen.text]).toEqual([200, expect.stringContaining('"name":"kept"')]);
  const tries: [string, string, object?][] = [
    ['POST', watched, { ...map, metadata: { name: 'smuggled' } }], ['DELETE', watched], ['PUT', `${watched}/kept`, { ...map, data: { a: 'b' } }], ['PATCH', `${watched}/kept`, { data: { a: 'b' } }], ['DELETE', `${watched}/kept`],
    ['PUT', '/api/v1/watch/namespaces/default/finalize', {}], ['POST', '/api/v1/watch/namespaces/default/serviceaccounts/default/token', {}], ['POST', '/apis/authorization.k8s.io/v1/watch/subjectaccessreviews', {}],
  ];
  for (const [method, path, body] of tries) {
    const sent = { ...(body === undefined ? {} : { body }), type: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
    expect([method, path, (await cluster.send(method, path, { ...sent, user: 'watcher' })).code]).toEqual([method, path, 403]);
    // Not even an administrator finds anything there.
    expect([method, path, (await cluster.send(method, path, sent)).code]).toEqual([method, path, 405]);
  }
  for (const path of ['/api/v1/watch/namespaces/default/pods/kept/log', '/api/v1/watch/namespaces/default/status']) expect([path, (await cluster.send('GET', path, { user: 'watcher' })).code]).toEqual([path, 404]);
  const { body } = await cluster.send('GET', '/api/v1/namespaces/default/configmaps');
  expect(body['items']).toMatchObject([{ metadata: { name: 'kept' } }]);
  expect(JSON.stringify(body)).not.toContain('"a":"b"');
});

const AUTHOR = [{ apiGroups: [GROUP], resources: ['clusterroles', 'clusterrolebindings'], verbs: ['create', 'update', 'patch', 'get'] }, { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
const AGGREGATE = { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { gathered: 'yes' } }] } };
const needsAll = (name: string): readonly unknown[] => [403, `clusterroles.${GROUP} "${name}" is forbidden: must have cluster-admin privileges to use the aggregationRule`];

test('a role that gathers the rules of others needs every right', async () => {
  await give('author', AUTHOR);
  const post = async (user: string, body: object): Promise<readonly unknown[]> => {
    const answer = await cluster.send('POST', `${RBAC}/clusterroles`, { user, body });
    return [answer.code, answer.body['message']];
  };
  expect(await post('author', role('gathers', [], AGGREGATE))).toEqual(needsAll('gathers'));
  expect(await post('author', role('plain', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]))).toEqual([201, undefined]);
  const patch = async (name: string, body: object): Promise<readonly unknown[]> => {
    const answer = await cluster.send('PATCH', `${RBAC}/clusterroles/${name}`, { user: 'author', body, type: 'application/merge-patch+json' });
    return [answer.code, answer.body['message']];
  };
  expect(await patch('plain', AGGREGATE)).toEqual(needsAll('plain'));
  // One that gathers already may not be tightened or loosened either; what the garbage collector needs is let through.
  expect((await cluster.send('POST', `${RBAC}/clusterroles`, { body: role('gatherer', [], AGGREGATE) })).code).toBe(201);
  expect(await patch('gatherer', { aggregationRule: null })).toEqual(needsAll('gatherer'));
  expect(await patch('gatherer', { metadata: { finalizers: ['a.b/c'] } })).toEqual([200, undefined]);
  await give('boss', [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, { nonResourceURLs: ['*'], verbs: ['*'] }]);
  expect(await post('boss', role('by-boss', [], AGGREGATE))).toEqual([201, undefined]);
  await give('escalator', [...AUTHOR, { apiGroups: [GROUP], resources: ['clusterroles'], verbs: ['escalate'] }]);
  expect(await post('escalator', role('by-escalator', [], AGGREGATE))).toEqual([201, undefined]);
});

test('a label that has a role gathered, and a binding to a role that is still to come, give nothing away', async () => {
  expect((await cluster.send('POST', `${RBAC}/clusterroles`, { body: role('strong', [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]) })).code).toBe(201);
  const labelled = await cluster.send('PATCH', `${RBAC}/clusterroles/strong`, { user: 'author', body: { metadata: { labels: { gathered: 'yes' } } }, type: 'application/merge-patch+json' });
  expect([labelled.code, labelled.body['message']]).toEqual([403, expect.stringContaining('is attempting to grant RBAC permissions not currently held')]);
  const early = await cluster.send('POST', `${RBAC}/clusterrolebindings`, { user: 'author', body: binding('early', 'still-to-come', 'author') });
  expect([early.code, early.body['message']]).toEqual([404, `clusterroles.${GROUP} "still-to-come" not found`]);
});
