import { createKubeClient, kubeConfig } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';
import { adsService, csrService, startGrpcServer, streaming, unary } from '#server/wire';
import type { GrpcMethod } from '#server/wire';
import { EMPTY_SNAPSHOT } from '#shared/mesh';
import { AdsService } from './ads/ads-service.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { loadCa } from './ca/ca-store.ts';
import { CertificateAuthority } from './ca/certificate-authority.ts';
import { publishRoot } from './ca/root-publisher.ts';
import { startHttpServer } from './debug/http-server.ts';
import { VERSION } from './debug/pages.ts';
import { handleInjection } from './injection/handle.ts';
import { createMetrics } from './metrics.ts';
import type { ControllerMetrics } from './metrics.ts';
import { Debounce } from './push/debounce.ts';
import { PushServer } from './push/push-server.ts';
import { ClusterSource } from './registry/cluster-source.ts';
import { createStatusWriter } from './status/status-writer.ts';
import { validateObject } from './validation/validate.ts';
import { registerWebhooks } from './webhooks/register.ts';
import { startWebhookServer } from './webhooks/webhook-server.ts';

export type ControllerPorts = { readonly grpc: number; readonly grpcTls: number; readonly http: number; readonly monitoring: number; readonly webhook: number };
export type ControllerOptions = {
  readonly kube: { readonly inCluster: true } | { readonly kubeconfigPath: string }; readonly bindAddress: string; readonly ports: ControllerPorts; readonly namespace: string;
  readonly otlpEndpoint?: string; /** Name of the Service that leads to us; the webhooks are registered with it. */ readonly service?: string;
  /** False for a mesh of stock Envoys, which lack Istio's filters (istio: PILOT_ENABLE_METADATA_EXCHANGE). */ readonly istioFilters?: boolean; readonly log: Logger;
};
export type Controller = { readonly ports: ControllerPorts; /** The webhooks are registered and binding. */ readonly binding: Promise<void>; stop(): Promise<void> };

const CLUSTER_ID = 'Kubernetes';
const SERVICE = 'istiod';
/** Server certificates live for a day and are made anew at half of it. */
const RENEW_MS = 12 * 3600 * 1000;
const dnsNames = (service: string, namespace: string): readonly string[] => [`${service}.${namespace}.svc`, `${service}.${namespace}`, `${service}.${namespace}.svc.cluster.local`, `istio-pilot.${namespace}.svc`];

const now = (): Date => new Date();
async function connect(options: ControllerOptions): Promise<KubeClient> {
  return createKubeClient(await kubeConfig('inCluster' in options.kube ? { inCluster: true, light: true } : options.kube));
}

/** Watches, snapshots and pushes: from a change of the cluster to what proxies are told. */
function startPushing(options: ControllerOptions, client: KubeClient, metrics: ControllerMetrics, hooks: Pick<ConstructorParameters<typeof ClusterSource>[0], 'onNamespace' | 'onObject'>): { readonly push: PushServer; readonly source: ClusterSource; readonly debounce: Debounce } {
  let changedAt: number | undefined;
  const push = new PushServer({ snapshot: EMPTY_SNAPSHOT, metrics, secrets: { secret: () => undefined }, startedAt: now().toISOString() });
  const debounce = new Debounce(() => {
    const at = changedAt ?? performance.now();
    changedAt = undefined;
    metrics.debounce.observe((performance.now() - at) / 1000);
    push.update(source.snapshot, at);
  });
  const source: ClusterSource = new ClusterSource({
    client, namespace: options.namespace, otlpEndpoint: options.otlpEndpoint, metrics, log: options.log, ...hooks,
    onChange: (trigger) => {
      metrics.triggers.inc({ type: trigger });
      const at = performance.now();
      changedAt ??= at;
      debounce.changed(at);
    },
    // What waits to be pushed takes the revision along.
    onRevision: () => void (changedAt === undefined ? push.update(source.snapshot, performance.now()) : undefined),
  });
  return { push, source, debounce };
}

