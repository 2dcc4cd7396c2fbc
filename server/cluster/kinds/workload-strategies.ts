import { at, numberAt, recordAt, sameJson, textsAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { Strategy } from '../resources/resource.ts';
import { selectorMatches } from '../selectors/selection.ts';
import { forbiddenField, invalidValue, notSupported, required, tooSmall } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { child, childIf, fill, fillText } from './defaulting.ts';
import { defaultTemplate } from './pod-defaults.ts';
import { podSpecErrors } from './pod-validation.ts';
import { selectorErrors } from './selector-errors.ts';

const QUARTER = '25%';
const HISTORY_LIMIT = 10;
const DEADLINE_SECONDS = 600;

function defaultDeployment(object: KObject): void {
  const spec = child(object, 'spec');
  fill(spec, 'replicas', 1);
  const strategy = child(spec, 'strategy');
  fillText(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') {
    const rolling = child(strategy, 'rollingUpdate');
    fill(rolling, 'maxUnavailable', QUARTER);
    fill(rolling, 'maxSurge', QUARTER);
  }
  fill(spec, 'revisionHistoryLimit', HISTORY_LIMIT);
  fill(spec, 'progressDeadlineSeconds', DEADLINE_SECONDS);
  defaultTemplate(spec);
}

function defaultReplicaSet(object: KObject): void {
  const spec = child(object, 'spec');
  fill(spec, 'replicas', 1);
  defaultTemplate(spec);
}

function commonErrors(object: KObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = childIf(object, 'spec') ?? {};
  const replicas = numberAt(spec, 'replicas') ?? 0;
  if (replicas < 0) errors.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'));
  const ready = numberAt(spec, 'minReadySeconds') ?? 0;
  if (ready < 0) errors.push(invalidValue('spec.minReadySeconds', ready, 'must be greater than or equal to 0'));
  errors.push(...selectorAndTemplateErrors(object));
  return errors;
}

function selectorAndTemplateErrors(object: KObject): FieldError[] {
  const errors: FieldError[] = [];
  const selector = recordAt(object, 'spec', 'selector');
  const isEmpty = selector !== undefined && textsAt(selector, 'matchLabels') === undefined && selector['matchExpressions'] === undefined;
  if (selector === undefined) errors.push(required('spec.selector'));
  else {
    const wrong = selectorErrors(selector, 'spec.selector');
    errors.push(...wrong);
    if (wrong.some((error) => error.field.includes('matchExpressions'))) errors.push(invalidValue('spec.selector', selector, 'invalid label selector'));
    if (isEmpty) errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'));
  }
  const labels = textsAt(object, 'spec', 'template', 'metadata', 'labels');
  if (selector !== undefined && !isEmpty && errors.length === 0 && !selectorMatches(selector, labels)) errors.push(invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'));
  errors.push(...podSpecErrors(at(object, 'spec', 'template', 'spec'), 'spec.template.spec'));
  const policy = at(object, 'spec', 'template', 'spec', 'restartPolicy');
  if (policy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  const deadline = at(object, 'spec', 'template', 'spec', 'activeDeadlineSeconds');
  if (deadline !== undefined) errors.push(forbiddenField('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${object.kind} is not Supported`));
  return errors;
}

function strategyErrors(object: KObject): FieldError[] {
  const errors: FieldError[] = [];
  const strategy = recordAt(object, 'spec', 'strategy') ?? {};
  if (strategy['type'] === 'Recreate') {
    if (strategy['rollingUpdate'] !== undefined) errors.push(forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'"));
  } else if (strategy['type'] !== 'RollingUpdate') errors.push(notSupported('spec.strategy.type', strategy['type'], ['Recreate', 'RollingUpdate']));
  const rolling = recordAt(strategy, 'rollingUpdate');
  if (rolling !== undefined && isZero(rolling['maxUnavailable']) && isZero(rolling['maxSurge'])) errors.push(invalidValue('spec.strategy.rollingUpdate.maxUnavailable', rolling['maxUnavailable'], 'may not be 0 when `maxSurge` is 0'));
  for (const field of ['maxUnavailable', 'maxSurge']) errors.push(...amountErrors(rolling?.[field], `spec.strategy.rollingUpdate.${field}`));
  const deadline = numberAt(object, 'spec', 'progressDeadlineSeconds');
  const ready = numberAt(object, 'spec', 'minReadySeconds') ?? 0;
  if (deadline !== undefined && deadline <= ready) errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  const history = numberAt(object, 'spec', 'revisionHistoryLimit') ?? 0;
  if (history < 0) errors.push(invalidValue('spec.revisionHistoryLimit', history, 'must be greater than or equal to 0'));
  return errors;
}
const isZero = (v: unknown): boolean => v === 0 || v === '0%' || v === '0';
function amountErrors(v: unknown, field: string): FieldError[] {
  if (typeof v === 'number' && v < 0) return [invalidValue(field, v, 'must be greater than or equal to 0')];
  if (typeof v !== 'string') return [];
  if (!/^\d+%$/.test(v)) return [invalidValue(field, v, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")];
  return field.endsWith('maxUnavailable') && Number.parseInt(v, 10) > 100 ? [invalidValue(field, v, 'must not be greater than 100%')] : [];
}

const selectorFixed = (object: KObject, old: KObject): FieldError[] =>
  sameJson(at(object, 'spec', 'selector'), at(old, 'spec', 'selector')) ? [] : [invalidValue('spec.selector', at(object, 'spec', 'selector') ?? null, 'field is immutable')];

/** Counts of a status that cannot be. */
function statusErrors(object: KObject): FieldError[] {
  const n = (field: string): number => numberAt(object, 'status', field) ?? 0;
  const errors: FieldError[] = [];
  for (const field of ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'fullyLabeledReplicas', 'observedGeneration']) if (n(field) < 0) errors.push(tooSmall(`status.${field}`, n(field)));
  const bounded = object.kind === 'Deployment' ? ['updatedReplicas', 'readyReplicas', 'availableReplicas'] : ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  for (const field of bounded) if (n(field) > n('replicas')) errors.push(invalidValue(`status.${field}`, n(field), 'cannot be greater than status.replicas'));
  if (n('availableReplicas') > n('readyReplicas')) errors.push(invalidValue('status.availableReplicas', n('availableReplicas'), 'cannot be greater than readyReplicas'));
  return errors;
}

export const deploymentStrategy: Strategy = {
  hasGeneration: true, specOf: (object) => [at(object, 'spec'), object.metadata.annotations ?? {}], setDefaults: defaultDeployment,
  prepareCreate: (object) => void (object['status'] = {}), validateStatus: statusErrors,
  validate: (object) => [...commonErrors(object), ...strategyErrors(object)],
  validateUpdate: (object, old) => [...commonErrors(object), ...strategyErrors(object), ...selectorFixed(object, old)],
};
export const replicaSetStrategy: Strategy = {
  hasGeneration: true, setDefaults: defaultReplicaSet,
  prepareCreate: (object) => void (object['status'] = { replicas: 0 }), validateStatus: statusErrors,
  validate: commonErrors,
  validateUpdate: (object, old) => [...commonErrors(object), ...selectorFixed(object, old)],
};
