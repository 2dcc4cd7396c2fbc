import type { KubeObject } from '#shared/mesh';
import type { Collection } from './collection.ts';
import type { LabelSelector } from './kinds.ts';
import { controllerOf, controllerReference, matchesSelector } from './selectors.ts';

/** The objects that `owner` controls: those it owns and still selects, plus orphans it selects (adopted now). Owned ones it selects no more are released. */
export async function claimObjects(owner: KubeObject, selector: LabelSelector, of: Collection): Promise<readonly KubeObject[]> {
  const claimed: KubeObject[] = [];
  for (const object of of.cache.inNamespace(owner.metadata.namespace ?? '')) {
    const controller = controllerOf(object);
    const selected = matchesSelector(selector, object.metadata.labels);
    if (controller?.uid === owner.metadata.uid) {
      if (selected) claimed.push(object);
      else if (owner.metadata.deletionTimestamp === undefined) await release(owner, object, of);
    } else if (controller === undefined && selected && owner.metadata.deletionTimestamp === undefined && object.metadata.deletionTimestamp === undefined) {
      const adopted = await of.patch(object, { metadata: { resourceVersion: object.metadata.resourceVersion, ownerReferences: [...(object.metadata.ownerReferences ?? []), controllerReference(owner)] } });
      claimed.push(adopted ?? object);
    }
  }
  return claimed;
}

async function release(owner: KubeObject, object: KubeObject, of: Collection): Promise<void> {
  if (object.metadata.deletionTimestamp !== undefined) return;
  const ownerReferences = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== owner.metadata.uid);
  await of.patch(object, { metadata: { resourceVersion: object.metadata.resourceVersion, ownerReferences } });
}

/** Tells whose queue must look when an object changed: its controller of `kind`, its former one, and (for an orphan) each owner whose selector fits. */
export function ownersToWake(object: KubeObject, before: KubeObject | undefined, kind: string, owners: Collection, selectorOf: (owner: KubeObject) => LabelSelector | undefined): readonly KubeObject[] {
  const namespace = object.metadata.namespace ?? '';
  const found = new Map<string, KubeObject>();
  for (const reference of [controllerOf(object), before === undefined ? undefined : controllerOf(before)]) {
    if (reference?.kind !== kind) continue;
    const owner = owners.cache.get(namespace, reference.name);
    if (owner?.metadata.uid === reference.uid) found.set(reference.uid, owner);
  }
  if (controllerOf(object) === undefined && object.metadata.deletionTimestamp === undefined) {
    for (const owner of owners.cache.inNamespace(namespace)) {
      const selector = selectorOf(owner);
      if (selector !== undefined && matchesSelector(selector, object.metadata.labels)) found.set(owner.metadata.uid ?? '', owner);
    }
  }
  return [...found.values()];
}
