import type { Reading } from '#shared/base';
import { isRecord } from '#shared/base';
import type { Reply } from '#shared/api';
import { nameOf } from '#shared/graph';
import type { GraphEdge, GraphNode } from '#shared/graph';
import type { KubeObject } from '#shared/mesh';
import { groupOf } from '#shared/mesh';
import type { Config, ConfigRow } from '../config/config.ts';
import { yamlOf } from '../config/yaml-text.ts';
import { E } from '../errors.ts';
import type { Frozen } from '../http/bind.ts';
import type { Shift } from '../shift/shift.ts';
import { pictureOf, serviceRows, trafficWith, workloadRows } from './lists.ts';
import type { ListDeps, Picture } from './lists.ts';
import { servicesOf } from './object-hosts.ts';
import type { Window } from './window.ts';

type ServiceDetail = Frozen<Reply<'service'>>;
type WorkloadDetail = Frozen<Reply<'workload'>>;
type EdgeRow = Extract<ServiceDetail['inbound'], { state: 'value' }>['value'][number];
type PodRow = WorkloadDetail['pods'][number];
export type DetailDeps = ListDeps & { readonly config: Config; readonly shift: Shift };

function edgeRows(picture: Picture, edges: readonly GraphEdge[], end: (edge: GraphEdge) => string): Reading<readonly EdgeRow[]> {
  const { requests } = picture;
  if (requests.state !== 'value') return requests.state === 'stale' ? { state: 'no-data', reason: 'Prometheus does not answer.' } : requests;
  const nodes = new Map<string, GraphNode>(picture.model.nodes.map((node) => [node.key, node]));
  const rows = edges.map((edge): EdgeRow => {
    const node = nodes.get(end(edge));
    return { peer: node === undefined ? end(edge) : nameOf(node), namespace: node?.namespace ?? '', kind: node?.kind ?? 'unknown', traffic: trafficWith(edge.traffic, edge.traffic.p95 === undefined ? undefined : { p95: edge.traffic.p95 }), ...(edge.mtlsShare === undefined ? {} : { mtlsShare: edge.mtlsShare }), protocol: edge.protocol, health: edge.health };
  });
  return { state: 'value', value: rows.toSorted((a, b) => b.traffic.rate - a.traffic.rate), at: picture.window.to };
}

/** Config objects that name a service's host or select a workload. */
function configOf(deps: DetailDeps, touches: (object: KubeObject) => boolean): ConfigRow[] {
  const { kubernetes } = deps.state.sources;
  return kubernetes.kinds().filter((kind) => kind.group.endsWith('istio.io') || kind.group === 'gateway.networking.k8s.io')
    .flatMap((kind) => kubernetes.objects(kind.group, kind.kind).filter(touches).map((object) => deps.config.row(kind, object)));
}
const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});
/** A selector that fits, or none in the namespace (or in the root namespace), as security and telemetry objects are applied. */
function selects(object: KubeObject, namespace: string, labels: Readonly<Record<string, string>>, root: string): boolean {
  if (object.kind !== 'PeerAuthentication' && object.kind !== 'AuthorizationPolicy' && object.kind !== 'RequestAuthentication' && object.kind !== 'Telemetry' && object.kind !== 'Sidecar') return false;
  const own = object.metadata.namespace ?? '';
  if (own !== namespace && own !== root) return false;
  const spec = record(object['spec']);
  const matchLabels = record(record(spec['selector'])['matchLabels'] ?? record(spec['workloadSelector'])['labels']);
  if (Object.keys(matchLabels).length === 0) return true;
  return own === namespace && Object.entries(matchLabels).every(([key, v]) => labels[key] === v);
}

export async function serviceDetail(deps: DetailDeps, namespace: string, name: string, window: Window): Promise<ServiceDetail> {
  const { state } = deps;
  const view = state.view();
  const service = view.services.get(`${namespace}/${name}`);
  if (service === undefined) throw E.make('NOT_FOUND', { what: `Service ${namespace}/${name}` });
  const [rows, picture, shift] = await Promise.all([serviceRows(deps, window, [namespace]), pictureOf(state, window, 'service', [namespace]), deps.shift.get(namespace, name, window)]);
  const row = rows.find((r) => r.name === name && r.namespace === namespace) ?? {
    namespace, name, health: { state: 'unknown' as const, reason: 'It selects no pods.' }, trend: [], versions: [], ports: [...service.ports], findings: 0,
  };
  const key = `svc:${namespace}/${name}`;
  const object = state.sources.kubernetes.cached('', 'Service', namespace, name);
  const labels = service.workloads.map((w) => view.workloads.get(`${namespace}/${w}`)?.labels ?? {});
  return {
    row, inbound: edgeRows(picture, picture.model.edges.filter((edge) => edge.target === key), (edge) => edge.source), outbound: edgeRows(picture, picture.model.edges.filter((edge) => edge.source === key), (edge) => edge.target),
    config: configOf(deps, (o) => servicesOf(o).has(`${namespace}/${name}`) || labels.some((l) => selects(o, namespace, l, view.rootNamespace))), yaml: object === undefined ? '' : yamlOf(object), shift,
  };
}

