import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startCluster } from '#server/cluster';
import { createKubeClient, createLog, kubeConfig } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { startRunner } from '#server/runner';

/** Meshes of tests take their numbers from the upper end, so that they meet no mesh of the user. */
const NUMBER_MAX = 15;
const CLAIM_PORT = 64_998;
const TOKEN = 'test-kubelet-token';

/** Images of the tests: `test/node` runs JavaScript given in args, `test/sh` a shell. */
const IMAGES = [
  { pattern: 'test/node:*', command: [process.execPath, '--disable-warning=ExperimentalWarning'], args: 'append' as const, env: {} },
  { pattern: 'test/sh:*', command: ['sh'], args: 'append' as const, env: {} },
];

export type ClusterAndRunner = { readonly dir: string; readonly url: string; readonly kubeconfig: string; readonly client: KubeClient; stop(options?: { readonly keep?: boolean }): Promise<void> };

/** A free mesh number, held for as long as the process lives. */
export async function claimNumber(): Promise<number> {
  for (let n = NUMBER_MAX; n >= 0; n--) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen({ host: `127.${32 + n}.255.254`, port: CLAIM_PORT, exclusive: true }, () => resolve(true));
    });
    server.unref();
    if (free) return n;
  }
  throw new Error('no mesh number is free');
}
let number: Promise<number> | undefined;

export const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
});

/** The API server, its controllers and the runner in this process, with state in `dir`. */
export async function startClusterAndRunner(options: { readonly dir?: string; readonly number?: number } = {}): Promise<ClusterAndRunner> {
  const dir = options.dir ?? mkdtempSync(`${tmpdir()}/pharos-runner-`);
  const n = options.number ?? (await (number ??= claimNumber()));
  for (const part of ['cluster', 'pods']) mkdirSync(`${dir}/${part}`, { recursive: true, mode: 0o700 });
  const log = createLog('test');
  const cluster = await startCluster({ dataDir: `${dir}/cluster`, host: '127.0.0.1', port: await freePort(), serviceCidr: `127.${96 + n}.0.0/16`, kubeletToken: TOKEN, log });
  const kubeconfig = `${dir}/kubeconfig`;
  writeFileSync(kubeconfig, cluster.adminKubeconfig, { mode: 0o600 });
  const runner = await startRunner({ kubeconfigPath: kubeconfig, nodeName: 'laptop', podPrefix: `127.${32 + n}`, appPrefix: `127.${64 + n}`, kubeletToken: TOKEN, podsDir: `${dir}/pods`, images: IMAGES, log });
  const client = createKubeClient(await kubeConfig({ kubeconfigPath: kubeconfig }));
  return {
    dir, url: cluster.url, kubeconfig, client,
    stop: async ({ keep = false } = {}) => {
      client.close();
      await runner.stop();
      await cluster.stop();
      if (!keep) rmSync(dir, { recursive: true, force: true });
    },
  };
}

// As a process of its own (it is killed in a test): `node cluster-and-runner.ts <dir> <mesh number>`.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = await startClusterAndRunner({ dir: process.argv[2] ?? '', number: Number(process.argv[3]) });
  process.stdout.write(`${JSON.stringify({ kubeconfig: started.kubeconfig })}\n`);
}
