import type { Json } from '#shared/base';
import type { ObjectMeta, OwnerReference } from '../object.ts';
import type { Fields, Flat, Infer, More, Schema, SchemaNode, Shape } from '../schema/schema.ts';
import { anyObject, bool, def, defNode, int64, like, list, map, req, str } from '../schema/schema.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** A moment as RFC 3339 with seconds. */
export const time = (description: string): Schema<string> => str(description, { format: 'date-time' });
/** A text that is one of a few words. The API server checks them by its own rules; editors offer them. */
export const choice = (values: readonly string[], description: string, more?: More): Schema<string> => str(description, { ...more, enum: values });
/** An amount as Kubernetes writes it: "100m", "1Gi", or a bare number. */
export const quantity: Schema<string | number> = defNode<string | number>('io.k8s.apimachinery.pkg.api.resource.Quantity', {
  'x-kubernetes-int-or-string': true, description: 'An amount with a suffix: decimal (m, k, M, G) or binary (Ki, Mi, Gi), for example 100m or 1Gi.',
});
export const quantities = (description: string): Schema<{ readonly [name: string]: string | number }> => map(quantity, description);
export const intOrStringRef: Schema<number | string> = defNode<number | string>('io.k8s.apimachinery.pkg.util.intstr.IntOrString', {
  'x-kubernetes-int-or-string': true, description: 'A number, or a text such as a port name or a percentage.',
});
export const numberOrText = (description: string): Schema<number | string> => like(intOrStringRef, description);

/** A list that is replaced as a whole. */
export const atomicList = <T>(items: Schema<T>, description: string, more?: Omit<SchemaNode, 'type' | 'items'>): Schema<readonly T[]> =>
  list(items, description, { 'x-kubernetes-list-type': 'atomic', ...more });
/** A list whose items are merged by a key: `mergeKey` under strategic merge, `keys` (by default the same) under server-side apply. */
export const keyedList = <T>(items: Schema<T>, mergeKey: string, description: string, keys: readonly string[] = [mergeKey], strategy = 'merge'): Schema<readonly T[]> =>
  list(items, description, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys, 'x-kubernetes-patch-merge-key': mergeKey, 'x-kubernetes-patch-strategy': strategy });
/** A list that strategic merge merges by a key and server-side apply replaces. */
export const patchList = <T>(items: Schema<T>, mergeKey: string, description: string): Schema<readonly T[]> =>
  list(items, description, { 'x-kubernetes-list-type': 'atomic', 'x-kubernetes-patch-merge-key': mergeKey, 'x-kubernetes-patch-strategy': 'merge' });
