import { collectionPath, createObjectCache, isKubeError } from '#server/lib';
import type { KubeClient, ObjectCache, WatchTarget } from '#server/lib';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';

export type DeleteOptions = { readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'; readonly gracePeriodSeconds?: number };

/** A shared cache of one kind with the writes that go through it. */
export type Collection = {
  readonly cache: ObjectCache;
  create(namespace: string, body: Record<string, unknown>): Promise<KubeObject | undefined>;
  /** JSON merge patch; `subresource` is "status" for what a controller reports. The uid of the object is a precondition. */
  patch(object: KubeObject, body: Record<string, unknown>, subresource?: 'status'): Promise<KubeObject | undefined>;
  /** Deletes this very object (by uid); one that is gone already is fine. */
  remove(object: KubeObject, options?: DeleteOptions): Promise<void>;
};

export function createCollection(client: KubeClient, target: WatchTarget, onError: (error: Error | undefined) => void): Collection {
  const cache = createObjectCache(client, target, onError);
  const pathOf = (namespace: string | undefined, name?: string): string =>
    `${collectionPath({ ...target, ...(namespace === undefined || namespace === '' ? {} : { namespace }) })}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
  return {
    cache,
    create: async (namespace, body) => cache.wrote(await client.request({ method: 'POST', path: pathOf(namespace), body })),
    patch: async (object, body, subresource) => {
      const { namespace, name, uid } = object.metadata;
      const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
      const path = `${pathOf(namespace, name)}${subresource === undefined ? '' : `/${subresource}`}`;
      return cache.wrote(await client.request({ method: 'PATCH', path, body: { ...body, metadata: { ...metadata, uid } }, contentType: 'application/merge-patch+json' }));
    },
    remove: async (object, options = {}) => {
      try {
        const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: object.metadata.uid }, ...options };
        const answer = cache.wrote(await client.request({ method: 'DELETE', path: pathOf(object.metadata.namespace, object.metadata.name), body }));
        if (answer?.metadata.deletionTimestamp === undefined) cache.gone(object);
      } catch (error) {
        if (isKubeError(error, 404)) cache.gone(object);
        else throw error;
      }
    },
  };
}
