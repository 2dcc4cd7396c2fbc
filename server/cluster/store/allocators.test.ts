// Addresses and ports of Services: held by what is stored and by requests under way, by nothing else.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster } from '../testing/test-cluster.ts';
import type { Answer, TestCluster } from '../testing/test-cluster.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

const SERVICES = '/api/v1/namespaces/default/services';
const service = (name: string, spec: object): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const post = (name: string, spec: object, query = ''): Promise<Answer> => cluster.send('POST', `${SERVICES}${query}`, { body: service(name, spec) });
const said = ({ code, body }: Answer): readonly unknown[] => [code, body['message']];

test('a dry run promises nothing', async () => {
  const spec = { type: 'NodePort', clusterIP: '127.108.0.77', ports: [{ port: 80, nodePort: 30_077 }] };
  expect(said(await post('dry', spec, '?dryRun=All'))).toEqual([201, undefined]);
  expect(said(await post('dry', spec, '?dryRun=All'))).toEqual([201, undefined]);
  expect(said(await post('dry', spec))).toEqual([201, undefined]);
  const taken = await post('second', spec, '?dryRun=All');
  expect(said(taken)).toEqual([422, expect.stringContaining('failed to allocate IP 127.108.0.77: provided IP is already allocated')]);
  expect(taken.body['message']).toContain('provided port is already allocated');
  const dry = await cluster.send('PATCH', `${SERVICES}/dry?dryRun=All`, { type: 'application/strategic-merge-patch+json', body: { spec: { ports: [{ port: 81, nodePort: 30_078, name: 'b' }, { port: 80, name: 'a' }] } } });
  expect(dry.code).toBe(200);
  expect(said(await post('third', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_078 }] }))).toEqual([201, undefined]);
});

test('a refused create and a refused update give back what they were promised', async () => {
  const spec = { type: 'NodePort', clusterIP: '127.108.0.88', ports: [{ port: 80, nodePort: 30_088 }] };
  expect((await post('refused', { ...spec, sessionAffinity: 'Sometimes' })).code).toBe(422);
  expect(said(await post('dry', spec))).toEqual([409, 'services "dry" already exists']);
  expect(said(await post('kept', spec))).toEqual([201, undefined]);
  const change = { spec: { sessionAffinity: 'Sometimes', ports: [{ port: 80, nodePort: 30_089 }] } };
  expect((await cluster.send('PATCH', `${SERVICES}/kept`, { type: 'application/merge-patch+json', body: change })).code).toBe(422);
  expect(said(await post('other', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_089 }] }))).toEqual([201, undefined]);
});

test('of many at once for one address and one port, one has it, and a deleted Service leaves both', async () => {
  const spec = { type: 'NodePort', clusterIP: '127.108.0.99', ports: [{ port: 80, nodePort: 30_099 }] };
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => post(`many-${i}`, spec)));
  expect(answers.map(({ code }) => code).toSorted()).toEqual([201, ...Array.from({ length: 11 }, () => 422)]);
  const winner = answers.findIndex(({ code }) => code === 201);
  expect((await cluster.send('DELETE', `${SERVICES}/many-${winner}`)).code).toBe(200);
  expect(said(await post('after', spec))).toEqual([201, undefined]);
});

test('ports of one Service are different ones, in a dry run too', async () => {
  const ports = Array.from({ length: 20 }, (_, i) => ({ port: 80 + i, name: `p${i}` }));
  for (const query of ['?dryRun=All', '']) {
    const { body } = await post('twenty', { type: 'NodePort', ports }, query);
    const given = [...JSON.stringify(body).matchAll(/"nodePort":(\d+)/g)].map((match) => match[1]);
    expect([query, new Set(given).size]).toEqual([query, 20]);
  }
});