/** A list of plain values without duplicates, merged as a set. */
export const setList = <T>(items: Schema<T>, description: string): Schema<readonly T[]> =>
  list(items, description, { 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' });
const ATOMIC: More = { 'x-kubernetes-map-type': 'atomic' };

const ownerReferenceNode: SchemaNode = def(`${META}.OwnerReference`, {
  apiVersion: req(str('API version of the owner.')),
  kind: req(str('Kind of the owner.')),
  name: req(str('Name of the owner.')),
  uid: req(str('UID of the owner; the reference is to this very object, not to a later one of the same name.')),
  controller: bool('True on the one owner that manages this object.'),
  blockOwnerDeletion: bool('With foreground deletion the owner stays until this object is gone.'),
}, 'An object that owns this one; when all owners are gone, this object is collected.', ATOMIC);
const ownerReference: Schema<OwnerReference> = ownerReferenceNode;

const managedFieldsEntry = def(`${META}.ManagedFieldsEntry`, {
  manager: str('Who wrote the fields.'),
  operation: str('Apply or Update.'),
  apiVersion: str('The version in which the fields are named.'),
  time: time('When the entry last changed.'),
  fieldsType: str('Format of fieldsV1; always FieldsV1.'),
  fieldsV1: anyObject('The set of fields, as a tree of f:, k: and v: keys.'),
  subresource: str('The subresource that was written, such as status.'),
}, 'Which fields one manager owns.');

const objectMetaNode: SchemaNode = def(`${META}.ObjectMeta`, {
  name: str('Name, unique among objects of the kind in the namespace. Cannot be changed.'),
  generateName: str('Prefix of a name that the server completes with five random characters when name is empty.'),
  namespace: str('Namespace of the object; empty for kinds of the whole cluster. Cannot be changed.'),
  uid: str('Set by the server: unique in space and time.'),
  resourceVersion: str('Set by the server: changes with every write. Sent back, it makes an update conditional.'),
  generation: int64('Set by the server: counts changes of the wanted state.'),
  creationTimestamp: time('Set by the server: when the object was made.'),
  deletionTimestamp: time('Set by the server: when the object goes, once deletion was asked for.'),
  deletionGracePeriodSeconds: int64('Seconds left for an orderly end after deletion was asked for.'),
  labels: map(str(), 'Short keys and values that selectors match.'),
  annotations: map(str(), 'Keys and values that tools keep here; not for selecting.'),
  finalizers: setList(str(), 'The object is removed only when this list is empty.'),
  ownerReferences: keyedList(ownerReference, 'uid', 'Objects that own this one.'),
  managedFields: atomicList(managedFieldsEntry, 'Who owns which fields; kept by the server.'),
  selfLink: str('No longer set.'),
}, 'Name, labels and other facts every object has.');
export const objectMeta: Schema<ObjectMeta> = objectMetaNode;

export const listMeta = def(`${META}.ListMeta`, {
  resourceVersion: str('Version of the whole store when the list was read.'),
  continue: str('Token for the next page; empty on the last one.'),
  remainingItemCount: int64('Objects after this page, where that is known.'),
  selfLink: str('No longer set.'),
}, 'Facts about a list.');

const labelSelectorRequirement = def(`${META}.LabelSelectorRequirement`, {
  key: req(str('Label key.')),
  operator: req(str('In, NotIn, Exists or DoesNotExist.')),
  values: atomicList(str(), 'Values for In and NotIn; must be empty for the other two.'),
}, 'One condition on a label.');
export const labelSelector = def(`${META}.LabelSelector`, {
  matchLabels: map(str(), 'Labels an object must have, all of them.'),
  matchExpressions: atomicList(labelSelectorRequirement, 'Conditions that must hold, all of them.'),
}, 'Selects objects by label. Empty selects everything, absent selects nothing.', ATOMIC);
export type LabelSelector = Infer<typeof labelSelector>;

export const condition = def(`${META}.Condition`, {
  type: req(str('What the condition is about.')),
  status: req(str('True, False or Unknown.')),
  observedGeneration: int64('The metadata.generation this was judged on.'),
  lastTransitionTime: req(time('When status last changed.')),
  reason: req(str('One word in CamelCase: why.')),
  message: req(str('A sentence for people.')),
}, 'One aspect of an object\'s state.');
export type Condition = Infer<typeof condition>;
export const conditions = (description: string): Schema<readonly Condition[]> => keyedList(condition, 'type', description);

export const objectReference = def('io.k8s.api.core.v1.ObjectReference', {
  apiVersion: str('API version of the object.'),
  kind: str('Kind of the object.'),
  namespace: str('Namespace of the object.'),
  name: str('Name of the object.'),
  uid: str('UID of the object.'),
  resourceVersion: str('Version of the object that is meant.'),
  fieldPath: str('A part of the object, such as spec.containers{name}.'),
}, 'Points to an object.', ATOMIC);
export const localObjectReference = def('io.k8s.api.core.v1.LocalObjectReference', { name: str('Name of the object.', { default: '' }) }, 'Points to an object in the same namespace.', ATOMIC);
export const typedLocalObjectReference = def('io.k8s.api.core.v1.TypedLocalObjectReference', {
  apiGroup: str('API group; empty for core.'),
  kind: req(str('Kind of the object.')),
  name: req(str('Name of the object.')),
}, 'Points to an object of a given kind in the same namespace.', ATOMIC);

export type Plain<T> = Flat<{ readonly apiVersion: string; readonly kind: string; readonly metadata: ObjectMeta } & T>;
export const API_VERSION: Schema<string> = str('Group and version of this object\'s schema, such as v1 or apps/v1.');
export const KIND: Schema<string> = str('Kind of the object, in CamelCase.');
/** The schema of a whole object: apiVersion, kind, metadata and the fields given. */
export function kindSchema<const F extends Fields>(name: string, fields: F, description: string): Schema<Plain<Shape<F>>> {
  const node: SchemaNode = def(name, { apiVersion: API_VERSION, kind: KIND, metadata: like(objectMeta, 'Name, labels and other facts of the object.'), ...fields }, description);
  return node;
}
/** Any JSON value. */
export const anyValue = (description: string): Schema<Json> => ({ description, 'x-kubernetes-preserve-unknown-fields': true });
