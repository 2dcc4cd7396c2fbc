import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { startCluster } from '#server/cluster';
import type { Cluster } from '#server/cluster';
import { startController } from '#server/controller';
import type { Controller, ControllerPorts } from '#server/controller';
import { createKubeClient, createLog, kubeConfig } from '#server/lib';
import type { KubeClient, KubeQuery } from '#server/lib';
import { isRecord } from '#shared/base';
import { groupOf, kindOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';

/** A real API server with our controller beside it, in this process, reached by its webhooks. */
export type ControllerBed = {
  readonly client: KubeClient; readonly controller: Controller; readonly kubeconfigPath: string;
  create(object: KubeObject, query?: KubeQuery): Promise<unknown>;
  token(namespace: string, account: string, audience?: string): Promise<string>;
  /** Ends the API server and starts it again on the same data. */
  restartCluster(whileAway: () => Promise<void>): Promise<void>;
  /** Ends the controller and starts another one on the same ports. */
  restartController(whileAway: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
};
const SERVICE_CIDR = '127.107.0.0/16';

/** Objects in `first` are there before the controller starts. */
export async function startControllerBed(options: { readonly first?: readonly KubeObject[]; readonly mesh?: string; readonly istioFilters?: boolean; /** False: no controllers of the cluster, so that pods and endpoints are as they are written. */ readonly controllers?: boolean } = {}): Promise<ControllerBed> {
  const dir = mkdtempSync(`${tmpdir()}/pharos-controller-`);
  const log = createLog('controller-bed');
  log.level = 'fatal';
  const start = (port: number): Promise<Cluster> => startCluster({ dataDir: dir, host: '127.0.0.1', port, serviceCidr: SERVICE_CIDR, kubeletToken: 'x', log, ...(options.controllers === undefined ? {} : { controllers: options.controllers }) });
  let cluster = await start(0);
  const kubeconfigPath = `${dir}/kubeconfig`;
  writeFileSync(kubeconfigPath, cluster.adminKubeconfig);
  const connect = async (): Promise<KubeClient> => createKubeClient(await kubeConfig({ kubeconfigPath }));
  let client = await connect();
  const create: ControllerBed['create'] = async (object, query) => {
    const { group, version } = groupOf(object.apiVersion);
    const kind = kindOf(group, object.kind);
    const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = object.metadata;
    const path = `${group === '' ? `/api/${version}` : `/apis/${group}/${version}`}${kind?.namespaced === false ? '' : `/namespaces/${metadata.namespace ?? ''}`}/${kind?.plural ?? ''}`;
    const made = await client.request({ method: 'POST', path, body: { ...object, metadata }, ...(query === undefined ? {} : { query }) });
    if (object.kind === 'Pod' && isRecord(object['status']) && query === undefined) await client.request({ method: 'PATCH', path: `${path}/${metadata.name}/status`, contentType: 'application/merge-patch+json', body: { status: object['status'] } });
    return made;
  };
  await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
  for (const object of options.first ?? []) await create(object);
  await create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'istio', namespace: 'istio-system' }, data: { mesh: options.mesh ?? 'accessLogFile: /dev/stdout\ndefaultConfig:\n  tracing:\n    sampling: 100\n' } });
  const run = (ports: ControllerPorts): Promise<Controller> => startController({
    kube: { kubeconfigPath }, bindAddress: '127.0.0.1', ports, namespace: 'istio-system', otlpEndpoint: 'http://jaeger-collector.istio-system:4318',
    ...(options.istioFilters === undefined ? {} : { istioFilters: options.istioFilters }), log,
  });
  let controller = await run({ grpc: 0, grpcTls: 0, http: 0, monitoring: 0, webhook: 0 });
  // istiod is no pod here: its Service leads to the webhook by an endpoint that is kept by hand.
  await create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'istiod', namespace: 'istio-system' }, spec: { ports: [{ name: 'https-webhook', port: 443, targetPort: controller.ports.webhook }] } });
  await create({
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'istiod-1', namespace: 'istio-system', labels: { 'kubernetes.io/service-name': 'istiod' } }, addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }], ports: [{ name: 'https-webhook', port: controller.ports.webhook, protocol: 'TCP' }],
  });
  await controller.binding;
  return {
    get client() {
      return client;
    },
    get controller() {
      return controller;
    },
    kubeconfigPath, create,
    token: async (namespace, account, audience = 'istio-ca') => {
      const answer = await client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [audience], expirationSeconds: 3600 } } });
      const status = isRecord(answer) ? answer['status'] : undefined;
      return isRecord(status) ? String(status['token']) : '';
    },
    restartCluster: async (whileAway) => {
      const port = Number(new URL(/server: (\S+)/.exec(cluster.adminKubeconfig)?.[1] ?? '').port);
      await cluster.stop();
      await whileAway();
      cluster = await start(port);
      client.close();
      client = await connect();
    },
    restartController: async (whileAway) => {
      const { ports } = controller;
      await controller.stop();
      await whileAway();
      controller = await run(ports);
      await controller.binding;
    },
    stop: async () => {
      await controller.stop();
      client.close();
      await cluster.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
