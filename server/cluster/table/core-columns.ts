import { isRecord } from '#shared/base';
import { at, numberAt, recordsAt, textAt, textsAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { ageOf } from './age.ts';
import { AGE, column, CREATED_AT, NAME, NONE, UNKNOWN, WIDE } from './column.ts';
import type { Cell, CellContext, Printer } from './printer.ts';

const age = (object: KObject, { now }: CellContext): string => ageOf(object.metadata.creationTimestamp, now);
const sizeOf = (v: unknown): number => (isRecord(v) ? Object.keys(v).length : 0);

function externalIp(object: KObject): string {
  const ingress = recordsAt(object, 'status', 'loadBalancer', 'ingress').map((one) => textAt(one, 'ip') || textAt(one, 'hostname'));
  const external = at(object, 'spec', 'externalIPs');
  const own = Array.isArray(external) ? external.map(String) : [];
  switch (textAt(object, 'spec', 'type')) {
    case 'LoadBalancer': return [...ingress, ...own].length === 0 ? '<pending>' : [...ingress, ...own].join(',');
    case 'ExternalName': return textAt(object, 'spec', 'externalName');
    default: return own.length === 0 ? NONE : own.join(',');
  }
}
const portText = (port: Record<string, unknown>): string => {
  const nodePort = numberAt(port, 'nodePort') ?? 0;
  return `${String(port['port'])}${nodePort === 0 ? '' : `:${nodePort}`}/${textAt(port, 'protocol')}`;
};
const joined = (texts: { readonly [key: string]: string } | undefined): string => Object.entries(texts ?? {}).map(([key, v]) => `${key}=${v}`).sort().join(',') || NONE;

const services: Printer = {
  columns: [NAME, column('Type', 'ClusterIP, NodePort, LoadBalancer or ExternalName.'), column('Cluster-IP', 'Address in the cluster.'), column('External-IP', 'Addresses outside the cluster.'), column('Port(s)', 'Ports of the Service.'), AGE, column('Selector', 'Labels of the pods behind it.', WIDE)],
  cells: (object, context) => {
    const ips = at(object, 'spec', 'clusterIPs');
    const ports = recordsAt(object, 'spec', 'ports').map(portText).join(',');
    return [object.metadata.name, textAt(object, 'spec', 'type'), (Array.isArray(ips) ? String(ips[0] ?? '') : '') || NONE, externalIp(object), ports || NONE, age(object, context), joined(textsAt(object, 'spec', 'selector'))];
  },
};

const ROLE_LABEL = 'node-role.kubernetes.io/';
function nodeRoles(object: KObject): string {
  const roles = Object.entries(object.metadata.labels ?? {}).flatMap(([key, v]) => (key.startsWith(ROLE_LABEL) ? [key.slice(ROLE_LABEL.length)] : key === 'kubernetes.io/role' ? [v] : []));
  return roles.filter((role) => role !== '').sort().join(',') || NONE;
}
const kernelText = (kernel: string, architecture: string): string => (kernel === UNKNOWN || architecture === '' ? kernel : `${kernel} (${architecture})`);
const nodes: Printer = {
  columns: [
    NAME, column('Status', 'Whether the node is ready.'), column('Roles', 'Roles of the node.'), AGE, column('Version', 'Version of the node agent.'), column('Internal-IP', 'Address in the cluster.', WIDE), column('External-IP', 'Address outside the cluster.', WIDE),
    column('OS-Image', 'Operating system.', WIDE), column('Kernel-Version', 'Kernel.', WIDE), column('Container-Runtime', 'What runs the containers.', WIDE),
  ],
  cells: (object, context) => {
    const ready = recordsAt(object, 'status', 'conditions').find((condition) => condition['type'] === 'Ready');
    const status = ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
    const address = (type: string): string => textAt(recordsAt(object, 'status', 'addresses').find((one) => one['type'] === type), 'address') || NONE;
    const info = (field: string): string => textAt(object, 'status', 'nodeInfo', field) || UNKNOWN;
    return [
      object.metadata.name, at(object, 'spec', 'unschedulable') === true ? `${status},SchedulingDisabled` : status, nodeRoles(object), age(object, context), textAt(object, 'status', 'nodeInfo', 'kubeletVersion'),
      address('InternalIP'), address('ExternalIP'), info('osImage'), kernelText(info('kernelVersion'), textAt(object, 'status', 'nodeInfo', 'architecture')), info('containerRuntimeVersion'),
    ];
  },
};

function eventCells(object: KObject, { now }: CellContext): readonly Cell[] {
  const first = textAt(object, 'firstTimestamp') || textAt(object, 'eventTime') || '';
  const last = textAt(object, 'series', 'lastObservedTime') || textAt(object, 'lastTimestamp') || first;
  const count = numberAt(object, 'series', 'count') ?? numberAt(object, 'count') ?? 0;
  const about = (field: string): string => textAt(object, 'involvedObject', field);
  const isOld = textAt(object, 'source', 'component') !== '';
  const source = (isOld ? [textAt(object, 'source', 'component'), textAt(object, 'source', 'host')] : [textAt(object, 'reportingComponent'), textAt(object, 'reportingInstance')]).filter((text) => text !== '').join(', ');
  return [
    ageOf(last, now), textAt(object, 'type'), textAt(object, 'reason'), about('name') === '' ? about('kind').toLowerCase() : `${about('kind').toLowerCase()}/${about('name')}`, about('fieldPath'), source, textAt(object, 'message').trim(), ageOf(first, now), Math.max(1, count), object.metadata.name,
  ];
}
const events: Printer = {
  columns: [
    column('Last Seen', 'Time since it happened last.'), column('Type', 'Normal or Warning.'), column('Reason', 'Why, in one word.'), column('Object', 'What it is about.'), column('Subobject', 'Part of the object.', WIDE), column('Source', 'Who reports it.', WIDE),
    column('Message', 'What happened.'), column('First Seen', 'Time since it happened first.', WIDE), column('Count', 'How often it happened.', WIDE), { ...NAME, priority: 1 },
  ],
  cells: eventCells,
};

const subjects = (object: KObject, kind: string): string => recordsAt(object, 'subjects').filter((one) => one['kind'] === kind).map((one) => (kind === 'ServiceAccount' ? `${textAt(one, 'namespace')}/${textAt(one, 'name')}` : textAt(one, 'name'))).join(', ');
const bindings: Printer = {
  columns: [NAME, column('Role', 'The role that is given.'), AGE, column('Users', 'Users who get it.', WIDE), column('Groups', 'Groups that get it.', WIDE), column('ServiceAccounts', 'Service accounts that get it.', WIDE)],
  cells: (object, context) => [object.metadata.name, `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`, age(object, context), subjects(object, 'User'), subjects(object, 'Group'), subjects(object, 'ServiceAccount')],
};
const webhooks: Printer = { columns: [NAME, column('Webhooks', 'Number of webhooks.', { type: 'integer' }), AGE], cells: (object, context) => [object.metadata.name, recordsAt(object, 'webhooks').length, age(object, context)] };
const createdAt: Printer = { columns: [NAME, CREATED_AT], cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? ''] };

