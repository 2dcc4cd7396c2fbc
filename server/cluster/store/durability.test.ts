// A cluster of its own process that dies or runs out of disk: what was acknowledged is there afterwards, what was refused is not.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createKubeClient, isKubeError, kubeConfig } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { isRecord } from '#shared/base';
import { ObjectStore } from './object-store.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const dir = mkdtempSync(`${tmpdir()}/pharos-durability-`);
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

const SCRIPT = `
  const { startCluster } = await import('#server/cluster');
  const { createLog } = await import('#server/lib');
  const { renameSync, writeFileSync } = await import('node:fs');
  const dir = process.env.TEST_DIR;
  const log = createLog('test');
  log.level = 'warn';
  const cluster = await startCluster({ dataDir: dir + '/data', host: '127.0.0.1', port: 0, serviceCidr: '127.108.0.0/16', kubeletToken: 'unused', log, controllers: false });
  writeFileSync(dir + '/kubeconfig.new', cluster.adminKubeconfig);
  renameSync(dir + '/kubeconfig.new', dir + '/kubeconfig');
`;
type Started = { readonly client: KubeClient; /** Whether it still runs, or how it ended. */ fate(): Promise<string>; kill(): Promise<void> };
/** The cluster as a process; no file of it may grow beyond `fileKb`, as on a disk that is full. */
async function start(home: string, fileKb?: number): Promise<Started> {
  const kubeconfig = `${home}/kubeconfig`;
  rmSync(kubeconfig, { force: true });
  const child = spawn('sh', ['-c', `${fileKb === undefined ? '' : `ulimit -f ${fileKb * 2} || exit 9; `}exec "$0" --input-type=module -e "$1"`, process.execPath, SCRIPT], { cwd: ROOT, env: { ...process.env, TEST_DIR: home }, stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString('utf8')));
  for (let i = 0; !existsSync(kubeconfig); i++) {
    if (child.exitCode !== null || i > 1200) throw new Error(`the cluster did not start within 30 s: ${errors}`);
    await sleep(25);
  }
  const client = createKubeClient(await kubeConfig({ kubeconfigPath: kubeconfig }));
  return {
    client, fate: async () => {
      await sleep(500); // its end is heard of after that of its connections
      return child.exitCode === null && child.signalCode === null ? 'runs' : `ended with ${String(child.exitCode ?? child.signalCode)}: ${errors}`;
    },
    kill: () => new Promise((resolve) => {
      client.close();
      child.once('exit', () => {
        running.delete(child);
        resolve();
      });
      child.kill('SIGKILL');
    }),
  };
}
const MAPS = '/api/v1/namespaces/default/configmaps';
const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});
const versionOf = (object: unknown): number => Number(record(record(object)['metadata'])['resourceVersion']);
async function versions(client: KubeClient): Promise<ReadonlyMap<string, number>> {
  const { items } = record(await client.request({ method: 'GET', path: MAPS }));
  return new Map((Array.isArray(items) ? items : []).map((item: unknown) => [String(record(record(item)['metadata'])['name']), versionOf(item)]));
}
/** Notes the newest version of each object a watch shows, until the server is gone. */
async function follow(client: KubeClient, seen: Map<string, number>): Promise<void> {
  try {
    for await (const line of createInterface({ input: await client.stream({ method: 'GET', path: `${MAPS}?watch=true` }) })) {
      const object = record(record(JSON.parse(line))['object']);
      seen.set(String(record(object['metadata'])['name']), versionOf(object));
    }
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof Error && 'code' in error)) throw error; // cut in the middle of a line, or of the connection
  }
}

