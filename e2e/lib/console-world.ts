import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { startCluster } from '#server/cluster';
import { startDashboard } from '#server/dashboard';
import type { DashboardOptions } from '#server/dashboard';
import { createKubeClient, createLog, createReflector, kubeConfig } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { startMetrics } from '#server/metrics';
import { startTraces } from '#server/traces';
import { DURATION_BUCKETS_MS, METRIC } from '#shared/telemetry';
import { bookinfo, requestLabels } from '#shared/fixtures';
import type { RequestLabels } from '#shared/fixtures';
import { groupOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';

// The console with a real Kubernetes API, metrics store and trace store, without control plane and sidecars: their pages are served by this file.

const PLURALS: Readonly<Record<string, string>> = { Namespace: 'namespaces', Pod: 'pods', Service: 'services', ServiceAccount: 'serviceaccounts', Deployment: 'deployments', Node: 'nodes', ConfigMap: 'configmaps', DestinationRule: 'destinationrules', VirtualService: 'virtualservices', Gateway: 'gateways', PeerAuthentication: 'peerauthentications', ClusterRole: 'clusterroles', ClusterRoleBinding: 'clusterrolebindings' };
const CLUSTER_SCOPED = new Set(['Namespace', 'Node', 'ClusterRole', 'ClusterRoleBinding']);

export function pathOf(object: { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly namespace?: string } }): string {
  const { group, version } = groupOf(object.apiVersion);
  return `${group === '' ? `/api/${version}` : `/apis/${group}/${version}`}${CLUSTER_SCOPED.has(object.kind) ? '' : `/namespaces/${object.metadata.namespace ?? 'default'}`}/${PLURALS[object.kind] ?? ''}`;
}

async function listen(server: Server, host: string, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return address === null || typeof address === 'string' ? 0 : address.port;
}

