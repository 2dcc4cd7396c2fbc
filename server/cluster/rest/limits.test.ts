// What one client may ask for does not take the cluster away from the others.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster } from '../testing/test-cluster.ts';
import type { TestCluster } from '../testing/test-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

const MAPS = '/api/v1/namespaces/default/configmaps';
const CUSTOM = '/apis/networking.istio.io/v1/namespaces/default/virtualservices';
const JSON_PATCH = 'application/json-patch+json';

test('a patch of copies that grow without end gets 413, and the object stays as it was', async () => {
  expect((await cluster.send('POST', MAPS, { body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'copied' }, data: { a: 'x'.repeat(1000) } } })).code).toBe(201);
  const operations = Array.from({ length: 26 }, (_, i) => ({ op: 'copy', from: '', path: `/copy${i}` }));
  const refused = await cluster.send('PATCH', `${MAPS}/copied`, { type: JSON_PATCH, body: operations });
  expect([refused.code, refused.body['reason'], refused.body['message']]).toEqual([413, 'RequestEntityTooLarge', expect.stringMatching(/^Request entity too large: Unable to complete the copy, the accumulated size increase of copy is \d+, exceeding the limit 3145728$/)]);
  expect((await cluster.send('GET', `${MAPS}/copied`)).body['data']).toEqual({ a: 'x'.repeat(1000) });
});

test('an object does not grow beyond the size of a body, patch by patch', async () => {
  const route = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'grown' }, spec: { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' } }], headers: { request: { set: { a: 'x'.repeat(1_800_000) } } } }] } };
  expect((await cluster.send('POST', CUSTOM, { body: route })).code).toBe(201);
  const grown = await cluster.send('PATCH', `${CUSTOM}/grown`, { type: 'application/merge-patch+json', body: { spec: { gateways: ['y'.repeat(1_800_000)] } } });
  expect([grown.code, grown.body['reason'], grown.body['message']]).toEqual([413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728']);
  expect((await cluster.send('PATCH', `${CUSTOM}/grown`, { type: 'application/merge-patch+json', body: { spec: { hosts: ['b'] } } })).code).toBe(200);
});

test('a JSON patch of a scale that does not fit is the mistake of its sender', async () => {
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'scaled' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'b' }] } } } };
  expect((await cluster.send('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment })).code).toBe(201);
  const refused = await cluster.send('PATCH', '/apis/apps/v1/namespaces/default/deployments/scaled/scale', { type: JSON_PATCH, body: [{ op: 'remove', path: '/spec/none' }] });
  expect([refused.code, refused.body['reason']]).toEqual([422, 'Invalid']);
});
