import { parseQuantity } from '#shared/base';
import type { ContainerSpec, EnvVar, PodSpec, ResourceFieldRef } from '../pod/pod-schema.ts';
import { expandVariables } from './expand.ts';

/** A reference that cannot be followed now: the container waits with CreateContainerConfigError and this text. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What downward references may name; `get` of a map gives undefined where an object or key is missing. */
export type PodFacts = {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: { readonly [key: string]: string };
  readonly annotations: { readonly [key: string]: string };
  readonly spec: PodSpec;
  readonly podIP: string;
  readonly hostIP: string;
  /** Allocatable resources of the node, which stand for limits that are not set. */
  readonly allocatable: { readonly cpu: number; readonly memory: number };
};
export type ConfigSources = {
  configMap(namespace: string, name: string): ReadonlyMap<string, Buffer> | undefined;
  secret(namespace: string, name: string): ReadonlyMap<string, Buffer> | undefined;
};

const quoted = (text: string): string => JSON.stringify(text);
/** Lines `key="value"` sorted by key, as the downward API writes labels and annotations. */
export const mapLines = (map: { readonly [key: string]: string }): string => Object.keys(map).toSorted().map((key) => `${key}=${quoted(map[key] ?? '')}`).join('\n');

/** The value of a downward field. */
export function fieldValue(facts: PodFacts, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === 'labels' ? facts.labels : facts.annotations;
    const key = subscript[2] ?? '';
    return Object.hasOwn(map, key) ? (map[key] ?? '') : '';
  }
  switch (path) {
    case 'metadata.name': return facts.name;
    case 'metadata.namespace': return facts.namespace;
    case 'metadata.uid': return facts.uid;
    case 'metadata.labels': return mapLines(facts.labels);
    case 'metadata.annotations': return mapLines(facts.annotations);
    case 'spec.nodeName': return facts.spec.nodeName;
    case 'spec.serviceAccountName': return facts.spec.serviceAccountName;
    case 'status.podIP': case 'status.podIPs': return facts.podIP;
    case 'status.hostIP': case 'status.hostIPs': return facts.hostIP;
    default: throw new ConfigError(`unsupported fieldPath: ${path}`);
  }
}

/** A container resource divided by the divisor, rounded up; a limit that is not set is what the node has. */
export function resourceValue(facts: PodFacts, container: ContainerSpec, ref: ResourceFieldRef): string {
  const target = ref.containerName === undefined || ref.containerName === '' ? container : [...(facts.spec.initContainers ?? []), ...facts.spec.containers].find((c) => c.name === ref.containerName);
  const [kind, resource = ''] = ref.resource.split('.', 2);
  const list = kind === 'limits' ? target?.resources?.limits : target?.resources?.requests;
  const set = parseQuantity(String(list?.[resource] ?? ''));
  const fallback = kind === 'limits' ? (resource === 'cpu' ? facts.allocatable.cpu : resource === 'memory' ? facts.allocatable.memory : 0) : 0;
  const divisor = parseQuantity(String(ref.divisor ?? 1)) ?? 1;
  return String(Math.ceil((set ?? fallback) / (divisor === 0 ? 1 : divisor) - 1e-9));
}

function fromKey(kind: 'configmap' | 'secret', facts: PodFacts, sources: ConfigSources, ref: { readonly name: string; readonly key: string; readonly optional: boolean }): string | undefined {
  const data = kind === 'secret' ? sources.secret(facts.namespace, ref.name) : sources.configMap(facts.namespace, ref.name);
  const found = data?.get(ref.key);
  if (found !== undefined) return found.toString('utf8');
  if (ref.optional) return undefined;
  if (data === undefined) throw new ConfigError(`${kind} "${ref.name}" not found`);
  throw new ConfigError(`couldn't find key ${ref.key} in ${kind === 'secret' ? 'Secret' : 'ConfigMap'} ${facts.namespace}/${ref.name}`);
}

function valueOf(entry: EnvVar, facts: PodFacts, container: ContainerSpec, sources: ConfigSources, lookup: (name: string) => string | undefined): string | undefined {
  const from = entry.valueFrom;
  if (from === null || from === undefined) return expandVariables(entry.value ?? '', lookup);
  if (from.fieldRef) return fieldValue(facts, from.fieldRef.fieldPath);
  if (from.resourceFieldRef) return resourceValue(facts, container, from.resourceFieldRef);
  if (from.configMapKeyRef) return fromKey('configmap', facts, sources, from.configMapKeyRef);
  if (from.secretKeyRef) return fromKey('secret', facts, sources, from.secretKeyRef);
  return '';
}

/** The environment of a container: `given` (runner's contract and service variables) under envFrom under env, later ones win. */
export function containerEnvironment(container: ContainerSpec, facts: PodFacts, sources: ConfigSources, given: ReadonlyMap<string, string>): Map<string, string> {
  const env = new Map(given);
  for (const from of container.envFrom ?? []) {
    for (const [kind, ref] of [['configmap', from.configMapRef], ['secret', from.secretRef]] as const) {
      if (ref === null || ref === undefined) continue;
      const data = kind === 'secret' ? sources.secret(facts.namespace, ref.name) : sources.configMap(facts.namespace, ref.name);
      if (data === undefined && !ref.optional) throw new ConfigError(`${kind} "${ref.name}" not found`);
      for (const [key, v] of data ?? []) env.set(`${from.prefix}${key}`, v.toString('utf8'));
    }
  }
  for (const entry of container.env ?? []) {
    const v = valueOf(entry, facts, container, sources, (name) => env.get(name));
    if (v !== undefined) env.set(entry.name, v);
  }
  return env;
}
