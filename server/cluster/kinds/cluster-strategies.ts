import { isIP } from 'node:net';
import { at, recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import type { Strategy } from '../resources/resource.ts';
import { duplicate, invalidValue, notSupported, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { child, fill, fillText, items } from './defaulting.ts';
import { checkedPrefix } from './metadata.ts';
import { dnsLabelErrors, labelKeyErrors, pathSegmentErrors, subdomainErrors } from './names.ts';
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

const NODE_INFO = ['machineID', 'systemUUID', 'bootID', 'kernelVersion', 'osImage', 'containerRuntimeVersion', 'kubeletVersion', 'kubeProxyVersion', 'operatingSystem', 'architecture'];
const nodeStatus = (): object => ({ daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, nodeInfo: Object.fromEntries(NODE_INFO.map((field) => [field, ''])) });
const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
/** A new node takes no pods before it is ready (admission TaintNodesByCondition). */
function addNotReady(object: KObject): void {
  const spec = child(object, 'spec');
  const taints = recordsAt(spec, 'taints');
  if (!taints.some((taint) => taint['key'] === NOT_READY.key && taint['effect'] === NOT_READY.effect)) spec['taints'] = [...taints, { ...NOT_READY }];
}
/** The real node controller takes the taint off a moment after the node became ready; here it goes with the same write, so that no pod finds the node closed in between. */
function dropNotReady(object: KObject): void {
  const spec = child(object, 'spec');
  const isReady = recordsAt(object, 'status', 'conditions').some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True');
  if (!isReady || spec['taints'] === undefined) return;
  const left = recordsAt(spec, 'taints').filter((taint) => taint['key'] !== NOT_READY.key || taint['effect'] !== NOT_READY.effect);
  if (left.length === 0) delete spec['taints'];
  else spec['taints'] = left;
}
/** A node agent registers with its whole status. */
export const nodeStrategy: Strategy = {
  keepsStatus: true,
  fields: new Map([['spec.unschedulable', (object: KObject) => String(at(object, 'spec', 'unschedulable') === true)]]),
  setDefaults: (object) => void child(object, 'spec'),
  prepareCreate: (object) => {
    addNotReady(object);
    object['status'] = { ...nodeStatus(), ...recordAt(object, 'status') };
  },
  prepareStatus: dropNotReady,
};

export const eventStrategy: Strategy = {
  createsOnUpdate: true, fields: eventFields, nameErrors: () => [],
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
/** The real server refuses loopback addresses; pods of the local mesh live there, so they are let pass here. */
function sliceErrors(object: KObject): FieldError[] {
  const type = textAt(object, 'addressType');
  const errors: FieldError[] = type === '' ? [required('addressType')] : ADDRESS_TYPES.includes(type) ? [] : [notSupported('addressType', type, ['FQDN', 'IPv4', 'IPv6'])];
  for (const [i, endpoint] of recordsAt(object, 'endpoints').entries()) {
    const addresses = Array.isArray(endpoint['addresses']) ? endpoint['addresses'].map(String) : [];
    if (addresses.length === 0) errors.push(required(`endpoints[${i}].addresses`, 'must contain at least 1 address'));
    for (const [j, address] of addresses.entries()) errors.push(...addressErrors(type, address, `endpoints[${i}].addresses`, j));
  }
  const names = new Set<string>();
  for (const [i, port] of recordsAt(object, 'ports').entries()) {
    const name = textAt(port, 'name');
    const wrong = name === '' ? [] : dnsLabelErrors(name).map((error) => invalidValue(`ports[${i}].name`, name, error));
    errors.push(...wrong);
    if (names.has(name)) errors.push(duplicate(`ports[${i}].name`, name));
    names.add(name);
    const protocol = textAt(port, 'protocol');
    if (!['SCTP', 'TCP', 'UDP'].includes(protocol)) errors.push(notSupported(`ports[${i}].protocol`, protocol, ['SCTP', 'TCP', 'UDP']));
  }
  return errors;
}
function addressErrors(type: string, address: string, field: string, i: number): FieldError[] {
  if (type === 'FQDN') return subdomainErrors(address).map((error) => invalidValue(`${field}[${i}]`, address, error));
  const version = isIP(address);
  if (version === 0) return [invalidValue(`${field}[${i}]`, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  return type === `IPv${version}` ? [] : [invalidValue(field, address, `must be an ${type} address`)];
}
/** The old kind: ports are TCP unless they say otherwise. */
export const endpointsStrategy: Strategy = {
  createsOnUpdate: true,
  setDefaults: (object) => {
    for (const subset of items(object, 'subsets')) for (const port of items(subset, 'ports')) fillText(port, 'protocol', 'TCP');
  },
};
export const endpointSliceStrategy: Strategy = {
  hasGeneration: true, createsOnUpdate: false,
  setDefaults: (object) => {
    for (const endpoint of items(object, 'endpoints')) child(endpoint, 'conditions');
    for (const port of items(object, 'ports')) {
      fill(port, 'name', '');
      fill(port, 'protocol', 'TCP');
    }
  },
  validate: sliceErrors,
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
  JSON.stringify(at(object, 'roleRef')) === JSON.stringify(at(old, 'roleRef')) ? [] : [invalidValue('roleRef', { APIGroup: textAt(object, 'roleRef', 'apiGroup'), Kind: textAt(object, 'roleRef', 'kind'), Name: textAt(object, 'roleRef', 'name') }, 'cannot change roleRef')];
const binding = (roleKinds: readonly string[]): Strategy => ({
  nameErrors: pathName, createsOnUpdate: true, setDefaults: defaultBinding, validate: (object) => bindingErrors(object, roleKinds), validateUpdate: (object, old) => [...bindingErrors(object, roleKinds), ...roleRefFixed(object, old)],
});
export const roleBindingStrategy = binding(['ClusterRole', 'Role']);
export const clusterRoleBindingStrategy = binding(['ClusterRole']);
