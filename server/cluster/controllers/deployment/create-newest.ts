import { isKubeError } from '#server/lib';
import { errorText, isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { Collection } from '../collection.ts';
import type { Deployment } from '../kinds.ts';
import { controllerOf, controllerReference } from '../selectors.ts';
import { DESIRED, inheritedAnnotations, MAX, REVISION, splitSets } from './replica-sets.ts';
import type { Set } from './replica-sets.ts';
import { HASH_LABEL, templateHash } from './template.ts';

type Options = { readonly deployment: KubeObject; readonly spec: Deployment['spec']; readonly sets: Collection; readonly revision: number; readonly replicas: number; readonly maxReplicas: number; readonly collisions: number };
type Made = { readonly name: string; readonly set: Set | undefined; readonly fresh: boolean; readonly collided: boolean; readonly failure: string | undefined };

function bodyOf(options: Options, hash: string): Record<string, unknown> {
  const { deployment, spec } = options;
  const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
  return {
    apiVersion: 'apps/v1', kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`, namespace: deployment.metadata.namespace, labels,
      annotations: { ...inheritedAnnotations(deployment), [REVISION]: String(options.revision), [DESIRED]: String(spec.replicas), [MAX]: String(options.maxReplicas) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: options.replicas, ...(spec.minReadySeconds === 0 ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } }, template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

/** Makes the ReplicaSet of a Deployment's template. A name taken by another set is a collision; refusals (quota, webhook) are given back as text. */
export async function createNewest(options: Options): Promise<Made> {
  const hash = templateHash(options.spec.template, options.collisions);
  const name = `${options.deployment.metadata.name}-${hash}`;
  try {
    const object = await options.sets.create(options.deployment.metadata.namespace ?? '', bodyOf(options, hash));
    return { name, set: object === undefined ? undefined : splitSets(options.spec.template, [object]).newest, fresh: true, collided: false, failure: undefined };
  } catch (error) {
    if (!isKubeError(error, 409)) return { name, set: undefined, fresh: false, collided: false, failure: errorText(error) };
    const found = options.sets.cache.get(options.deployment.metadata.namespace ?? '', name);
    const same = found !== undefined && controllerOf(found)?.uid === options.deployment.metadata.uid ? splitSets(options.spec.template, [found]).newest : undefined;
    // Ours but not in the cache yet: the watch brings it and the queue runs again.
    return { name, set: same, fresh: false, collided: same === undefined && found !== undefined && isRecord(found['spec']), failure: undefined };
  }
}