export async function workloadDetail(deps: DetailDeps, namespace: string, name: string, window: Window): Promise<WorkloadDetail> {
  const { state } = deps;
  const view = state.view();
  const workload = view.workloads.get(`${namespace}/${name}`);
  if (workload === undefined) throw E.make('NOT_FOUND', { what: `Workload ${namespace}/${name}` });
  const [rows, picture] = await Promise.all([workloadRows(deps, window, [namespace]), pictureOf(state, window, 'workload', [namespace])]);
  const row = rows.find((r) => r.name === name && r.namespace === namespace);
  if (row === undefined) throw E.make('NOT_FOUND', { what: `Workload ${namespace}/${name}` });
  const key = `wl:${namespace}/${name}`;
  const { kubernetes } = state.sources;
  const object = kubernetes.cached('apps', workload.kind, namespace, name) ?? kubernetes.cached('', 'Pod', namespace, workload.pods[0] ?? '');
  return {
    row, pods: workload.pods.flatMap((pod) => podRow(kubernetes.cached('', 'Pod', namespace, pod))), services: [...workload.services],
    inbound: edgeRows(picture, picture.model.edges.filter((edge) => edge.target === key), (edge) => edge.source), outbound: edgeRows(picture, picture.model.edges.filter((edge) => edge.source === key), (edge) => edge.target),
    config: configOf(deps, (o) => workload.services.some((s) => servicesOf(o).has(`${namespace}/${s}`)) || selects(o, namespace, workload.labels, view.rootNamespace)), yaml: object === undefined ? '' : yamlOf(object),
  };
}

const number = (v: unknown): number => (typeof v === 'number' ? v : 0);
function stateText(status: Record<string, unknown>): string {
  const [entry] = Object.entries(record(status['state']));
  if (entry === undefined) return 'waiting';
  const reason = record(entry[1])['reason'];
  return typeof reason === 'string' && reason !== '' ? reason : entry[0];
}
/** A pod as kubectl shows it, from the cache. */
export function podRow(pod: KubeObject | undefined): readonly PodRow[] {
  if (pod === undefined || groupOf(pod.apiVersion).group !== '') return [];
  const status = record(pod['status']);
  const spec = record(pod['spec']);
  const inits = Array.isArray(spec['initContainers']) ? spec['initContainers'].map(record).filter((c) => c['restartPolicy'] === 'Always').map((c) => String(c['name'])) : [];
  const statuses = [...(Array.isArray(status['containerStatuses']) ? status['containerStatuses'] : []), ...(Array.isArray(status['initContainerStatuses']) ? status['initContainerStatuses'].filter((s: unknown) => inits.includes(String(record(s)['name']))) : [])].map(record);
  const names = (Array.isArray(spec['containers']) ? spec['containers'] : []).map((c: unknown) => String(record(c)['name'])).concat(inits);
  const containers = names.map((name) => {
    const own = statuses.find((s) => s['name'] === name) ?? {};
    return { name, ready: own['ready'] === true, state: stateText(own), restarts: number(own['restartCount']) };
  });
  const phase = typeof pod.metadata.deletionTimestamp === 'string' ? 'Terminating' : String(status['phase'] ?? 'Unknown');
  return [{
    name: pod.metadata.name, phase, ready: `${containers.filter((c) => c.ready).length}/${containers.length}`, restarts: containers.reduce((sum, c) => sum + c.restarts, 0), ip: String(status['podIP'] ?? ''), node: String(spec['nodeName'] ?? ''),
    startedAt: Date.parse(String(status['startTime'] ?? pod.metadata.creationTimestamp ?? '')) || 0, containers,
  }];
}

/** Names of the containers of a pod that have a log. */
export const containersOf = (pod: KubeObject | undefined): readonly string[] => podRow(pod)[0]?.containers.map((c) => c.name) ?? [];
