import { mkdirSync, realpathSync } from 'node:fs';
import { createEventRecorder, createKubeClient, createObjectCache, kubeConfig } from '#server/lib';
import type { KubeClient, Logger, ObjectCache } from '#server/lib';
import { configSources } from './config-sources.ts';
import type { KnownImage } from './container/images.ts';
import { startKubeletApi } from './kubelet-api.ts';
import { ServiceProxy } from './net/service-proxy.ts';
import { createServiceTable } from './net/service-table.ts';
import { registerNode } from './node/register-node.ts';
import { markUnready } from './pod/mark-unready.ts';
import { PodManager } from './pod-manager.ts';
import { RUNNER, stopOrphans } from './process/orphans.ts';
import { findByEnvironment, signalProcess } from './process/proc.ts';

/** How long each kind of pod has to end when the runner stops, ms; together under the 4.5 s that `pharos up` gives. */
const GRACE_MS = { apps: 1200, sidecars: 1000, system: 1200 };
/** Namespaces whose pods end last: everything else reports to them. */
const SYSTEM: readonly string[] = ['istio-system', 'kube-system'];
/** Changes of Services that come together are one write of the hosts files. */
const GATHER_MS = 10;

/** A handful of connections is enough for one node, and spares handshakes when many pods start at once. */
const SOCKETS_MAX = 4;

export type RunnerOptions = {
  readonly kubeconfigPath: string;
  readonly nodeName: string;
  /** First two numbers of pod addresses, `127.32`. */
  readonly podPrefix: string;
  /** First two numbers of the addresses apps bind behind a sidecar, `127.64`. */
  readonly appPrefix: string;
  readonly kubeletToken: string;
  /** Folder of the pods' files; it also tells this runner's processes from others'. */
  readonly podsDir: string;
  readonly images: readonly KnownImage[];
  readonly log: Logger;
  readonly now?: () => Date;
};
export type Runner = { stop(): Promise<void> };

type Caches = { readonly pods: ObjectCache; readonly services: ObjectCache; readonly slices: ObjectCache; readonly configMaps: ObjectCache; readonly secrets: ObjectCache };

function openCaches(client: KubeClient, nodeName: string, log: Logger): Caches {
  const open = (group: string, plural: string, fieldSelector?: string): ObjectCache => createObjectCache(client, { group, version: 'v1', plural, ...(fieldSelector === undefined ? {} : { fieldSelector }) }, (error) => {
    if (error !== undefined) log.warn({ plural, error: error.message }, 'a watch of the runner failed; it is tried again');
  });
  return { pods: open('', 'pods', `spec.nodeName=${nodeName}`), services: open('', 'services'), slices: open('discovery.k8s.io', 'endpointslices'), configMaps: open('', 'configmaps'), secrets: open('', 'secrets') };
}

/** Starts the kubelet's and kube-proxy's part: registers the node, runs the pods bound to it as processes, serves Services, host ports and logs. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { log, nodeName } = options;
  mkdirSync(options.podsDir, { recursive: true, mode: 0o700 });
  const podsDir = realpathSync(options.podsDir);
  const client = createKubeClient(await kubeConfig({ kubeconfigPath: options.kubeconfigPath }), { socketsMax: SOCKETS_MAX });
  const now = options.now ?? (() => new Date());
  const events = createEventRecorder({ client, component: 'kubelet', host: nodeName, log, now });
  const caches = openCaches(client, nodeName, log);
  await Promise.all(Object.values(caches).map((cache) => cache.synced));
  await markUnready(client, caches.pods.list(), `${now().toISOString().slice(0, 19)}Z`);
  await stopOrphans(podsDir, log);

  let gather: NodeJS.Timeout | undefined;
  const table = createServiceTable(caches.services, caches.slices, () => {
    gather ??= setTimeout(() => {
      gather = undefined;
      serviceProxy.sync();
      manager.writeHosts();
    }, GATHER_MS);
  });
  const serviceProxy = new ServiceProxy({ table, events, nodeIP: '127.0.0.1' });
  const manager = new PodManager({ client, podPrefix: options.podPrefix, appPrefix: options.appPrefix, podsDir, images: options.images, sources: configSources(caches.configMaps, caches.secrets), table, events, log, now });
  caches.configMaps.subscribe((_event, object) => manager.configChanged('ConfigMap', object.metadata.namespace ?? '', object.metadata.name));
  caches.secrets.subscribe((_event, object) => manager.configChanged('Secret', object.metadata.namespace ?? '', object.metadata.name));
  const api = await startKubeletApi({ token: options.kubeletToken, find: (namespace, name) => manager.find(namespace, name), workers: () => manager.workers(), log });
  const node = await registerNode({ client, name: nodeName, hostIP: '127.0.0.1', podCidr: `${options.podPrefix}.0.0/16`, podsDir, kubeletPort: api.port, events, log, now });
  await manager.follow(caches.pods);

  const stop = async (): Promise<void> => {
    caches.pods.stop();
    await manager.stop(GRACE_MS, (namespace) => SYSTEM.includes(namespace));
    for (const pid of findByEnvironment(new Set([`${RUNNER}=${podsDir}`]))) signalProcess(pid, 'SIGKILL');
    for (const cache of Object.values(caches)) cache.stop();
    clearTimeout(gather);
    manager.close();
    serviceProxy.stop();
    node.stop();
    await api.stop();
    await events.stop();
    client.close();
  };
  let stopping: Promise<void> | undefined;
  return { stop: () => (stopping ??= stop()) };
}
