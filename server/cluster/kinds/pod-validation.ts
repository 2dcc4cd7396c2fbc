import { parseQuantity } from '#shared/base';
import { at, numberAt, recordAt, recordsAt, sameJson, textAt, textsAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { duplicate, forbiddenField, invalidValue, notSupported, required, tooSmall } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { containerErrors } from './container-validation.ts';
import { labelErrors } from './metadata.ts';
import { configKeyErrors, dnsLabelErrors, labelKeyErrors, subdomainErrors } from './names.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const DEADLINE_MAX = 2_147_483_647;
/** Volume sources this server knows and lets pass; the node agent says which it can make. */
const SOURCES: ReadonlySet<string> = new Set(['emptyDir', 'hostPath', 'configMap', 'secret', 'projected', 'downwardAPI', 'persistentVolumeClaim', 'ephemeral', 'csi', 'nfs', 'iscsi', 'image']);

function volumeErrors(volumes: readonly Record<string, unknown>[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, volume] of volumes.entries()) {
    const field = `${path}[${i}]`;
    const name = textAt(volume, 'name');
    const wrong = name === '' ? [required(`${field}.name`)] : dnsLabelErrors(name).map((error) => invalidValue(`${field}.name`, name, error));
    errors.push(...wrong);
    if (wrong.length === 0 && names.has(name)) errors.push(duplicate(`${field}.name`, name));
    names.add(name);
    const sources = Object.keys(volume).filter((key) => SOURCES.has(key));
    if (sources.length === 0) errors.push(required(field, 'must specify a volume type'));
    // Go checks the sources in their order in the struct: the first one found is taken as meant.
    for (const extra of [...SOURCES].filter((source) => sources.includes(source)).slice(1)) errors.push(forbiddenField(`${field}.${extra}`, 'may not specify more than 1 volume type'));
    if (recordAt(volume, 'secret') !== undefined && textAt(volume, 'secret', 'secretName') === '') errors.push(required(`${field}.secret.secretName`));
    if (recordAt(volume, 'configMap') !== undefined && textAt(volume, 'configMap', 'name') === '') errors.push(required(`${field}.configMap.name`));
    if (recordAt(volume, 'hostPath') !== undefined && textAt(volume, 'hostPath', 'path') === '') errors.push(required(`${field}.hostPath.path`));
    for (const type of ['secret', 'configMap']) errors.push(...itemErrors(recordsAt(volume, type, 'items'), `${field}.${type}.items`));
  }
  return errors;
}
const itemErrors = (items: readonly unknown[], path: string): FieldError[] => items.flatMap((item, i) => {
  const [key, target] = [textAt(item, 'key'), textAt(item, 'path')];
  return [
    ...(key === '' ? [required(`${path}[${i}].key`)] : configKeyErrors(key).map((error) => invalidValue(`${path}[${i}].key`, key, error))), ...(target === '' ? [required(`${path}[${i}].path`)] : []),
    ...(target.split('/').includes('..') ? [invalidValue(`${path}[${i}].path`, target, "must not contain '..'")] : []),
  ];
});

