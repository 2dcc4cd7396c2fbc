import { at, recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import type { Strategy, StrategyContext } from '../resources/resource.ts';
import { child, childIf, fill, items } from './defaulting.ts';
import { subdomainName } from './metadata.ts';
import { dnsLabelErrors } from './names.ts';
import { defaultPodSpec } from './pod-defaults.ts';
import { podErrors, podUpdateErrors, podWarnings } from './pod-validation.ts';
import { qosClass } from './qos.ts';

const GRACE_SECONDS = 30;

function setDefaults(object: KObject): void {
  const spec = child(object, 'spec');
  defaultPodSpec(spec);
  fill(spec, 'enableServiceLinks', true);
}

/** A new pod is pending; priority and tolerations are what the admission of a plain cluster gives. */
function prepareCreate(object: KObject, context: StrategyContext): void {
  const spec = child(object, 'spec');
  fill(spec, 'priority', 0);
  fill(spec, 'preemptionPolicy', 'PreemptLowerPriority');
  addTolerations(spec);
  setAppArmor(object, spec);
  const gated = items(spec, 'schedulingGates').length === 0 ? [] : [{ type: 'PodScheduled', status: 'False', lastProbeTime: null, lastTransitionTime: `${context.now().toISOString().slice(0, 19)}Z`, reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' }];
  object['status'] = { phase: 'Pending', ...(gated.length === 0 ? {} : { conditions: gated }), qosClass: qosClass(object) };
}

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const PROFILES: ReadonlyMap<string, string> = new Map([['unconfined', 'Unconfined'], ['runtime/default', 'RuntimeDefault']]);
/** The old annotation is carried over to the field that took its place. */
function setAppArmor(object: KObject, spec: Obj): void {
  for (const container of [...items(spec, 'containers'), ...items(spec, 'initContainers')]) {
    const profile = object.metadata.annotations?.[`${APP_ARMOR}${String(container['name'])}`];
    if (profile === undefined) continue;
    const type = PROFILES.get(profile);
    fill(child(container, 'securityContext'), 'appArmorProfile', type === undefined ? { type: 'Localhost', localhostProfile: profile.replace(/^localhost\//, '') } : { type });
  }
}

/** Pods stay bound for five minutes to a node that is away (DefaultTolerationSeconds). */
function addTolerations(spec: Obj): void {
  const tolerations = items(spec, 'tolerations');
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter((key) => !tolerations.some((one) => (one['key'] === key || one['key'] === undefined) && (one['effect'] === 'NoExecute' || one['effect'] === undefined)));
  if (missing.length > 0) spec['tolerations'] = [...tolerations, ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))];
}

/** Grace: what was asked, else what the pod says; nothing for a pod that is on no node or has ended. */
function grace(object: KObject, wanted: number | undefined): number {
  const own = at(object, 'spec', 'terminationGracePeriodSeconds');
  const seconds = wanted ?? (typeof own === 'number' ? own : GRACE_SECONDS);
  const phase = textAt(object, 'status', 'phase');
  if (textAt(object, 'spec', 'nodeName') === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
  return Math.max(0, seconds);
}

function warnings(object: KObject, old: KObject | undefined): readonly string[] {
  const name = old === undefined ? dnsLabelErrors(object.metadata.name) : [];
  const hostname = name.length > 0 ? [`metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${name.join(' ').replace('63 bytes', '63 characters')}]`] : [];
  return [...hostname, ...podWarnings(object)];
}

/** Fields that only the server and admission set stay when a client leaves them out. */
function prepareUpdate(object: KObject, old: KObject): void {
  const spec = childIf(object, 'spec');
  const before = recordAt(old, 'spec');
  if (spec === undefined || before === undefined) return;
  for (const field of ['priority', 'preemptionPolicy', 'tolerations'] as const) if (spec[field] === undefined && before[field] !== undefined) spec[field] = structuredClone(before[field]);
  // The mount of the token and the account were given by admission; a client that replaces the whole pod keeps them by sending them back.
  const added = (recordsAt(before, 'tolerations')).filter((one) => !recordsAt(spec, 'tolerations').some((other) => other['key'] === one['key'] && other['effect'] === one['effect']));
  if (added.length > 0) spec['tolerations'] = [...recordsAt(spec, 'tolerations'), ...added.map((one) => ({ ...one }))];
}

export const podStrategy: Strategy = {
  hasGeneration: true, specOf: (object) => at(object, 'spec'), answersWithObject: true, nameErrors: subdomainName, setDefaults, prepareCreate, prepareUpdate,
  validate: (object) => podErrors(object), validateUpdate: podUpdateErrors, warnings, grace,
  fields: new Map<string, (object: KObject) => string>([
    ['spec.nodeName', (object) => textAt(object, 'spec', 'nodeName')], ['spec.restartPolicy', (object) => textAt(object, 'spec', 'restartPolicy')], ['spec.schedulerName', (object) => textAt(object, 'spec', 'schedulerName')],
    ['spec.serviceAccountName', (object) => textAt(object, 'spec', 'serviceAccountName')], ['spec.hostNetwork', (object) => String(at(object, 'spec', 'hostNetwork') === true)],
    ['status.phase', (object) => textAt(object, 'status', 'phase')], ['status.podIP', (object) => textAt(recordsAt(object, 'status', 'podIPs')[0], 'ip') || textAt(object, 'status', 'podIP')],
    ['status.podIPs', (object) => textAt(recordsAt(object, 'status', 'podIPs')[0], 'ip')], ['status.nominatedNodeName', (object) => textAt(object, 'status', 'nominatedNodeName')],
  ]),
};
