import type { KObject, Meta } from '../object/object.ts';
import { forbiddenField, invalidValue, required, tooLong } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { ANNOTATION_BYTES_MAX, labelKeyErrors, labelValueErrors, subdomainErrors } from './names.ts';

type NameErrors = (name: string, isPrefix: boolean) => readonly string[];
/** Standard finalizers may have no domain. */
const STANDARD_FINALIZERS: ReadonlySet<string> = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** A prefix is checked as a name that goes on: a dash at its end is fine. */
export const checkedPrefix = (check: (name: string) => readonly string[]): NameErrors => (name, isPrefix) => check(isPrefix ? name.replace(/-$/, 'a') : name);
export const subdomainName: NameErrors = checkedPrefix(subdomainErrors);

export function labelErrors(labels: Meta['labels'], field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, v]) => [
    ...labelKeyErrors(key).map((error) => invalidValue(field, key, error)),
    ...labelValueErrors(v).map((error) => invalidValue(field, v, error)),
  ]);
}

function annotationErrors(annotations: Meta['annotations']): FieldError[] {
  const field = 'metadata.annotations';
  const errors = Object.keys(annotations ?? {}).flatMap((key) => labelKeyErrors(key.toLowerCase()).map((error) => invalidValue(field, key, error)));
  const bytes = Object.entries(annotations ?? {}).reduce((sum, [key, v]) => sum + Buffer.byteLength(key) + Buffer.byteLength(v), 0);
  if (bytes > ANNOTATION_BYTES_MAX) errors.push(tooLong(field, ANNOTATION_BYTES_MAX));
  return errors;
}

function ownerErrors(meta: Meta): FieldError[] {
  const errors: FieldError[] = [];
  let controller = '';
  for (const [i, owner] of (meta.ownerReferences ?? []).entries()) {
    const field = 'metadata.ownerReferences';
    const [group, version] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : ['', owner.apiVersion];
    if (version === '') errors.push(invalidValue(`${field}.apiVersion`, owner.apiVersion, 'version must not be empty'));
    if (owner.kind === '') errors.push(invalidValue(`${field}.kind`, '', 'must not be empty'));
    if (owner.name === '') errors.push(invalidValue(`${field}.name`, '', 'must not be empty'));
    if (owner.uid === '') errors.push(invalidValue(`${field}.uid`, '', 'must not be empty'));
    if (owner.kind === 'Event' && (group === '' || group === 'events.k8s.io')) errors.push(invalidValue(field, owner, `${owner.apiVersion.includes('/') ? owner.apiVersion : `/${owner.apiVersion}`}, Kind=Event is disallowed from being an owner`));
    if (owner.controller !== true) continue;
    if (controller !== '') errors.push(invalidValue(field, meta.ownerReferences, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.name}`));
    controller = owner.name;
    if (i > 1000) break;
  }
  return errors;
}

function finalizerErrors(meta: Meta, isLoose: boolean): FieldError[] {
  const errors = (meta.finalizers ?? []).flatMap((finalizer) => {
    const field = 'metadata.finalizers';
    const wrong = labelKeyErrors(finalizer).map((error) => invalidValue(field, finalizer, error));
    return wrong.length > 0 || isLoose || finalizer.includes('/') || STANDARD_FINALIZERS.has(finalizer) ? wrong : [invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
  });
  if (meta.finalizers?.includes('orphan') === true && meta.finalizers.includes('foregroundDeletion')) errors.push(invalidValue('metadata.finalizers', meta.finalizers, 'finalizer orphan and finalizer foregroundDeletion cannot be both set'));
  return errors;
}

/** Rules every new object must keep. */
export function metadataErrors(object: KObject, rules: { readonly nameErrors: NameErrors; readonly namespaced: boolean; readonly isLoose: boolean }): FieldError[] {
  const { nameErrors, namespaced } = rules;
  const { metadata } = object;
  const errors: FieldError[] = [];
  const prefix = metadata.generateName ?? '';
  if (prefix !== '') errors.push(...nameErrors(prefix, true).map((error) => invalidValue('metadata.generateName', prefix, error)));
  if (metadata.name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...nameErrors(metadata.name, false).map((error) => invalidValue('metadata.name', metadata.name, error)));
  if (!namespaced && (metadata.namespace ?? '') !== '') errors.push(forbiddenField('metadata.namespace', 'not allowed on this type'));
  return [...errors, ...commonErrors(metadata, rules.isLoose)];
}

const commonErrors = (metadata: Meta, isLoose: boolean): FieldError[] => [...labelErrors(metadata.labels, 'metadata.labels'), ...annotationErrors(metadata.annotations), ...ownerErrors(metadata), ...finalizerErrors(metadata, isLoose)];
const immutable = (field: string, v: unknown): FieldError => invalidValue(field, v, 'field is immutable');

/** Rules a changed object must keep against its old state. */
export function metadataUpdateErrors(object: KObject, old: KObject, isLoose: boolean): FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  if (old.metadata.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((finalizer) => old.metadata.finalizers?.includes(finalizer) !== true);
    if (added.length > 0) errors.push(forbiddenField('metadata.finalizers', `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(', ')}}`));
  }
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if ((metadata[field] ?? '') !== (old.metadata[field] ?? '')) errors.push(immutable(`metadata.${field}`, metadata[field] ?? null));
  }
  return [...errors, ...commonErrors(metadata, isLoose)];
}
