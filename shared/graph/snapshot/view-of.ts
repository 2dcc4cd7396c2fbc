import type { KubeObject } from '#shared/mesh';
import type { MtlsMode } from '../model/graph-model.ts';
import * as read from './read-objects.ts';
import { destinationRulesOf, serviceOfHost, sharesOf, splitRule, virtualServicesOf } from './routing.ts';
import type { NamespaceView, ServiceView, SidecarState, SnapshotView, WorkloadView } from './snapshot-view.ts';

/** Objects by kind; a kind that may not be seen is absent and only what hangs on it is missing. */
export type ClusterObjects = { readonly [kind in 'Namespace' | 'Pod' | 'Service' | 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'VirtualService' | 'DestinationRule' | 'Gateway' | 'PeerAuthentication' | 'ServiceEntry']?: readonly KubeObject[] };

type Labels = Readonly<Record<string, string>>;
const PROXY = 'istio-proxy';
const within = (selector: Labels, labels: Labels): boolean => Object.entries(selector).every(([key, v]) => labels[key] === v);
/** Istio's canonical name and revision of a workload (service.istio.io/canonical-name, then app.kubernetes.io/name, then app). */
export const appOf = (labels: Labels, workload: string): string => labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? workload;
export function versionOf(labels: Labels): string | undefined {
  const version = labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels['version'];
  return version === undefined || version === 'latest' || version === '' ? undefined : version;
}

