import type { RequestOptions } from 'node:https';
import { isKubeError } from '#server/lib';
import { isRecord } from '#shared/base';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';

const ROOT_CA = 'kube-root-ca.crt';
const DESCRIPTION = 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Gives every namespace its ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`, also when they were deleted or changed. */
export class NamespaceDefaultsController {
  readonly #context: ControllerContext;
  readonly #namespaces: Collection;
  readonly #accounts: Collection;
  readonly #configMaps: Collection;
  #authority: string | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#namespaces = context.collection('', 'v1', 'namespaces');
    this.#accounts = context.collection('', 'v1', 'serviceaccounts');
    this.#configMaps = context.collection('', 'v1', 'configmaps');
    const queue = context.queue('namespace-defaults', [this.#namespaces, this.#accounts, this.#configMaps], (name) => this.#sync(name));
    this.#namespaces.cache.subscribe((_event, object) => queue.add(object.metadata.name));
    this.#accounts.cache.subscribe((event, object) => {
      if (event === 'DELETED' && object.metadata.name === 'default') queue.add(object.metadata.namespace ?? '');
    });
    this.#configMaps.cache.subscribe((_event, object) => {
      if (object.metadata.name === ROOT_CA) queue.add(object.metadata.namespace ?? '');
    });
  }

  async #sync(namespace: string): Promise<void> {
    const object = this.#namespaces.cache.get('', namespace);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    if (this.#accounts.cache.get(namespace, 'default') === undefined) await this.#create(this.#accounts, namespace, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } });
    const authority = await this.#rootAuthority();
    if (authority === undefined) return;
    const known = this.#configMaps.cache.get(namespace, ROOT_CA);
    if (known === undefined) await this.#create(this.#configMaps, namespace, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ROOT_CA, namespace, annotations: { 'kubernetes.io/description': DESCRIPTION } }, data: { 'ca.crt': authority } });
    else if (!isRecord(known['data']) || known['data']['ca.crt'] !== authority || Object.keys(known['data']).length !== 1) {
      const others = isRecord(known['data']) ? Object.fromEntries(Object.keys(known['data']).map((key) => [key, null])) : {};
      await this.#configMaps.patch(known, { data: { ...others, 'ca.crt': authority } });
    }
  }

  async #create(collection: Collection, namespace: string, body: Record<string, unknown>): Promise<void> {
    try {
      await collection.create(namespace, body);
    } catch (error) {
      // Made by someone else meanwhile, or the namespace began to end: the watch tells.
      if (!isKubeError(error, 409) && !isKubeError(error, 403) && !isKubeError(error, 404)) throw error;
    }
  }

  /** The authority our own connection trusts; it is the cluster's. */
  async #rootAuthority(): Promise<string | undefined> {
    if (this.#authority !== undefined) return this.#authority;
    const options: RequestOptions = {};
    await this.#context.client.connection.prepare(options);
    const { ca } = options;
    this.#authority = typeof ca === 'string' || Buffer.isBuffer(ca) ? ca.toString() : undefined;
    return this.#authority;
  }
}
