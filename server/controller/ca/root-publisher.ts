import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { createReflector, createWorkQueue, isKubeError } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';

const CONFIG_MAP = 'istio-ca-root-cert';
const KEY = 'root-cert.pem';
/** Namespaces that get none (istio: constants.SystemNamespaces do get one; only those that go are left out). */
const isGoing = (namespace: KubeObject): boolean => namespace.metadata.deletionTimestamp !== undefined;

/** Keeps the mesh's root certificate in a ConfigMap of every namespace, so that every pod can mount it. */
export function publishRoot(options: { readonly client: KubeClient; readonly rootPem: string; readonly log: Logger }): { onNamespace(event: string, namespace: KubeObject): void; stop(): Promise<void> } {
  const { client, rootPem, log } = options;
  const namespaces = new Set<string>();
  const write = async (namespace: string): Promise<void> => {
    if (!namespaces.has(namespace)) return;
    const known = maps.get(namespace, CONFIG_MAP);
    if (known !== undefined && isRecord(known['data']) && known['data'][KEY] === rootPem) return;
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: CONFIG_MAP, namespace, labels: { 'istio.io/config': 'true' } }, data: { [KEY]: rootPem } };
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    try {
      if (known === undefined) await client.request({ method: 'POST', path, body });
      else await client.request({ method: 'PATCH', path: `${path}/${CONFIG_MAP}`, contentType: 'application/merge-patch+json', body: { data: body.data } });
    } catch (error) {
      if (isKubeError(error, 404) || isKubeError(error, 403)) return; // the namespace is going
      if (isKubeError(error, 409)) return void (await client.request({ method: 'PATCH', path: `${path}/${CONFIG_MAP}`, contentType: 'application/merge-patch+json', body: { data: body.data } }));
      throw error;
    }
  };
  const queue = createWorkQueue({ name: 'root certificate', work: write, log });
  const maps = createReflector(client, { group: '', version: 'v1', plural: 'configmaps', fieldSelector: `metadata.name=${CONFIG_MAP}` }, { onChange: (_event, object) => queue.add(object.metadata.namespace ?? '') });
  return {
    onNamespace: (event, namespace) => {
      const { name } = namespace.metadata;
      if (event === 'DELETED' || isGoing(namespace)) return void namespaces.delete(name);
      if (namespaces.has(name)) return;
      namespaces.add(name);
      queue.add(name);
    },
    stop: async () => {
      maps.stop();
      await queue.stop();
    },
  };
}