/** Counters as all sidecars together would show them. */
export class Counters {
  readonly #requests = new Map<string, number>();
  readonly #buckets = new Map<string, number[]>();
  add(labels: RequestLabels, n: number, ms = 20): void {
    const full = requestLabels(labels);
    const key = Object.entries(full).map(([name, v]) => `${name}="${v}"`).join(',');
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + n);
    const counts = this.#buckets.get(key) ?? DURATION_BUCKETS_MS.map(() => 0);
    this.#buckets.set(key, counts.map((count, i) => count + (ms <= (DURATION_BUCKETS_MS[i] ?? 0) ? n : 0)));
  }
  /** A request that both sidecars reported. */
  both(labels: Omit<RequestLabels, 'reporter'>, n: number, ms?: number): void {
    this.add({ ...labels, reporter: 'source' }, n, ms);
    this.add({ ...labels, reporter: 'destination' }, n, ms);
  }
  text(): string {
    const lines = [`# TYPE ${METRIC.requests} counter`, ...[...this.#requests].map(([key, n]) => `${METRIC.requests}{${key}} ${n}`), `# TYPE ${METRIC.duration} histogram`];
    for (const [key, counts] of this.#buckets) {
      for (const [i, bound] of DURATION_BUCKETS_MS.entries()) lines.push(`${METRIC.duration}_bucket{${key},le="${bound}"} ${counts[i] ?? 0}`);
      const total = this.#requests.get(key) ?? 0;
      lines.push(`${METRIC.duration}_bucket{${key},le="+Inf"} ${total}`, `${METRIC.duration}_count{${key}} ${total}`, `${METRIC.duration}_sum{${key}} ${total * 20}`);
    }
    return `${lines.join('\n')}\nistio_build{component="proxy",tag="1.28.0"} 1\n`;
  }
}

/** istiod's /debug/syncz: each proxy acknowledges a changed rule `delayMs` after it was written, unless it is told to reject. */
export type Istiod = { delayMs: number; rejectWith: string | undefined; proxies: string[]; seen: bigint; acked: bigint; /** It takes requests and never answers. */ hangs: boolean };

export type World = {
  readonly client: KubeClient; readonly kubeconfig: string; readonly dir: string; readonly counters: Counters; readonly istiod: Istiod; readonly logs: Map<string, string>; readonly dumps: Map<string, unknown>;
  readonly urls: { readonly kubernetes: string; prometheus: string; jaeger: string; otlp: string };
  create(...objects: readonly KubeObject[]): Promise<void>;
  console(more?: Partial<DashboardOptions>): Promise<{ readonly url: string; stop(): Promise<void> }>;
  stopPrometheus(): Promise<void>; startPrometheus(): Promise<void>;
  stop(): Promise<void>;
};

const clean = (object: KubeObject): object => {
  const { resourceVersion: _rv, creationTimestamp: _at, ...metadata } = object.metadata;
  return { ...object, metadata };
};
const host = (): string => `127.${200 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 250)}.${2 + Math.floor(Math.random() * 250)}`;

/** A log that a node agent never answers. */
export const HANGING_LOG = 'hangs';
/** A log whose answer ends in the middle. */
export const BROKEN_LOG = 'breaks off';

/** What istiod and sidecars answer through the API server's pod proxy, and the node agent's logs. */
async function fakePods(world: { istiod: Istiod; logs: Map<string, string>; dumps: Map<string, unknown> }, ips: { istiod: string; productpage: string }): Promise<{ kubeletPort: number; stop: () => void }> {
  const syncz = createServer((request, response) => {
    if ((request.url ?? '').split('?')[0] !== '/debug/syncz') return void response.writeHead(404).end('404 page not found');
    const { istiod } = world;
    if (istiod.hangs) return undefined;
    const nack = istiod.rejectWith === undefined ? {} : { last_nack: { type: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration', message: istiod.rejectWith, at: new Date().toISOString() } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(istiod.proxies.map((proxy) => ({ proxy, proxy_type: 'sidecar', proxy_version: '1.28.0', cluster_id: 'Kubernetes', connected_at: '2026-01-01T00:00:00Z', cluster_sent: 'a', cluster_acked: 'a', listener_sent: 'b', listener_acked: 'b', route_sent: 'c', route_acked: istiod.acked < istiod.seen ? 'old' : 'c', endpoint_sent: 'd', endpoint_acked: 'd', acked_revision: String(istiod.acked), ...nack }))));
  });
  const admin = createServer((request, response) => {
    const body = world.dumps.get((request.url ?? '').split('?')[0] ?? '');
    if (body === undefined) return void response.writeHead(404).end('404');
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const kubelet = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const text = world.logs.get(path.replace('/containerLogs/', ''));
    if (request.headers.authorization !== 'Bearer kubelet' || text === undefined) return void response.writeHead(404).end('');
    if (text === HANGING_LOG) return undefined;
    if (text === BROKEN_LOG) {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 1000 }).write('half of it', () => response.destroy());
      return undefined;
    }
    response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
  });
  await listen(syncz, ips.istiod, 15014);
  await listen(admin, ips.productpage, 15000);
  const kubeletPort = await listen(kubelet, '127.0.0.1');
  return { kubeletPort, stop: () => [syncz, admin, kubelet].forEach((server) => server.closeAllConnections() === undefined && server.close()) };
}

async function fill(client: KubeClient, create: World['create'], ips: { istiod: string; productpage: string }, kubeletPort: number): Promise<void> {
  const objects = bookinfo(undefined, { istiodIp: ips.istiod, productpageIp: ips.productpage });
  await create(...objects.Namespace.filter((ns) => !['default'].includes(ns.metadata.name)));
  await client.request({ method: 'PATCH', path: '/api/v1/namespaces/default', contentType: 'application/merge-patch+json', body: { metadata: { labels: { 'istio-injection': 'enabled' } } } });
  const accounts = new Map(objects.Pod.map((pod) => [`${pod.metadata.namespace}/${String((pod['spec'] as { serviceAccountName: string }).serviceAccountName)}`, pod]));
  for (const key of accounts.keys()) {
    const [namespace = '', name = ''] = key.split('/');
    await create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
  }
  await create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'laptop' } });
  await client.request({ method: 'PATCH', path: '/api/v1/nodes/laptop/status', contentType: 'application/merge-patch+json', body: { status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } } } } });
  await create(...objects.Service, ...objects.Deployment, ...objects.Pod, ...objects.Gateway);
  for (const kind of [objects.Deployment, objects.Pod]) {
    for (const object of kind) await client.request({ method: 'PATCH', path: `${pathOf(object)}/${object.metadata.name}/status`, contentType: 'application/merge-patch+json', body: { status: object['status'] } });
  }
}

