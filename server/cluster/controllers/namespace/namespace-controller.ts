import { collectionPath, isKubeError } from '#server/lib';
import { errorText, isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { discover } from '../discovery.ts';
import type { ServedResource } from '../discovery.ts';
import { namespaceOf } from '../kinds.ts';
import { timeText } from '../selectors.ts';

/** While something in a dying namespace is still ending, it is looked at again after this, ms; twice as long each time that nothing went, up to the maximum. */
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;
type Left = { readonly resource: ServedResource; readonly objects: readonly unknown[] };

/** Empties and finalizes namespaces that are being deleted. */
export class NamespaceController {
  readonly #context: ControllerContext;
  readonly #namespaces: Collection;
  /** The newest wait of each namespace, and how many objects it still had then. */
  readonly #waits = new Map<string, { readonly ms: number; readonly count: number }>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#namespaces = context.collection('', 'v1', 'namespaces');
    const queue = context.queue('namespace', [this.#namespaces], async (key) => {
      const count = await this.#sync(key);
      if (count !== undefined) return { againAfterMs: this.#wait(key, count) };
      this.#waits.delete(key);
      return undefined;
    });
    this.#namespaces.cache.subscribe((event, object) => {
      if (event !== 'DELETED' && object.metadata.deletionTimestamp !== undefined) queue.add(object.metadata.name);
    });
  }

  /** How long a namespace with so many objects left is let be. */
  #wait(name: string, count: number): number {
    const known = this.#waits.get(name);
    const ms = known === undefined || count < known.count ? RETRY_MS_MIN : Math.min(RETRY_MS_MAX, known.ms * 2);
    this.#waits.set(name, { ms, count });
    return ms;
  }

  /** One round; gives back how many objects are left, undefined when nothing remains to be done. */
  async #sync(name: string): Promise<number | undefined> {
    const object = this.#namespaces.cache.get('', name);
    if (object === undefined || object.metadata.deletionTimestamp === undefined) return undefined;
    const finalizers = namespaceOf(object)?.spec.finalizers ?? [];
    if (!finalizers.includes('kubernetes')) return undefined;
    const left: Left[] = [];
    const failures: string[] = [];
    let resources: readonly ServedResource[] = [];
    let discoveryFailure: string | undefined;
    try {
      resources = (await discover(this.#context.client)).filter((entry) => entry.namespaced && entry.verbs.includes('delete') && entry.verbs.includes('list'));
    } catch (error) {
      discoveryFailure = errorText(error);
    }
    for (const resource of resources) {
      try {
        const objects = await this.#empty(name, resource);
        if (objects.length > 0) left.push({ resource, objects });
      } catch (error) {
        failures.push(`${resource.plural}: ${errorText(error)}`);
      }
    }
    if (left.length === 0 && failures.length === 0 && discoveryFailure === undefined) {
      await this.#finalize(object, finalizers);
      return undefined;
    }
    await this.#report(name, left, failures, discoveryFailure);
    return left.reduce((sum, { objects }) => sum + objects.length, 0);
  }

  /** Deletes all objects of a resource; gives back what is still there. */
  async #empty(namespace: string, resource: ServedResource): Promise<readonly unknown[]> {
    const { client } = this.#context;
    const path = collectionPath({ ...resource, namespace });
    const items = async (): Promise<readonly unknown[]> => {
      const found = await client.request({ method: 'GET', path });
      return isRecord(found) && Array.isArray(found['items']) ? found['items'] : [];
    };
    const before = await items();
    if (before.length === 0) return [];
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
    if (resource.verbs.includes('deletecollection')) await client.request({ method: 'DELETE', path, body });
    else for (const item of before) await this.#deleteOne(path, item, body);
    return items();
  }

  async #deleteOne(path: string, item: unknown, body: Record<string, unknown>): Promise<void> {
    const name = isRecord(item) && isRecord(item['metadata']) ? item['metadata']['name'] : undefined;
    if (typeof name !== 'string') return;
    try {
      await this.#context.client.request({ method: 'DELETE', path: `${path}/${encodeURIComponent(name)}`, body });
    } catch (error) {
      if (!isKubeError(error, 404)) throw error;
    }
  }

  async #finalize(object: KubeObject, finalizers: readonly string[]): Promise<void> {
    const { name, uid, resourceVersion } = object.metadata;
    const spec = isRecord(object['spec']) ? object['spec'] : {};
    const answer = await this.#context.client.request({
      method: 'PUT', path: `/api/v1/namespaces/${name}/finalize`,
      body: { ...object, apiVersion: 'v1', kind: 'Namespace', metadata: { ...object.metadata, uid, resourceVersion }, spec: { ...spec, finalizers: finalizers.filter((finalizer) => finalizer !== 'kubernetes') } },
    });
    if (isRecord(answer) && isRecord(answer['metadata']) && Array.isArray(answer['metadata']['finalizers']) && answer['metadata']['finalizers'].length > 0) this.#namespaces.cache.wrote(answer);
  }

  async #report(name: string, left: readonly Left[], failures: readonly string[], discoveryFailure: string | undefined): Promise<void> {
    const object = this.#namespaces.cache.get('', name);
    if (object === undefined) return;
    const known = namespaceOf(object)?.status.conditions ?? [];
    const time = timeText(this.#context.now());
    const remaining = left.map(({ resource, objects }) => `${resource.plural}.${resource.group} has ${objects.length} resource instances`).join(', ');
    const finalizers = new Map<string, number>();
    for (const item of left.flatMap((entry) => entry.objects)) {
      const names = isRecord(item) && isRecord(item['metadata']) && Array.isArray(item['metadata']['finalizers']) ? item['metadata']['finalizers'] : [];
      for (const finalizer of names.map(String)) finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
    const held = [...finalizers].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).join(', ');
    const of = (type: string, bad: boolean, reason: string, message: string, goodReason: string, goodMessage: string): Record<string, unknown> => {
      const status = bad ? 'True' : 'False';
      const before = known.find((condition) => condition.type === type);
      return { type, status, reason: bad ? reason : goodReason, message: bad ? message : goodMessage, lastTransitionTime: before?.status === status ? before.lastTransitionTime : time };
    };
    const conditions = [
      of('NamespaceDeletionDiscoveryFailure', discoveryFailure !== undefined, 'DiscoveryFailed', discoveryFailure ?? '', 'ResourcesDiscovered', 'All resources successfully discovered'),
      of('NamespaceDeletionGroupVersionParsingFailure', false, '', '', 'ParsedGroupVersions', 'All legacy kube types successfully parsed'),
      of('NamespaceDeletionContentFailure', failures.length > 0, 'ContentDeletionFailed', `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`, 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization'),
      of('NamespaceContentRemaining', left.length > 0, 'SomeResourcesRemain', `Some resources are remaining: ${remaining}`, 'ContentRemoved', 'All content successfully removed'),
      of('NamespaceFinalizersRemaining', finalizers.size > 0, 'SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${held}`, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'),
    ];
    const same = (a: unknown): string => JSON.stringify(a);
    if (same(known.map(({ type, status, message }) => [type, status, message])) === same(conditions.map((c) => [c['type'], c['status'], c['message']]))) return;
    await this.#namespaces.patch(object, { status: { phase: 'Terminating', conditions } }, 'status');
  }
}
