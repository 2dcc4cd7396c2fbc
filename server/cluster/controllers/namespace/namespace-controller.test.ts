// A namespace that cannot end is asked about ever more seldom.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubeClient, createLog, isKubeError, kubeConfig } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { startCluster } from '../../start-cluster.ts';
import type { Cluster } from '../../start-cluster.ts';
import { createContext } from '../context.ts';
import { NamespaceController } from './namespace-controller.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-namespaces-`);
const log = createLog('test');
log.level = 'warn';
let cluster: Cluster;
let client: KubeClient;
let stop: () => Promise<void>;
/** When the controller emptied the ConfigMaps of the namespace, ms. */
const rounds: number[] = [];
const MAPS = '/api/v1/namespaces/stuck/configmaps';
beforeAll(async () => {
  cluster = await startCluster({ dataDir: dir, host: '127.0.0.1', port: 0, serviceCidr: '127.108.0.0/16', kubeletToken: 'unused', log, controllers: false });
  writeFileSync(`${dir}/kubeconfig`, cluster.adminKubeconfig);
  client = createKubeClient(await kubeConfig({ kubeconfigPath: `${dir}/kubeconfig` }));
  const counting: KubeClient = {
    connection: client.connection, text: (request) => client.text(request), stream: (request) => client.stream(request), close: () => client.close(),
    request: (request) => {
      if (request.method === 'DELETE' && request.path === MAPS) rounds.push(performance.now());
      return client.request(request);
    },
  };
  const made = createContext(counting, log);
  void new NamespaceController(made.context);
  ({ stop } = made);
});
afterAll(async () => {
  await stop();
  client.close();
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (await isSo()) return;
    await sleep(25);
  }
  throw new Error(`not within 30 s: ${what}`);
}
const isGone = async (path: string): Promise<boolean> => {
  try {
    await client.request({ method: 'GET', path });
    return false;
  } catch (error) {
    if (!isKubeError(error, 404)) throw error;
    return true;
  }
};
const free = (name: string): Promise<unknown> => client.request({ method: 'PATCH', path: `${MAPS}/${name}`, body: { metadata: { finalizers: null } }, contentType: 'application/merge-patch+json' });
/** The pauses between the rounds, ms. */
const pauses = (): readonly number[] => rounds.slice(1).map((at, i) => at - (rounds[i] ?? at));

test('each round without progress comes twice as late as the one before; progress starts anew', async () => {
  await client.request({ method: 'POST', path: '/api/v1/namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'stuck' } } });
  for (const name of ['one', 'two']) await client.request({ method: 'POST', path: MAPS, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, finalizers: ['example.com/held'] } } });
  await client.request({ method: 'DELETE', path: '/api/v1/namespaces/stuck' });
  await until('a pause of 1.6 s', () => pauses().some((ms) => ms >= 1590));
  // 100, 200, 400, 800, 1600 ms; one more for the condition that it reports.
  expect(rounds.length).toBeLessThanOrEqual(8);
  await free('one');
  const before = rounds.length;
  await until('three rounds after progress', () => rounds.length >= before + 3);
  // The round that sees the progress, 100 ms, 200 ms (a busy machine may be late, but not as late as without progress).
  expect(Math.min(...pauses().slice(before))).toBeLessThan(1600);
  await free('two');
  await until('the end of the namespace', () => isGone('/api/v1/namespaces/stuck'));
}, 90_000);