/** The workload of a pod as Istio names it: its controller; a ReplicaSet's Deployment is its name without the pod-template-hash. */
export function workloadOfPod(pod: read.PodShape): { readonly kind: string; readonly name: string } {
  const owner = (pod.metadata.ownerReferences ?? []).find((ref) => ref.controller === true) ?? pod.metadata.ownerReferences?.[0];
  if (owner === undefined) return { kind: 'Pod', name: pod.metadata.name };
  const hash = pod.metadata.labels?.['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`)) return { kind: 'Deployment', name: owner.name.slice(0, -hash.length - 1) };
  return { kind: owner.kind, name: owner.name };
}

type Draft = { namespace: string; name: string; kind: string; labels: Labels; template: Labels; desired: number; ready: number; pods: { name: string; hasProxy: boolean }[]; gateway: boolean };

function drafts(objects: ClusterObjects, pods: readonly read.PodShape[]): Map<string, Draft> {
  const all = new Map<string, Draft>();
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'] as const) {
    for (const object of read.shaped(read.workloadShape, objects[kind] ?? [])) {
      const template = object.spec?.template?.metadata?.labels ?? {};
      const desired = object.status?.desiredNumberScheduled ?? object.spec?.replicas ?? 1;
      all.set(`${read.nsOf(object)}/${object.metadata.name}`, { namespace: read.nsOf(object), name: object.metadata.name, kind, labels: template, template, desired, ready: object.status?.readyReplicas ?? object.status?.numberReady ?? 0, pods: [], gateway: false });
    }
  }
  for (const pod of pods) {
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue;
    const { kind, name } = workloadOfPod(pod);
    const key = `${read.nsOf(pod)}/${name}`;
    const labels = pod.metadata.labels ?? {};
    let draft = all.get(key);
    if (draft === undefined) all.set(key, draft = { namespace: read.nsOf(pod), name, kind, labels, template: labels, desired: 0, ready: 0, pods: [], gateway: false });
    if (draft.kind === kind && !['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)) {
      draft.desired += 1;
      if ((pod.status?.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True')) draft.ready += 1;
    }
    if (typeof pod.metadata.deletionTimestamp === 'string') continue;
    draft.labels = { ...labels, ...draft.labels };
    const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    draft.pods.push({ name: pod.metadata.name, hasProxy: containers.some((c) => c.name === PROXY) });
    if (containers.length === 1 && containers[0]?.name === PROXY) draft.gateway = true;
  }
  return all;
}

function sidecarOf(draft: Draft): SidecarState {
  if (draft.pods.length === 0) return 'unknown';
  const with_ = draft.pods.filter((pod) => pod.hasProxy).length;
  return with_ === draft.pods.length ? 'all' : with_ === 0 ? 'none' : 'some';
}

type Policy = { readonly namespace: string; readonly name: string; readonly selector: Labels | undefined; readonly mode: MtlsMode; readonly at: string };
const MODES: ReadonlySet<string> = new Set(['STRICT', 'PERMISSIVE', 'DISABLE']);
const modeOf = (text: string | undefined): MtlsMode => (text === 'STRICT' || text === 'PERMISSIVE' || text === 'DISABLE' ? text : 'UNSET');

/** PeerAuthentication: workload over namespace over mesh, the oldest of each scope; UNSET inherits; nothing anywhere is PERMISSIVE. */
function policiesOf(objects: readonly KubeObject[]): readonly Policy[] {
  return read.shaped(read.peerAuthenticationShape, objects).map((pa) => ({
    namespace: read.nsOf(pa), name: pa.metadata.name, selector: Object.keys(pa.spec?.selector?.matchLabels ?? {}).length === 0 ? undefined : pa.spec?.selector?.matchLabels, mode: modeOf(pa.spec?.mtls?.mode), at: pa.metadata.creationTimestamp ?? '',
  })).toSorted((a, b) => a.at.localeCompare(b.at) || a.name.localeCompare(b.name));
}
function namespaceMode(policies: readonly Policy[], namespace: string, root: string): { readonly mode: MtlsMode; readonly object: string | undefined } {
  for (const scope of namespace === root ? [root] : [namespace, root]) {
    const found = policies.find((p) => p.namespace === scope && p.selector === undefined);
    if (found !== undefined && MODES.has(found.mode)) return { mode: found.mode, object: `${found.namespace}/${found.name}` };
  }
  return { mode: 'PERMISSIVE', object: undefined };
}
const workloadMode = (policies: readonly Policy[], draft: Draft, root: string): MtlsMode => {
  const own = draft.namespace === root ? undefined : policies.find((p) => p.namespace === draft.namespace && p.selector !== undefined && within(p.selector, draft.labels));
  return own !== undefined && MODES.has(own.mode) ? own.mode : namespaceMode(policies, draft.namespace, root).mode;
};

type Routing = { readonly virtualServices: readonly read.VirtualServiceShape[]; readonly destinationRules: readonly read.DestinationRuleShape[] };

/** Share of each workload of a service by its VirtualService and subsets; a destination without a subset is spread over the workloads it selects. */
function splitOf(service: { namespace: string; name: string; workloads: readonly Draft[] }, routing: Routing, workloadsOf: (namespace: string, name: string) => readonly Draft[]): ReadonlyMap<string, number> | undefined {
  const vs = virtualServicesOf(service, routing.virtualServices)[0];
  const found = vs === undefined ? undefined : splitRule(vs);
  if (vs === undefined || found === undefined) return undefined;
  const split = new Map(service.workloads.map((w) => [w.name, 0]));
  for (const { host, subset, share } of sharesOf(found.rule)) {
    const target = serviceOfHost(host, read.nsOf(vs));
    if (target === undefined) continue;
    let members = workloadsOf(target.namespace, target.name);
    if (subset !== undefined) {
      const labels = destinationRulesOf(target, routing.destinationRules).flatMap((rule) => rule.spec?.subsets ?? []).find((s) => s.name === subset)?.labels;
      if (labels === undefined) continue;
      members = members.filter((w) => within(labels, w.labels));
    }
    for (const member of members) split.set(member.name, (split.get(member.name) ?? 0) + share / members.length);
  }
  return split;
}

function badgesOf(service: { namespace: string; name: string }, routing: Routing): readonly string[] {
  const badges = new Set<string>();
  for (const vs of virtualServicesOf(service, routing.virtualServices)) {
    badges.add('virtual-service');
    for (const rule of vs.spec?.http ?? []) {
      if (rule.fault !== undefined) badges.add('fault');
      if (rule.timeout !== undefined) badges.add('timeout');
      if (rule.mirror !== undefined || rule.mirrors !== undefined) badges.add('mirror');
      if ((rule.route ?? []).length > 1) badges.add('split');
    }
  }
  for (const rule of destinationRulesOf(service, routing.destinationRules)) {
    const policies = [rule.spec?.trafficPolicy, ...(rule.spec?.subsets ?? []).map((s) => s.trafficPolicy)];
    if (policies.some((p) => p?.connectionPool !== undefined || p?.outlierDetection !== undefined)) badges.add('circuit-breaker');
  }
  for (const vs of routing.virtualServices) {
    if ((vs.spec?.gateways ?? []).every((gateway) => gateway === 'mesh')) continue;
    const hosts = (vs.spec?.http ?? []).flatMap((rule) => (rule.route ?? []).map((entry) => serviceOfHost(entry.destination?.host ?? '', read.nsOf(vs))));
    if (hosts.some((h) => h?.name === service.name && h.namespace === service.namespace)) badges.add('gateway');
  }
  return [...badges].toSorted();
}

function servicesOf(objects: readonly KubeObject[], byNamespace: ReadonlyMap<string, readonly Draft[]>, routing: Routing): Map<string, ServiceView> {
  const shapes = read.shaped(read.serviceShape, objects);
  const members = new Map<string, readonly Draft[]>();
  for (const service of shapes) {
    const selector = service.spec?.selector ?? {};
    const selected = Object.keys(selector).length === 0 ? [] : (byNamespace.get(read.nsOf(service)) ?? []).filter((w) => within(selector, w.labels));
    members.set(`${read.nsOf(service)}/${service.metadata.name}`, selected.toSorted((a, b) => (versionOf(a.labels) ?? a.name).localeCompare(versionOf(b.labels) ?? b.name, 'en', { numeric: true })));
  }
  const workloadsOf = (namespace: string, name: string): readonly Draft[] => members.get(`${namespace}/${name}`) ?? [];
  return new Map(shapes.map((shape) => {
    const service = { namespace: read.nsOf(shape), name: shape.metadata.name, workloads: workloadsOf(read.nsOf(shape), shape.metadata.name) };
    const ports = (shape.spec?.ports ?? []).map((port) => ({ name: port.name ?? '', port: port.port, protocol: protocolOf(port) }));
    const view: ServiceView = { namespace: service.namespace, name: service.name, selects: Object.keys(shape.spec?.selector ?? {}).length > 0, workloads: service.workloads.map((w) => w.name), ports, badges: badgesOf(service, routing), split: splitOf(service, routing, workloadsOf) };
    return [`${service.namespace}/${service.name}`, view];
  }));
}

/** Istio's protocol selection: appProtocol, then the port name's prefix, else unknown ("sniffed"). */
function protocolOf(port: { readonly name?: string | undefined; readonly appProtocol?: string | undefined; readonly protocol?: string | undefined }): string {
  if (port.appProtocol !== undefined) return port.appProtocol;
  const prefix = (port.name ?? '').split('-')[0] ?? '';
  return ['http', 'http2', 'grpc', 'https', 'tls', 'tcp', 'mongo', 'mysql', 'redis'].includes(prefix) ? prefix : (port.protocol ?? 'TCP') === 'UDP' ? 'udp' : 'sniffed';
}

/** The cluster as the graph needs it. Pure; the caller keeps it until an object changes. */
export function viewOf(objects: ClusterObjects, rootNamespace = 'istio-system'): SnapshotView {
  const pods = read.shaped(read.podShape, objects.Pod ?? []);
  const all = drafts(objects, pods);
  const byNamespace = Map.groupBy(all.values(), (draft) => draft.namespace);
  const routing: Routing = { virtualServices: read.shaped(read.virtualServiceShape, objects.VirtualService ?? []), destinationRules: read.shaped(read.destinationRuleShape, objects.DestinationRule ?? []) };
  const services = servicesOf(objects.Service ?? [], byNamespace, routing);
  const policies = policiesOf(objects.PeerAuthentication ?? []);
  const gateways = read.shaped(read.gatewayShape, objects.Gateway ?? []).flatMap((gateway) => (gateway.spec?.selector === undefined ? [] : [gateway.spec.selector]));
  const selectedBy = new Map<string, string[]>();
  for (const service of services.values()) for (const name of service.workloads) selectedBy.set(`${service.namespace}/${name}`, [...(selectedBy.get(`${service.namespace}/${name}`) ?? []), service.name]);
  const workloads = new Map<string, WorkloadView>();
  for (const [key, draft] of all) {
    workloads.set(key, {
      namespace: draft.namespace, name: draft.name, kind: draft.kind, app: appOf(draft.labels, draft.name), version: versionOf(draft.labels), ready: draft.ready, desired: draft.desired, sidecar: sidecarOf(draft),
      gateway: draft.gateway || gateways.some((selector) => within(selector, draft.labels)), labels: draft.labels, services: selectedBy.get(key) ?? [], pods: draft.pods.map((pod) => pod.name), mtlsMode: workloadMode(policies, draft, rootNamespace),
    });
  }
  const namespaces = read.shaped(read.namespaceShape, objects.Namespace ?? []).map((ns): NamespaceView => {
    const set = namespaceMode(policies, ns.metadata.name, rootNamespace);
    const own = (byNamespace.get(ns.metadata.name) ?? []).map((draft) => workloadMode(policies, draft, rootNamespace));
    return { name: ns.metadata.name, injection: ns.metadata.labels?.['istio-injection'] === 'enabled' || ns.metadata.labels?.['istio.io/rev'] !== undefined, mtlsMode: own.some((mode) => mode !== set.mode) ? 'MIXED' : set.mode, mtlsObject: set.object };
  });
  const podIps = new Map(pods.flatMap((pod) => (pod.status?.podIP === undefined || pod.status.podIP === '' ? [] : [[pod.status.podIP, { workload: `${read.nsOf(pod)}/${workloadOfPod(pod).name}`, pod: pod.metadata.name }] as const])));
  const externalHosts = new Set(read.shaped(read.serviceEntryShape, objects.ServiceEntry ?? []).flatMap((entry) => entry.spec?.hosts ?? []));
  return { rootNamespace, namespaces, workloads, services, externalHosts, podIps };
}