function tolerationErrors(tolerations: readonly unknown[], path: string): FieldError[] {
  return tolerations.flatMap((toleration, i) => {
    const field = `${path}[${i}]`;
    const errors: FieldError[] = [];
    const [key, operator, v, effect] = ['key', 'operator', 'value', 'effect'].map((name) => textAt(toleration, name));
    if (key !== undefined && key !== '') errors.push(...labelKeyErrors(key).map((error) => invalidValue(`${field}.key`, key, error)));
    if (key === '' && operator !== 'Exists') errors.push(invalidValue(`${field}.operator`, operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\""));
    if (operator === 'Exists' && v !== '') errors.push(invalidValue(`${field}.operator`, v, "value must be empty when `operator` is 'Exists'"));
    if (operator !== '' && operator !== 'Equal' && operator !== 'Exists') errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']));
    if (effect !== undefined && effect !== '' && !EFFECTS.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, EFFECTS));
    if (numberAt(toleration, 'tolerationSeconds') !== undefined && effect !== 'NoExecute') errors.push(invalidValue(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    return errors;
  });
}

function containersErrors(spec: unknown, path: string): FieldError[] {
  const containers = recordsAt(spec, 'containers');
  const volumes = new Set(recordsAt(spec, 'volumes').map((volume) => textAt(volume, 'name')));
  const taken = new Set<string>();
  const errors = containers.length === 0 ? [required(`${path}.containers`)] : containerErrors(containers, `${path}.containers`, { volumes, taken, isInit: false });
  return [...errors, ...containerErrors(recordsAt(spec, 'initContainers'), `${path}.initContainers`, { volumes, taken, isInit: true })];
}

const subdomainField = (spec: unknown, path: string, field: string): FieldError[] => {
  const v = textAt(spec, field);
  return v === '' ? [] : subdomainErrors(v).map((error) => invalidValue(`${path}.${field}`, v, error));
};

/** What is wrong with a pod's spec, also inside a template. */
export function podSpecErrors(spec: unknown, path: string): readonly FieldError[] {
  const errors: FieldError[] = [...volumeErrors(recordsAt(spec, 'volumes'), `${path}.volumes`), ...containersErrors(spec, path)];
  const restart = textAt(spec, 'restartPolicy');
  if (!RESTART_POLICIES.includes(restart)) errors.push(notSupported(`${path}.restartPolicy`, restart, RESTART_POLICIES));
  const dns = textAt(spec, 'dnsPolicy');
  if (!DNS_POLICIES.includes(dns)) errors.push(notSupported(`${path}.dnsPolicy`, dns, DNS_POLICIES));
  errors.push(...labelErrors(textsAt(spec, 'nodeSelector'), `${path}.nodeSelector`), ...subdomainField(spec, path, 'serviceAccountName'), ...subdomainField(spec, path, 'nodeName'), ...subdomainField(spec, path, 'priorityClassName'));
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && (deadline < 1 || deadline > DEADLINE_MAX)) errors.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, `must be between 1 and ${DEADLINE_MAX}, inclusive`));
  for (const field of ['hostname', 'subdomain']) {
    const v = textAt(spec, field);
    if (v !== '') errors.push(...dnsLabelErrors(v).map((error) => invalidValue(`${path}.${field}`, v, error)));
  }
  errors.push(...tolerationErrors(recordsAt(spec, 'tolerations'), `${path}.tolerations`));
  const user = numberAt(spec, 'securityContext', 'runAsUser');
  if (user !== undefined && user < 0) errors.push(tooSmall(`${path}.securityContext.runAsUser`, user));
  return errors;
}
export const podErrors = (object: KObject): readonly FieldError[] => podSpecErrors(object['spec'], 'spec');

