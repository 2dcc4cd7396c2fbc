import { at, recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import type { Strategy } from '../resources/resource.ts';
import { invalidValue, notSupported, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { child, fill, fillText, items } from './defaulting.ts';
import { checkedPrefix, subdomainName } from './metadata.ts';
import { dnsLabelErrors, labelKeyErrors, pathSegmentErrors } from './names.ts';
import { eventFields } from './config-strategies.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

function nameLabel(object: KObject): void {
  if (object.metadata.name !== '') object.metadata.labels = { ...object.metadata.labels, [NAME_LABEL]: object.metadata.name };
}
function namespaceErrors(object: KObject): FieldError[] {
  const finalizers = at(object, 'spec', 'finalizers');
  return (Array.isArray(finalizers) ? finalizers : []).flatMap((finalizer: unknown, i) => {
    const name = String(finalizer);
    const wrong = labelKeyErrors(name).map((error) => invalidValue(`spec.finalizers[${i}]`, name, error));
    return wrong.length > 0 || name.includes('/') || name === 'kubernetes' ? wrong : [invalidValue(`spec.finalizers[${i}]`, name, 'name is neither a standard finalizer name nor is it fully qualified')];
  });
}
export const namespaceStrategy: Strategy = {
  answersWithObject: true, nameErrors: checkedPrefix(dnsLabelErrors), setDefaults: nameLabel,
  prepareCreate: (object) => {
    nameLabel(object);
    object['status'] = { phase: 'Active' };
    const spec = child(object, 'spec');
    const known = Array.isArray(spec['finalizers']) ? spec['finalizers'] : [];
    spec['finalizers'] = known.includes('kubernetes') ? known : [...known, 'kubernetes'];
  },
  prepareUpdate: (object, old) => {
    object['spec'] = { ...recordAt(old, 'spec') };
  },
  validate: namespaceErrors,
  fields: new Map([['status.phase', (object: KObject) => textAt(object, 'status', 'phase')], ['name', (object: KObject) => object.metadata.name]]),
};

export const nodeStrategy: Strategy = {
  fields: new Map([['spec.unschedulable', (object: KObject) => String(at(object, 'spec', 'unschedulable') === true)]]),
  setDefaults: (object) => void child(object, 'spec'),
};

export const eventStrategy: Strategy = {
  createsOnUpdate: true, fields: eventFields,
  setDefaults: (object) => {
    for (const field of ['source', 'involvedObject']) child(object, field);
    fill(object, 'firstTimestamp', null);
    fill(object, 'lastTimestamp', null);
    fill(object, 'eventTime', null);
    fill(object, 'reportingComponent', '');
    fill(object, 'reportingInstance', '');
  },
  validate: (object) => {
    const [about, own] = [textAt(object, 'involvedObject', 'namespace'), object.metadata.namespace ?? ''];
    return about === own || (about === '' && own === 'default') ? [] : [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
  },
};

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'];
export const endpointSliceStrategy: Strategy = {
  hasGeneration: true, createsOnUpdate: false,
  setDefaults: (object) => {
    for (const endpoint of items(object, 'endpoints')) child(endpoint, 'conditions');
    for (const port of items(object, 'ports')) {
      fill(port, 'name', '');
      fill(port, 'protocol', 'TCP');
    }
  },
  validate: (object) => {
    const type = textAt(object, 'addressType');
    const errors: FieldError[] = type === '' ? [required('addressType')] : ADDRESS_TYPES.includes(type) ? [] : [notSupported('addressType', type, ADDRESS_TYPES)];
    for (const [i, endpoint] of recordsAt(object, 'endpoints').entries()) {
      const addresses = endpoint['addresses'];
      if (!Array.isArray(addresses) || addresses.length === 0) errors.push(required(`endpoints[${i}].addresses`, 'must contain at least 1 address'));
    }
    return errors;
  },
  validateUpdate: (object, old) => (object['addressType'] === old['addressType'] ? [] : [invalidValue('addressType', object['addressType'], 'field is immutable')]),
};

const RBAC = 'rbac.authorization.k8s.io';
const VERBS = 'verbs must contain at least one value';
function ruleErrors(rule: Obj, field: string, namespaced: boolean): FieldError[] {
  const list = (name: string): readonly unknown[] => (Array.isArray(rule[name]) ? rule[name] : []);
  const errors: FieldError[] = list('verbs').length === 0 ? [required(`${field}.verbs`, VERBS)] : [];
  if (list('nonResourceURLs').length > 0) {
    if (namespaced) errors.push(invalidValue(`${field}.nonResourceURLs`, rule['nonResourceURLs'], 'namespaced rules cannot apply to non-resource URLs'));
    if (list('apiGroups').length > 0 || list('resources').length > 0 || list('resourceNames').length > 0) errors.push(invalidValue(`${field}.nonResourceURLs`, rule['nonResourceURLs'], 'rules cannot apply to both regular resources and non-resource URLs'));
    return errors;
  }
  if (list('apiGroups').length === 0) errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  if (list('resources').length === 0) errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}
const roleErrors = (namespaced: boolean) => (object: KObject): FieldError[] => recordsAt(object, 'rules').flatMap((rule, i) => ruleErrors(rule, `rules[${i}]`, namespaced));
const pathName = (name: string): readonly string[] => pathSegmentErrors(name);
export const roleStrategy: Strategy = { nameErrors: pathName, createsOnUpdate: true, validate: roleErrors(true) };
export const clusterRoleStrategy: Strategy = { nameErrors: pathName, createsOnUpdate: true, validate: roleErrors(false) };

function defaultBinding(object: KObject): void {
  fillText(child(object, 'roleRef'), 'apiGroup', RBAC);
  for (const subject of items(object, 'subjects')) {
    if (subject['kind'] === 'User' || subject['kind'] === 'Group') fillText(subject, 'apiGroup', RBAC);
  }
}
function subjectErrors(subject: Obj, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (textAt(subject, 'name') === '') errors.push(required(`${field}.name`));
  switch (subject['kind']) {
    case 'ServiceAccount':
      if (textAt(subject, 'apiGroup') !== '') errors.push(notSupported(`${field}.apiGroup`, subject['apiGroup'], ['']));
      if (textAt(subject, 'namespace') === '') errors.push(required(`${field}.namespace`));
      break;
    case 'User': case 'Group':
      if (subject['apiGroup'] !== RBAC) errors.push(notSupported(`${field}.apiGroup`, subject['apiGroup'], [RBAC]));
      break;
    default: errors.push(notSupported(`${field}.kind`, subject['kind'], ['Group', 'ServiceAccount', 'User']));
  }
  return errors;
}
function bindingErrors(object: KObject, roleKinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  const ref = recordAt(object, 'roleRef') ?? {};
  if (ref['apiGroup'] !== RBAC) errors.push(notSupported('roleRef.apiGroup', ref['apiGroup'], [RBAC]));
  if (!roleKinds.includes(textAt(ref, 'kind'))) errors.push(notSupported('roleRef.kind', ref['kind'] ?? '', roleKinds));
  const name = textAt(ref, 'name');
  if (name === '') errors.push(required('roleRef.name'));
  else errors.push(...pathSegmentErrors(name).map((error) => invalidValue('roleRef.name', name, error)));
  return [...errors, ...recordsAt(object, 'subjects').flatMap((subject, i) => subjectErrors(subject, `subjects[${i}]`))];
}
const roleRefFixed = (object: KObject, old: KObject): FieldError[] =>
  JSON.stringify(at(object, 'roleRef')) === JSON.stringify(at(old, 'roleRef')) ? [] : [invalidValue('roleRef', at(object, 'roleRef'), 'cannot change roleRef')];
const binding = (roleKinds: readonly string[]): Strategy => ({
  nameErrors: pathName, createsOnUpdate: true, setDefaults: defaultBinding, validate: (object) => bindingErrors(object, roleKinds), validateUpdate: (object, old) => [...bindingErrors(object, roleKinds), ...roleRefFixed(object, old)],
});
export const roleBindingStrategy = binding(['Role', 'ClusterRole']);
export const clusterRoleBindingStrategy = binding(['ClusterRole']);

function defaultWebhooks(object: KObject, isMutating: boolean): void {
  for (const hook of items(object, 'webhooks')) {
    fillText(hook, 'failurePolicy', 'Fail');
    fillText(hook, 'matchPolicy', 'Equivalent');
    for (const field of ['namespaceSelector', 'objectSelector']) child(hook, field);
    fill(hook, 'timeoutSeconds', 10);
    if (isMutating) fillText(hook, 'reinvocationPolicy', 'Never');
    const service = recordAt(hook, 'clientConfig', 'service');
    if (service !== undefined) fill(service, 'port', 443);
    for (const rule of items(hook, 'rules')) fillText(rule, 'scope', '*');
  }
}
export const mutatingWebhookStrategy: Strategy = { hasGeneration: true, nameErrors: subdomainName, setDefaults: (object) => defaultWebhooks(object, true) };
export const validatingWebhookStrategy: Strategy = { hasGeneration: true, nameErrors: subdomainName, setDefaults: (object) => defaultWebhooks(object, false) };
