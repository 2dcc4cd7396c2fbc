import { at, recordAt, recordsAt, sameJson, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { Strategy } from '../resources/resource.ts';
import { invalidValue } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { CRD_FINALIZER } from '../crd/crd-finalizer.ts';
import { crdErrors } from '../crd/crd-validation.ts';
import { child, fillText } from './defaulting.ts';

function setDefaults(object: KObject): void {
  const spec = child(object, 'spec');
  const names = child(spec, 'names');
  const kind = textAt(names, 'kind');
  if (kind !== '') {
    fillText(names, 'singular', kind.toLowerCase());
    fillText(names, 'listKind', `${kind}List`);
  }
  fillText(child(spec, 'conversion'), 'strategy', 'None');
}

/** What an established CRD cannot change. */
function fixedErrors(object: KObject, old: KObject): FieldError[] {
  const fields = [['spec', 'group'], ['spec', 'names', 'kind'], ['spec', 'scope'], ['spec', 'names', 'plural']];
  return fields.flatMap((path) => (sameJson(at(object, ...path), at(old, ...path)) ? [] : [invalidValue(path.join('.'), at(object, ...path), 'field is immutable')]));
}
const isEstablished = (crd: KObject): boolean => recordsAt(crd, 'status', 'conditions').some((one) => one['type'] === 'Established' && one['status'] === 'True');

export const crdStrategy: Strategy = {
  hasGeneration: true, hasOwnFinalizers: true, setDefaults, needsVersion: true,
  /** The objects of the kind go first: the finalizer holds the CRD until they are gone. */
  beforeDelete: (object, now) => {
    const condition = { type: 'Terminating', status: 'True', lastTransitionTime: now, reason: 'InstanceDeletionPending', message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon' };
    const conditions = recordsAt(object, 'status', 'conditions').filter((one) => one['type'] !== 'Terminating');
    const finalizers = object.metadata.finalizers ?? [];
    return {
      ...object, metadata: { ...object.metadata, deletionTimestamp: now, finalizers: finalizers.includes(CRD_FINALIZER) ? finalizers : [...finalizers, CRD_FINALIZER] },
      status: { ...recordAt(object, 'status'), conditions: [...conditions, condition] },
    };
  },
  prepareCreate: (object) => {
    const stored = recordsAt(object, 'spec', 'versions').find((version) => version['storage'] === true);
    object['status'] = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: stored === undefined ? null : [textAt(stored, 'name')] };
  },
  validate: crdErrors,
  validateUpdate: (object, old) => {
    const fixed = isEstablished(old) ? fixedErrors(object, old) : [];
    return fixed.length > 0 ? fixed : crdErrors(object);
  },
};
