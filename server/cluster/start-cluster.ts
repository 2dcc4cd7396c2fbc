import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createKubeClient } from '#server/lib';
import type { KubeConnection, Logger } from '#server/lib';
import { createAdmission } from './admission/admission.ts';
import { closeWebhookConnections } from './admission/call-webhook.ts';
import { aggregateRoles } from './auth/aggregate-roles.ts';
import { escalationGuard } from './auth/escalation.ts';
import { Rbac } from './auth/rbac.ts';
import { TokenAuthority } from './auth/tokens.ts';
import { bootstrap } from './bootstrap/bootstrap.ts';
import { CrdManager } from './crd/crd-manager.ts';
import { createSubresources } from './http/subresources.ts';
import { listen } from './http/server.ts';
import { builtinResources } from './kinds/builtin-resources.ts';
import { createKubeletClient } from './kubelet/kubelet-client.ts';
import { adminKubeconfig } from './kubeconfig.ts';
import { OpenApiDocuments } from './openapi/documents.ts';
import { Registry } from './resources/registry.ts';
import type { Core } from './rest/core.ts';
import { createAllocators, firstAddress, parseCidr } from './store/allocators.ts';
import { ObjectStore } from './store/object-store.ts';
import { loadCertificates } from './tls/certificates.ts';
import type { Certificates } from './tls/certificates.ts';

export type ClusterOptions = {
  /** Folder for the store and the keys. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Range of ClusterIPs, such as 127.96.0.0/16. */
  readonly serviceCidr: string;
  /** Bearer token for the node agent's API. */
  readonly kubeletToken: string;
  readonly log: Logger;
  /** Default: the built-in controllers run. Tests of the API alone leave them out. */
  readonly controllers?: boolean;
  /** The clock, for tests. */
  readonly now?: () => Date;
};
export type Cluster = { readonly url: string; readonly adminKubeconfig: string; stop(): Promise<void> };

/** Random characters of generated names: no vowels, nothing that looks alike. */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const randomName = (length: number): string => [...randomBytes(length)].map((byte) => NAME_ALPHABET.charAt(byte % NAME_ALPHABET.length)).join('');

/** Starts the Kubernetes API and its controllers on a data folder. Resolves when the API answers. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { dataDir, host, log } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const clusterIp = firstAddress(parseCidr(options.serviceCidr));
  const addresses = [...new Set([host, '127.0.0.1', clusterIp])].filter((one) => /^[\d.]+$/.test(one));
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  const certificates = await loadCertificates({ dir: `${dataDir}/pki`, addresses, names });
  const store = new ObjectStore(`${dataDir}/cluster.db`, (error) => log.error({ err: error }, 'a reader of changes failed; the change itself is stored'));
  const now = options.now ?? ((): Date => new Date());
  const registry = new Registry();
  for (const resource of builtinResources()) registry.add(resource);
  const base = { store, registry, allocators: createAllocators(store, options.serviceCidr), now, newUid: randomUUID, randomName };
  const rbac = new Rbac(store);
  const core: Core = { ...base, admission: createAdmission(base, [escalationGuard(() => rbac)]) };
  new CrdManager({ store, registry, log, now }).start();
  const tokens = new TokenAuthority({ privateKey: certificates.tokenKey, publicKey: certificates.tokenPublicKey }, store);
  const openApi = new OpenApiDocuments(registry);
  const subresources = createSubresources({ core, tokens, rbac, kubelet: createKubeletClient({ token: options.kubeletToken }) });
  let address = `${host}:${options.port}`;
  const server = await listen({ certificates, handlers: { core, subresources }, pages: () => ({ core, openApi, tokens, address }), rbac, log }, { host, port: options.port });
  address = `${host}:${server.port}`;
  await bootstrap(core, { host, port: server.port, clusterIp });
  const stopAggregation = aggregateRoles(store, log);
  const url = `https://${address}`;
  const client = createKubeClient(adminConnection(url, certificates));
  // The API answers before the controllers are even loaded.
  const controllers = options.controllers === false ? undefined : await (await import('./controllers/start-controllers.ts')).startControllers({ client, serviceCidr: options.serviceCidr, log });
  return {
    url, adminKubeconfig: adminKubeconfig(url, certificates),
    stop: async () => {
      await controllers?.stop();
      client.close();
      stopAggregation();
      await server.stop();
      closeWebhookConnections();
      store.close();
    },
  };
}

/** The controllers' own connection: the admin's certificate, without a kubeconfig file. */
function adminConnection(url: string, certificates: Certificates): KubeConnection {
  return {
    server: new URL(url), namespace: 'default',
    prepare: (request) => {
      request.ca = certificates.ca.certPem;
      request.cert = certificates.admin.certPem;
      request.key = certificates.admin.keyPem;
      return Promise.resolve();
    },
  };
}