export const coreColumns: readonly (readonly [string, Printer])[] = [
  ['/services', services], ['/nodes', nodes], ['/events', events],
  ['/namespaces', { columns: [NAME, column('Status', 'Active or Terminating.'), AGE], cells: (object, context) => [object.metadata.name, textAt(object, 'status', 'phase'), age(object, context)] }],
  ['/configmaps', { columns: [NAME, column('Data', 'Number of entries.'), AGE], cells: (object, context) => [object.metadata.name, sizeOf(object['data']) + sizeOf(object['binaryData']), age(object, context)] }],
  ['/secrets', { columns: [NAME, column('Type', 'What the secret is for.'), column('Data', 'Number of entries.'), AGE], cells: (object, context) => [object.metadata.name, textAt(object, 'type'), sizeOf(object['data']), age(object, context)] }],
  ['/serviceaccounts', { columns: [NAME, AGE], cells: (object, context) => [object.metadata.name, age(object, context)] }],
  ['coordination.k8s.io/leases', { columns: [NAME, column('Holder', 'Who holds it.'), AGE], cells: (object, context) => [object.metadata.name, textAt(object, 'spec', 'holderIdentity'), age(object, context)] }],
  ['rbac.authorization.k8s.io/rolebindings', bindings], ['rbac.authorization.k8s.io/clusterrolebindings', bindings],
  ['rbac.authorization.k8s.io/roles', createdAt], ['rbac.authorization.k8s.io/clusterroles', createdAt], ['apiextensions.k8s.io/customresourcedefinitions', createdAt],
  ['admissionregistration.k8s.io/mutatingwebhookconfigurations', webhooks], ['admissionregistration.k8s.io/validatingwebhookconfigurations', webhooks],
];