const FIXED = 'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** Most of a pod is fixed: images may change, tolerations grow, scheduling gates go, a deadline shrinks. */
export function podUpdateErrors(object: KObject, old: KObject): readonly FieldError[] {
  const errors = [...podErrors(object)];
  const tolerations = recordsAt(object, 'spec', 'tolerations');
  const isGrown = recordsAt(old, 'spec', 'tolerations').every((before) => tolerations.some((one) => sameJson({ ...one, tolerationSeconds: 0 }, { ...before, tolerationSeconds: 0 })));
  if (!isGrown) errors.push(forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'));
  const gates = recordsAt(old, 'spec', 'schedulingGates').map((gate) => textAt(gate, 'name'));
  const newGates = recordsAt(object, 'spec', 'schedulingGates').map((gate) => textAt(gate, 'name')).filter((name) => !gates.includes(name));
  for (const name of newGates) errors.push(forbiddenField('spec.schedulingGates', `only deletion is allowed, but found new scheduling gate '${name}'`));
  const [deadline, before] = [numberAt(object, 'spec', 'activeDeadlineSeconds'), numberAt(old, 'spec', 'activeDeadlineSeconds')];
  if (before !== undefined && deadline === undefined) errors.push(invalidValue('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value'));
  if (before !== undefined && deadline !== undefined && deadline > before) errors.push(invalidValue('spec.activeDeadlineSeconds', deadline, 'must be less than or equal to previous value'));
  if (!sameJson(bareSpec(object), bareSpec(old))) errors.push(forbiddenField('spec', FIXED));
  return errors;
}

/** A pod's spec without what may change. */
function bareSpec(pod: KObject): unknown {
  const spec = recordAt(pod, 'spec') ?? {};
  const bare = (list: string): unknown => recordsAt(spec, list).map(({ image: _image, ...rest }) => rest);
  const { tolerations: _tolerations, activeDeadlineSeconds: _deadline, schedulingGates: _gates, terminationGracePeriodSeconds: grace, ...rest } = spec;
  return { ...rest, grace: grace === 1 || (typeof grace === 'number' && grace < 0) ? 1 : grace, containers: bare('containers'), initContainers: bare('initContainers') };
}

/** Labels and keys that are old. */
const OLD_NODE_LABELS: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'], ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'], ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
]);
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const SECCOMP = ['seccomp.security.alpha.kubernetes.io/pod', 'container.seccomp.security.alpha.kubernetes.io/'];

/** What is allowed and probably not meant. */
export function podWarnings(object: KObject): readonly string[] {
  const made: string[] = [];
  for (const key of Object.keys(textsAt(object, 'spec', 'nodeSelector') ?? {})) if (OLD_NODE_LABELS.has(key)) made.push(`spec.nodeSelector[${key}]: ${OLD_NODE_LABELS.get(key)}`);
  for (const [i, constraint] of recordsAt(object, 'spec', 'topologySpreadConstraints').entries()) {
    const key = textAt(constraint, 'topologyKey');
    const field = `spec.topologySpreadConstraints[${i}]`;
    if (OLD_NODE_LABELS.has(key)) made.push(`${field}.topologyKey: ${key} is ${OLD_NODE_LABELS.get(key)}`);
    if (constraint['labelSelector'] === undefined) made.push(`${field}.labelSelector: a null labelSelector results in matching no pod`);
  }
  for (const key of Object.keys(object.metadata.annotations ?? {})) {
    if (key.startsWith(APP_ARMOR)) made.push(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
    if (SECCOMP.some((old) => key.startsWith(old))) made.push(`metadata.annotations[${key}]: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  for (const list of ['initContainers', 'containers']) for (const [i, container] of recordsAt(object, 'spec', list).entries()) made.push(...containerWarnings(container, `spec.${list}[${i}]`));
  if ((numberAt(object, 'spec', 'terminationGracePeriodSeconds') ?? 0) < 0) made.push('spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1');
  return made;
}

function containerWarnings(container: unknown, path: string): readonly string[] {
  const made: string[] = [];
  for (const kind of ['limits', 'requests']) {
    for (const name of ['memory', 'ephemeral-storage']) {
      const amount = at(container, 'resources', kind, name);
      if (amount !== undefined && !Number.isInteger(parseQuantity(String(amount)))) made.push(`${path}.resources.${kind}[${name}]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`);
    }
  }
  const env = recordsAt(container, 'env').map((one) => textAt(one, 'name'));
  for (const [i, name] of env.entries()) if (env.indexOf(name) < i) made.push(`${path}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`);
  const ports = recordsAt(container, 'ports').map((port) => `${String(port['containerPort'])}/${textAt(port, 'protocol')}/${String(port['hostPort'] ?? '')}/${textAt(port, 'hostIP')}`);
  for (const [i, port] of ports.entries()) if (ports.indexOf(port) < i) made.push(`${path}.ports[${i}]: duplicate port definition with ${path}.ports[${ports.indexOf(port)}]`);
  return made;
}