/** Each changed rule is acknowledged a moment after istiod saw it. */
function follow(client: KubeClient, istiod: Istiod): () => void {
  const reflectors = ['virtualservices', 'destinationrules'].map((plural) => createReflector(client, { group: 'networking.istio.io', version: 'v1', plural }, {
    onChange: (_event, object) => {
      const revision = BigInt(object.metadata.resourceVersion ?? '0');
      if (revision > istiod.seen) istiod.seen = revision;
      setTimeout(() => {
        if (istiod.rejectWith === undefined && revision > istiod.acked) istiod.acked = revision;
      }, istiod.delayMs);
    },
  }));
  return () => reflectors.forEach((reflector) => reflector.stop());
}

export async function startWorld(): Promise<World> {
  const dir = mkdtempSync(`${tmpdir()}/pharos-console-`);
  const log = createLog('world');
  log.level = 'fatal';
  const cluster = await startCluster({ dataDir: `${dir}/cluster`, host: '127.0.0.1', port: 0, serviceCidr: '127.231.0.0/16', kubeletToken: 'kubelet', log, controllers: false });
  const kubeconfig = `${dir}/kubeconfig`;
  writeFileSync(kubeconfig, cluster.adminKubeconfig, { mode: 0o600 });
  const client = createKubeClient(await kubeConfig({ kubeconfigPath: kubeconfig }));
  const create = async (...objects: readonly KubeObject[]): Promise<void> => {
    for (const object of objects) await client.request({ method: 'POST', path: pathOf(object), body: clean(object) });
  };
  const counters = new Counters();
  const istiod: Istiod = { delayMs: 20, rejectWith: undefined, proxies: ['productpage-v1-5f6d7c8b9-abcde.default', 'reviews-v1-5f6d7c8b9-abcde.default'], seen: 0n, acked: 0n, hangs: false };
  const shared = { istiod, logs: new Map<string, string>(), dumps: new Map<string, unknown>() };
  const ips = { istiod: host(), productpage: host() };
  const pods = await fakePods(shared, ips);
  await fill(client, create, ips, pods.kubeletPort);
  const unfollow = follow(client, istiod);
  const target = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(counters.text()));
  const targetPort = await listen(target, '127.0.0.1');
  const metricsOn = (port: number): ReturnType<typeof startMetrics> => startMetrics({ bindAddress: '127.0.0.1', port, dataDir: `${dir}/metrics`, targets: [`127.0.0.1:${targetPort}`], log });
  let metrics: Awaited<ReturnType<typeof startMetrics>> | undefined = await metricsOn(0);
  const traces = await startTraces({ bindAddress: '127.0.0.1', ports: { query: 0, otlpHttp: 0, otlpGrpc: 0, zipkin: 0 }, dataDir: `${dir}/traces`, log });
  const urls = { kubernetes: cluster.url, prometheus: metrics.url, jaeger: `http://127.0.0.1:${traces.ports.query}`, otlp: `http://127.0.0.1:${traces.ports.otlpHttp}` };
  const prometheusPort = Number(new URL(metrics.url).port);
  return {
    client, kubeconfig, dir, counters, ...shared, urls, create,
    console: (more = {}) => startDashboard({ bindAddress: '127.0.0.1', port: 0, kube: { kubeconfigPath: kubeconfig }, prometheusUrl: urls.prometheus, jaegerUrl: urls.jaeger, dataDir: `${dir}/console`, webDir: `${dir}/web`, meshName: 'test', log, validateReplies: true, ...more }),
    stopPrometheus: async () => {
      await metrics?.stop();
      metrics = undefined;
    },
    startPrometheus: async () => {
      metrics = await metricsOn(prometheusPort);
    },
    stop: async () => {
      unfollow();
      client.close();
      await metrics?.stop();
      await traces.stop();
      target.closeAllConnections();
      target.close();
      await cluster.stop();
      pods.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