/** istiod's role: configuration for proxies, certificates, injection, validation. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { log, namespace, bindAddress: host, ports } = options;
  const service = options.service ?? SERVICE;
  const startedAt = Date.now();
  const client = await connect(options);
  const metrics = createMetrics();
  metrics.info.set(1, { version: VERSION });
  metrics.build.set(1, { component: 'pilot', tag: VERSION });
  const status = createStatusWriter({ client, log, now });
  const namespaces: Parameters<ReturnType<typeof publishRoot>['onNamespace']>[] = [];
  let roots: ReturnType<typeof publishRoot> | undefined;
  const { push, source, debounce } = startPushing(options, client, metrics, {
    onObject: status.onObject,
    onNamespace: (event, object) => (roots === undefined ? void namespaces.push([event, object]) : roots.onNamespace(event, object)),
  });
  await source.start();
  push.update(source.next(), performance.now());
  const material = await loadCa({ client, namespace, trustDomain: source.mesh.trustDomain, log, now });
  roots = publishRoot({ client, rootPem: material.rootPem, log });
  for (const seen of namespaces.splice(0)) roots.onNamespace(...seen);

  const authenticator = createAuthenticator(client, () => [source.mesh.trustDomain, ...source.mesh.trustDomainAliases]);
  const authority = new CertificateAuthority({ material, authenticator, metrics, trustDomain: () => source.mesh.trustDomain, now });
  const ads = new AdsService({ push, authenticator, metrics, log, istiod: process.env['POD_NAME'] ?? service, istioFilters: options.istioFilters !== false, now });
  const methods: readonly GrpcMethod[] = [
    streaming(adsService.StreamAggregatedResources, (call) => ads.sotw(call)), streaming(adsService.DeltaAggregatedResources, (call) => ads.delta(call)),
    unary(csrService.CreateCertificate, (request, caller) => authority.createCertificate(request, caller)),
  ];
  const pair = authority.serverCertificate(dnsNames(service, namespace));
  const plain = await startGrpcServer({ host, port: ports.grpc, methods });
  const secure = await startGrpcServer({ host, port: ports.grpcTls, methods, tls: { cert: pair.certPem, key: pair.keyPem, ca: material.rootPem } });
  const webhooks = await startWebhookServer({
    host, port: ports.webhook, pair, log,
    handlers: { inject: (request) => handleInjection(request, { mesh: source.mesh, clusterId: CLUSTER_ID, metrics, log }), validate: (request) => validateObject(request, metrics), unreadable: () => metrics.validationErrors.inc() },
  });
  const pages = { host, push, registry: metrics.registry, notReady: () => (source.synced ? undefined : 'the cluster is still being read'), beforeMetrics: () => metrics.uptime.set((Date.now() - startedAt) / 1000) };
  const http = await startHttpServer({ ...pages, port: ports.http });
  const monitoring = await startHttpServer({ ...pages, port: ports.monitoring });
  const registration = registerWebhooks({ client, place: { namespace, service, caPem: material.rootPem }, log });
  const renewal = setInterval(() => {
    const next = authority.serverCertificate(dnsNames(service, namespace));
    secure.renew({ cert: next.certPem, key: next.keyPem, ca: material.rootPem });
    webhooks.renew(next);
  }, RENEW_MS);
  renewal.unref();
  log.info({ grpc: plain.port, grpc_tls: secure.port, webhook: webhooks.port, services: push.snapshot.services.size }, 'istiod is ready');
  return {
    ports: { grpc: plain.port, grpcTls: secure.port, http: http.port, monitoring: monitoring.port, webhook: webhooks.port }, binding: registration.closed,
    stop: async () => {
      clearInterval(renewal);
      registration.stop();
      debounce.stop();
      source.stop();
      await Promise.all([plain.stop(), secure.stop(), webhooks.stop(), http.stop(), monitoring.stop(), status.stop(), roots?.stop()]);
      client.close();
    },
  };
}
