import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from '#server/cluster';
import type { Cluster } from '#server/cluster';
import { createKubeClient, createLog, isKubeError, kubeConfig } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { isRecord } from '#shared/base';
import { putIntoMesh } from './own-process.ts';
import type { OwnProcess } from './own-process.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-own-process-`);
const core = '/api/v1/namespaces/default';
let cluster: Cluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await startCluster({ dataDir: dir, host: '127.0.0.1', port: 0, serviceCidr: '127.111.0.0/16', kubeletToken: 'token', log: createLog('test') });
  writeFileSync(`${dir}/kubeconfig`, cluster.adminKubeconfig);
  client = createKubeClient(await kubeConfig({ kubeconfigPath: `${dir}/kubeconfig` }));
});
afterAll(async () => {
  client.close();
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

const own = (name: string, version: string, port = 9080): OwnProcess => ({ name, version, port, namespace: 'default', appAddress: '127.0.0.1', workdir: '/', command: ['true'] });
const read = async (path: string): Promise<Record<string, unknown> | undefined> => {
  try {
    const found = await client.request({ method: 'GET', path });
    return isRecord(found) ? found : {};
  } catch (error) {
    if (isKubeError(error, 404)) return undefined;
    throw error;
  }
};
const there = async (name: string): Promise<readonly string[]> => {
  const paths = [`${core}/services/${name}`, `${core}/serviceaccounts/${name}`, `/apis/apps/v1/namespaces/default/deployments/${name}-v1`, `/apis/apps/v1/namespaces/default/deployments/${name}-v2`];
  const found = await Promise.all(paths.map(read));
  return ['Service', 'ServiceAccount', 'v1', 'v2'].filter((_kind, i) => found[i] !== undefined);
};
const createService = (name: string, spec: object): Promise<unknown> => client.request({ method: 'POST', path: `${core}/services`, body: { apiVersion: 'v1', kind: 'Service', metadata: { name, labels: { theirs: 'yes' } }, spec } });

test('an existing Service is used and stays as it was, byte for byte', async () => {
  await createService('reviews', { selector: { app: 'reviews' }, ports: [{ name: 'http-web', port: 80, targetPort: 9080 }] });
  const before = JSON.stringify(await read(`${core}/services/reviews`));
  const process = await putIntoMesh(client, own('reviews', 'v1'));
  expect(process.servicePort).toBe(80);
  expect(await there('reviews')).toEqual(['Service', 'ServiceAccount', 'v1']);
  expect(JSON.stringify(await read(`${core}/services/reviews`))).toBe(before);
  await process.remove();
  expect(await there('reviews')).toEqual(['Service']);
  expect(JSON.stringify(await read(`${core}/services/reviews`))).toBe(before);
});

test('of two versions the last one that ends takes the Service along', async () => {
  const first = await putIntoMesh(client, own('hello', 'v1'));
  const second = await putIntoMesh(client, own('hello', 'v2'));
  await first.remove();
  expect(await there('hello')).toEqual(['Service', 'ServiceAccount', 'v2']);
  const again = await putIntoMesh(client, own('hello', 'v1'));
  await Promise.all([again.remove(), second.remove()]);
  expect(await there('hello')).toEqual([]);
});

test('a run that took over the Deployment of an earlier one keeps it when the earlier one ends', async () => {
  const kept = await putIntoMesh(client, own('kept', 'v1'));
  const taker = await putIntoMesh(client, { ...own('kept', 'v1'), command: ['sleep', '1'] });
  await kept.remove();
  expect(await there('kept')).toEqual(['Service', 'ServiceAccount', 'v1']);
  expect(JSON.stringify(await read('/apis/apps/v1/namespaces/default/deployments/kept-v1'))).toContain('sleep');
  await taker.remove();
  expect(await there('kept')).toEqual([]);
});

test('what does not fit is said in a sentence and nothing is made', async () => {
  await createService('shop', { selector: { app: 'shop', tier: 'front' }, ports: [{ port: 9080 }] });
  await expect(putIntoMesh(client, own('shop', 'v1'))).rejects.toThrow('it selects pods with app=shop,tier=front; this process would be app=shop,version=v1');
  expect(await there('shop')).toEqual(['Service']);
  await createService('cart', { selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 8080 }] });
  await expect(putIntoMesh(client, own('cart', 'v1'))).rejects.toThrow('none of its ports leads to port 9080 of the process (it has 80 to 8080)');
  expect(await there('cart')).toEqual(['Service']);
  const labels = { app: 'bank', version: 'v1' };
  await client.request({
    method: 'POST', path: '/apis/apps/v1/namespaces/default/deployments',
    body: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'bank-v1' }, spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } } } },
  });
  await expect(putIntoMesh(client, own('bank', 'v1'))).rejects.toThrow('was not made by `pharos run`');
  expect(await there('bank')).toEqual(['v1']);
});
