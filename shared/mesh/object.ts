import type { Json } from '#shared/base';

export type OwnerReference = { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string; readonly controller?: boolean; readonly blockOwnerDeletion?: boolean };

/** metadata of any Kubernetes object, the fields Pharos reads. */
export type ObjectMeta = {
  readonly name: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
};

/** Any Kubernetes object as JSON. Read-modify-write keeps unknown fields. */
export type KubeObject = { readonly apiVersion: string; readonly kind: string; readonly metadata: ObjectMeta; readonly [field: string]: unknown };

/** group/version of an object ("" for core) and its parts. */
export function groupOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The identity of an object inside one cluster, stable over versions: group/kind/namespace/name. */
export type ObjectRef = { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string };
export const refKey = (ref: ObjectRef): string => `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`;
export const refOf = (object: KubeObject): ObjectRef => ({ group: groupOf(object.apiVersion).group, kind: object.kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name });
export type JsonObject = { readonly [key: string]: Json };
