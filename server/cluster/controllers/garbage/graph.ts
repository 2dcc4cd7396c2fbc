import type { KubeObject, OwnerReference } from '#shared/mesh';
import type { Collection } from '../collection.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';
export type GraphNode = { readonly object: KubeObject; readonly of: Collection };

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean => object.metadata.finalizers?.includes(finalizer) === true;
export const isDying = (object: KubeObject): boolean => object.metadata.deletionTimestamp !== undefined;
/** Being deleted, and waiting for its dependents first. */
export const waitsForDependents = (object: KubeObject): boolean => isDying(object) && hasFinalizer(object, FOREGROUND);
/** An owner is in the same namespace or has none; anything else names an object that cannot be. */
export const isReachable = (owner: KubeObject, dependent: KubeObject): boolean => owner.metadata.namespace === undefined || owner.metadata.namespace === '' || owner.metadata.namespace === dependent.metadata.namespace;

/** Who owns whom, by uid. */
export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #dependents = new Map<string, Set<string>>();

  put(node: GraphNode, before: KubeObject | undefined): void {
    const uid = node.object.metadata.uid ?? '';
    for (const owner of before?.metadata.ownerReferences ?? []) this.#unlink(owner, uid);
    for (const owner of node.object.metadata.ownerReferences ?? []) {
      const known = this.#dependents.get(owner.uid) ?? new Set<string>();
      this.#dependents.set(owner.uid, known.add(uid));
    }
    this.#nodes.set(uid, node);
  }

  remove(object: KubeObject): void {
    const uid = object.metadata.uid ?? '';
    for (const owner of (this.#nodes.get(uid)?.object ?? object).metadata.ownerReferences ?? []) this.#unlink(owner, uid);
    this.#nodes.delete(uid);
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  dependentsOf(uid: string): readonly GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].map((dependent) => this.#nodes.get(dependent)).filter((node) => node !== undefined);
  }

  #unlink(owner: OwnerReference, uid: string): void {
    const known = this.#dependents.get(owner.uid);
    known?.delete(uid);
    if (known?.size === 0) this.#dependents.delete(owner.uid);
  }
}