test('kill -9 in the middle of writes loses nothing that was acknowledged, and no watch saw what is lost', async () => {
  const home = mkdtempSync(`${dir}/killed-`);
  const first = await start(home);
  const acknowledged = new Map<string, number>();
  const seen = new Map<string, number>();
  const watching = follow(first.client, seen);
  const over = new AbortController();
  const writer = async (id: number): Promise<void> => {
    for (let n = 0; !over.signal.aborted; n++) {
      const name = `w${id}-${n}`;
      try {
        const made = await first.client.request({ method: 'POST', path: MAPS, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(500) } } });
        acknowledged.set(name, versionOf(made));
        if (n % 3 === 0) acknowledged.set(name, versionOf(await first.client.request({ method: 'PATCH', path: `${MAPS}/${name}`, contentType: 'application/merge-patch+json', body: { data: { text: 'y' } } })));
      } catch (error) {
        if (!over.signal.aborted) throw error;
      }
    }
  };
  const writers = Promise.all([0, 1, 2, 3, 4, 5].map(writer));
  for (let i = 0; acknowledged.size < 150; i++) {
    if (i > 1200) throw new Error('150 writes were not acknowledged within 30 s');
    await sleep(25);
  }
  over.abort();
  await first.kill();
  await Promise.all([writers, watching]);
  const second = await start(home);
  const kept = await versions(second.client);
  const lost = [...acknowledged].filter(([name, version]) => (kept.get(name) ?? 0) < version);
  expect(lost).toEqual([]);
  expect(seen.size).toBeGreaterThan(0);
  expect([...seen].filter(([name, version]) => (kept.get(name) ?? 0) < version)).toEqual([]);
  // Versions go on above all that was ever given out.
  const next = versionOf(await second.client.request({ method: 'POST', path: MAPS, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'next' } } }));
  expect(next).toBeGreaterThan(Math.max(...acknowledged.values(), ...seen.values()));
  await second.kill();
}, 90_000);

test('a full disk: the write is refused with a Status that says so, nothing of it is stored or shown, reading goes on', async () => {
  const home = mkdtempSync(`${dir}/full-`);
  // Enough for a start (some 1.5 MB), and for a few writes.
  const full = await start(home, 4096);
  expect(() => new ObjectStore(`${home}/data/cluster.db`)).toThrow(/^another process holds the store .*: is this cluster running already\?$/);
  const acknowledged = new Map<string, number>();
  let refused: unknown;
  let name = '';
  for (let n = 0; n < 400 && refused === undefined; n++) {
    name = `full-${n}`;
    try {
      acknowledged.set(name, versionOf(await full.client.request({ method: 'POST', path: MAPS, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(300_000) } } })));
    } catch (error) {
      refused = error;
    }
  }
  expect([await full.fate(), acknowledged.size > 0, String(refused)]).toEqual(['runs', true, expect.stringMatching(/the disk of the data folder took no more \(.*\); nothing was stored\. Free some space and try again/)]);
  expect(isKubeError(refused, 500)).toBe(true);
  const during = await versions(full.client);
  expect([...during.keys()].toSorted()).toEqual([...acknowledged.keys()].toSorted());
  await expect(full.client.request({ method: 'GET', path: `${MAPS}/${name}` })).rejects.toThrow(/not found/);
  const metrics = await full.client.text({ method: 'GET', path: '/metrics' });
  expect(metrics).toMatch(/^pharos_store_writes_refused_total 1$/m);
  expect(metrics).toMatch(/^apiserver_request_total\{verb="POST",code="500"\} 1$/m);
  await full.kill();
  const after = await start(home);
  expect(await versions(after.client)).toEqual(acknowledged);
  // With space again, the same write goes through.
  await after.client.request({ method: 'POST', path: MAPS, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } } });
  await after.kill();
}, 90_000);

test('a store that is no database is refused with a sentence, and left as it is', () => {
  const path = `${dir}/broken.db`;
  writeFileSync(path, 'this is no database, but somebody may want it back'.repeat(100));
  expect(() => new ObjectStore(path)).toThrow(/^the store .*broken\.db cannot be read \(file is not a database\): put back a copy, or remove the file to start anew$/);
});

test('one who watches and fails harms neither the writer nor the others', async () => {
  const failed: unknown[] = [];
  const store = new ObjectStore(`${dir}/watched.db`, (error) => void failed.push(error));
  const collection = store.collection('/configmaps');
  const seen: number[] = [];
  collection.watch(() => {
    throw new Error('cannot show this');
  });
  collection.watch((change) => void seen.push(change.rev));
  const made = await store.write({ collection, namespace: 'a', name: 'b', expect: 0, value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b', namespace: 'a' } } });
  expect([seen, failed.map(String)]).toEqual([[made.rev], ['Error: cannot show this']]);
  store.close();
});
