import type { KObject } from '../object/object.ts';
import { recordsAt, sameJson, at, textAt } from '../object/object.ts';
import { forbiddenField, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';

export function podSpecErrors(spec: unknown, path: string): readonly FieldError[] {
  return recordsAt(spec, 'containers').length === 0 ? [required(`${path}.containers`)] : [];
}
export const podErrors = (object: KObject): readonly FieldError[] => podSpecErrors(object['spec'], 'spec');
export function podUpdateErrors(object: KObject, old: KObject): readonly FieldError[] {
  const bare = (one: KObject): unknown => ({ ...Object.fromEntries(Object.entries(at(one, 'spec') ?? {})), containers: recordsAt(one, 'spec', 'containers').map((c) => ({ ...c, image: '' })), initContainers: recordsAt(one, 'spec', 'initContainers').map((c) => ({ ...c, image: '' })), tolerations: [], activeDeadlineSeconds: 0 });
  return sameJson(bare(object), bare(old)) ? [] : [forbiddenField('spec', 'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)')];
}
export const podWarnings = (_object: KObject): readonly string[] => [];
void textAt;
