import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { startCluster } from '#server/cluster';
import type { Cluster } from '#server/cluster';
import { createKubeClient, createLog, kubeConfig } from '#server/lib';
import type { KubeClient, Logger, Shutdown } from '#server/lib';
import { startRunner } from '#server/runner';
import { readManifests } from '#server/samples';
import type { DataPaths } from '../paths.ts';
import { applyManifests } from './apply-manifests.ts';
import { knownImages } from './images.ts';
import { claimMeshNumber } from './mesh-number.ts';
import type { Ports } from './ports.ts';

export type StartedMesh = { readonly client: KubeClient; readonly cluster: Cluster; readonly meshNumber: number; readonly log: Logger; readonly fresh: boolean };
export type StartOptions = { readonly paths: DataPaths; readonly ports: Ports; readonly shutdown: Shutdown; readonly preferredNumber: number | undefined; readonly onStep: (name: string, ms: number) => void };

const NODE_NAME = 'laptop';

/** A secret of the data folder, made at the first start. */
function secretFile(path: string): string {
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(path, 'utf8').trim();
}

const valuesOf = (ports: Ports, dataDir: string): Record<string, string> => ({
  DATA_DIR: dataDir, PORT_CONSOLE: String(ports.console), PORT_PROMETHEUS: String(ports.prometheus), PORT_JAEGER: String(ports.jaeger), PORT_OTLP_GRPC: String(ports.otlpGrpc),
  PORT_OTLP_HTTP: String(ports.otlpHttp), PORT_ZIPKIN: String(ports.zipkin), PORT_GATEWAY_HTTP: String(ports.gatewayHttp), PORT_GATEWAY_HTTPS: String(ports.gatewayHttps),
});

/** Starts the Kubernetes API and the runner in this process and installs the control plane. The demo follows by `installDemo`. */
export async function startMesh(options: StartOptions): Promise<StartedMesh> {
  const { paths, ports, shutdown } = options;
  for (const dir of [paths.dir, paths.cluster, paths.pods, paths.stores]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const log = createLog('pharos');
  const kubeletToken = secretFile(paths.kubeletToken);
  const claim = await claimMeshNumber(options.preferredNumber);
  shutdown.add('addresses', claim.release);
  const n = claim.number;
  let start = performance.now();
  const cluster = await startCluster({ dataDir: paths.cluster, host: '127.0.0.1', port: ports.api, serviceCidr: `127.${96 + n}.0.0/16`, kubeletToken, log });
  shutdown.add('kubernetes', () => cluster.stop());
  writeFileSync(paths.kubeconfig, cluster.adminKubeconfig, { mode: 0o600 });
  options.onStep('kubernetes', performance.now() - start);
  start = performance.now();
  const client = createKubeClient(await kubeConfig({ kubeconfigPath: paths.kubeconfig }));
  const fresh = await isFresh(client);
  const runner = await startRunner({ kubeconfigPath: paths.kubeconfig, nodeName: NODE_NAME, podPrefix: `127.${32 + n}`, appPrefix: `127.${64 + n}`, kubeletToken, podsDir: paths.pods, images: knownImages(), log });
  shutdown.add('pods', () => runner.stop());
  await applyManifests(client, readManifests('system.yaml', valuesOf(ports, paths.stores)), 'istio-system');
  await applyManifests(client, readManifests('gateway.yaml', valuesOf(ports, paths.stores)), 'istio-system');
  options.onStep('runner', performance.now() - start);
  return { client, cluster, meshNumber: n, log, fresh };
}

async function isFresh(client: KubeClient): Promise<boolean> {
  try {
    await client.request({ method: 'GET', path: '/api/v1/namespaces/kube-system/configmaps/pharos-install' });
    return false;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 404) return true;
    throw error;
  }
}

/** Installs the demo once: later starts leave what the user changed. Needs istiod's injection to be ready. */
export async function installDemo(client: KubeClient): Promise<void> {
  await client.request({ method: 'PATCH', path: '/api/v1/namespaces/default', body: { metadata: { labels: { 'istio-injection': 'enabled' } } }, contentType: 'application/merge-patch+json' });
  for (const file of ['bookinfo.yaml', 'bookinfo-gateway.yaml', 'destination-rule-all.yaml', 'traffic.yaml', 'legacy.yaml']) await applyManifests(client, readManifests(file));
  await applyManifests(client, [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'pharos-install', namespace: 'kube-system' }, data: { profile: 'demo' } }]);
}

