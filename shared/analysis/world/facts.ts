import { isRecord } from '#shared/base';
import { portProtocol, serviceHost } from '#shared/mesh';
import type { FieldPath, KubeObject, Labels, ObjectRef, PortProtocol } from '#shared/mesh';

/** The parts of plain Kubernetes objects that rules look at. Read by hand: there are many of them, and their own validation is not this room's work. */
export type NamespaceFacts = { readonly ref: ObjectRef; readonly name: string; readonly labels: Labels; readonly isEnding: boolean };
export type PortFacts = { readonly name: string; readonly port: number; readonly l4: string; readonly targetPort: number | string; readonly protocol: PortProtocol };
export type ServiceFacts = {
  readonly ref: ObjectRef; readonly name: string; readonly namespace: string; readonly host: string; readonly labels: Labels; readonly type: string;
  /** undefined: the Service selects nothing, its endpoints are kept by somebody else. */
  readonly selector: Labels | undefined; readonly ports: readonly PortFacts[]; readonly exportTo: readonly string[];
};
export type PodFacts = {
  readonly ref: ObjectRef; readonly name: string; readonly namespace: string; readonly labels: Labels; readonly serviceAccount: string;
  readonly hasProxy: boolean; readonly isOnHostNetwork: boolean; readonly isAmbient: boolean; readonly isFinished: boolean; readonly injectLabel: string | undefined;
  readonly containerPorts: readonly { readonly name: string; readonly port: number }[];
  /** Where the pod asks for the user id of the proxy. */
  readonly proxyUser: FieldPath | undefined;
};
export type DeploymentFacts = {
  readonly ref: ObjectRef; readonly name: string; readonly namespace: string; readonly labels: Labels; readonly podLabels: Labels; readonly injectLabel: string | undefined; readonly hasProxy: boolean; readonly proxyUser: FieldPath | undefined;
};

/** The user id the proxy runs as; its own traffic is not captured. */
const PROXY_USER = 1337;
const PROXY = 'istio-proxy';
export const INJECT = 'sidecar.istio.io/inject';

const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const labelsOf = (value: unknown): Labels => Object.fromEntries(Object.entries(record(value)).flatMap(([key, one]) => (typeof one === 'string' ? [[key, one]] : [])));
const EXPORT_TO = 'networking.istio.io/exportTo';

export const namespaceFacts = (object: KubeObject, ref: ObjectRef): NamespaceFacts => ({
  ref, name: object.metadata.name, labels: object.metadata.labels ?? {}, isEnding: object.metadata.deletionTimestamp !== undefined,
});

export function serviceFacts(object: KubeObject, ref: ObjectRef): ServiceFacts {
  const spec = record(object['spec']);
  const selector = labelsOf(spec['selector']);
  const namespace = object.metadata.namespace ?? '';
  return {
    ref, name: object.metadata.name, namespace, host: serviceHost(object.metadata.name, namespace), labels: object.metadata.labels ?? {}, type: text(spec['type']) || 'ClusterIP',
    selector: Object.keys(selector).length === 0 ? undefined : selector,
    exportTo: (object.metadata.annotations?.[EXPORT_TO] ?? '').split(',').map((entry) => entry.trim()).filter((entry) => entry !== ''),
    ports: list(spec['ports']).map((one) => portFacts(record(one))),
  };
}
function portFacts(port: Record<string, unknown>): PortFacts {
  const target = port['targetPort'];
  const known = { port: number(port['port']), name: text(port['name']), protocol: text(port['protocol']) || 'TCP', ...(typeof port['appProtocol'] === 'string' ? { appProtocol: port['appProtocol'] } : {}) };
  const isSet = (typeof target === 'number' && target !== 0) || (typeof target === 'string' && target !== '');
  return { name: known.name, port: known.port, l4: known.protocol, targetPort: isSet ? target : known.port, protocol: portProtocol(known) };
}

export function podFacts(object: KubeObject, ref: ObjectRef): PodFacts {
  const spec = record(object['spec']);
  const containers = [...list(spec['containers']), ...list(spec['initContainers'])].map(record);
  const phase = text(record(object['status'])['phase']);
  const { labels = {}, annotations = {} } = object.metadata;
  return {
    ref, name: object.metadata.name, namespace: object.metadata.namespace ?? '', labels, serviceAccount: text(spec['serviceAccountName']) || 'default',
    hasProxy: containers.some((container) => container['name'] === PROXY), isOnHostNetwork: spec['hostNetwork'] === true, isAmbient: annotations['ambient.istio.io/redirection'] === 'enabled',
    isFinished: phase === 'Succeeded' || phase === 'Failed', injectLabel: labels[INJECT] ?? annotations[INJECT], proxyUser: proxyUserIn(spec, ['spec']),
    containerPorts: list(spec['containers']).flatMap((container) => list(record(container)['ports']).map(record).map((port) => ({ name: text(port['name']), port: number(port['containerPort']) }))),
  };
}

export function deploymentFacts(object: KubeObject, ref: ObjectRef): DeploymentFacts {
  const template = record(record(object['spec'])['template']);
  const metadata = record(template['metadata']);
  const podLabels = labelsOf(metadata['labels']);
  const spec = record(template['spec']);
  const containers = list(spec['containers']).map(record);
  return {
    ref, name: object.metadata.name, namespace: object.metadata.namespace ?? '', labels: object.metadata.labels ?? {}, podLabels, injectLabel: podLabels[INJECT] ?? labelsOf(metadata['annotations'])[INJECT],
    hasProxy: containers.some((container) => container['name'] === PROXY), proxyUser: proxyUserIn(spec, ['spec', 'template', 'spec']),
  };
}

function proxyUserIn(spec: Record<string, unknown>, at: FieldPath): FieldPath | undefined {
  const asks = (owner: Record<string, unknown>): boolean => record(owner['securityContext'])['runAsUser'] === PROXY_USER;
  if (asks(spec)) return [...at, 'securityContext', 'runAsUser'];
  const i = list(spec['containers']).map(record).findIndex((container) => container['name'] !== PROXY && asks(container));
  return i < 0 ? undefined : [...at, 'containers', i, 'securityContext', 'runAsUser'];
}
