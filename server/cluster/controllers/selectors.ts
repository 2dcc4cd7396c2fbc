import { isRecord } from '#shared/base';
import type { KubeObject, OwnerReference } from '#shared/mesh';
import type { Expression, LabelSelector } from './kinds.ts';

type Labels = { readonly [key: string]: string } | null | undefined;
const labelOf = (labels: Labels, key: string): string | undefined => (labels !== null && labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined);

/** True when every wanted label is there with its value. */
export const hasLabels = (labels: Labels, wanted: { readonly [key: string]: string }): boolean => Object.entries(wanted).every(([key, v]) => labelOf(labels, key) === v);

/** One requirement of a selector or a node term (the latter also knows Gt and Lt). */
export function matchesExpression(labels: Labels, { key, operator, values }: Expression): boolean {
  const v = labelOf(labels, key);
  switch (operator) {
    case 'In': return v !== undefined && values?.includes(v) === true;
    case 'NotIn': return v === undefined || values?.includes(v) !== true;
    case 'Exists': return v !== undefined;
    case 'DoesNotExist': return v === undefined;
    case 'Gt': return v !== undefined && Number(v) > Number(values?.[0]);
    case 'Lt': return v !== undefined && Number(v) < Number(values?.[0]);
    default: return false;
  }
}

/** metav1.LabelSelector: all labels and all expressions. */
export const matchesSelector = (selector: LabelSelector, labels: Labels): boolean =>
  hasLabels(labels, selector.matchLabels ?? {}) && (selector.matchExpressions ?? []).every((expression) => matchesExpression(labels, expression));
export const isEmptySelector = (selector: LabelSelector): boolean => Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;

export const controllerOf = (object: KubeObject): OwnerReference | undefined => object.metadata.ownerReferences?.find((owner) => owner.controller === true);
/** The reference that makes `owner` the controller of another object. */
export const controllerReference = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid ?? '', controller: true, blockOwnerDeletion: true,
});
export const statusOf = (object: KubeObject): Record<string, unknown> => (isRecord(object['status']) ? object['status'] : {});
export const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
export const splitKey = (key: string): { readonly namespace: string; readonly name: string } => {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};
/** A time as the API writes it: whole seconds, UTC. */
export const timeText = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
