import { FLAGS } from '#shared/telemetry';
import type { Span } from '#shared/telemetry';
import { workloadOfPod, shapes } from '#shared/graph';
import type { SnapshotView } from '#shared/graph';
import { parseClusterName, parseNodeId } from '#shared/xds';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';

/** A sidecar's span with what its tags say. */
export type ProxySpan = {
  readonly span: Span;
  readonly direction: 'outbound' | 'inbound';
  readonly pod: { readonly namespace: string; readonly name: string } | undefined;
  /** "<namespace>/<workload>" of the sidecar. */
  readonly workload: string | undefined;
  readonly cluster: string;
  /** What an outbound span called. */
  readonly service: { readonly namespace: string; readonly name: string; readonly host: string; readonly subset: string } | undefined;
  readonly code: number;
  readonly flags: readonly string[];
  readonly requestId: string;
};

const tag = (span: Span, ...names: readonly string[]): string => {
  for (const name of names) {
    const v = span.tags[name];
    if (v !== undefined && v !== '') return String(v);
  }
  return '';
};

/** "<namespace>/<workload>" of a pod. */
export type WorkloadOfPod = (namespace: string, pod: string) => string;
/** The workload of a pod; a pod that is gone is named by its own name without the two generated parts. Each pod is looked up once. */
export function workloadsOf(kubernetes: Kubernetes): WorkloadOfPod {
  const known = new Map<string, string>();
  return (namespace, pod) => {
    const key = `${namespace}/${pod}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const [seen] = shapes.shaped(shapes.podShape, [kubernetes.cached('', 'Pod', namespace, pod)].filter((object) => object !== undefined));
    const made = `${namespace}/${seen === undefined ? pod.replace(/-[a-z0-9]{5,10}-[a-z0-9]{5}$/, '') : workloadOfPod(seen).name}`;
    known.set(key, made);
    return made;
  };
}

/** Reads a span as a sidecar's; undefined for an application's. Envoy's tags, OpenTelemetry's names too. */
export function proxySpan(span: Span, workloadOf: WorkloadOfPod): ProxySpan | undefined {
  const node = parseNodeId(tag(span, 'node_id'));
  if (tag(span, 'component') !== 'proxy' && node === undefined) return undefined;
  const cluster = tag(span, 'upstream_cluster', 'upstream_cluster.name');
  const parts = parseClusterName(cluster);
  const dot = node?.id.lastIndexOf('.') ?? -1;
  const pod = node === undefined || dot < 0 ? undefined : { name: node.id.slice(0, dot), namespace: node.id.slice(dot + 1) };
  const [name = '', namespace = '', svc] = (parts?.host ?? '').split('.');
  const inCluster = svc === 'svc';
  const direction = parts?.direction ?? (cluster.startsWith('inbound') || span.kind === 'server' ? 'inbound' : 'outbound');
  const flags = tag(span, 'response_flags');
  return {
    span, pod, cluster, workload: pod === undefined ? undefined : workloadOf(pod.namespace, pod.name), direction,
    service: parts?.direction !== 'outbound' ? undefined : { name: inCluster ? name : parts.host, namespace: inCluster ? namespace : '', host: parts.host, subset: parts.subset },
    code: Number(tag(span, 'http.status_code', 'http.response.status_code')) || 0, flags: flags === '' || flags === '-' ? [] : flags.split(','), requestId: tag(span, 'guid:x-request-id'),
  };
}

/** Spans looked at for the callee's, below its caller's. */
const BELOW_MAX = 50;
/** The inbound span of the callee below an outbound span. */
export function calleeOf(hop: ProxySpan, byParent: ReadonlyMap<string, readonly Span[]>, proxies: ReadonlyMap<string, ProxySpan>): ProxySpan | undefined {
  const queue = [...(byParent.get(hop.span.spanId) ?? [])];
  for (let i = 0; i < queue.length && i < BELOW_MAX; i++) {
    const span = queue[i];
    const found = span === undefined ? undefined : proxies.get(span.spanId);
    if (found?.direction === 'inbound') return found;
    if (span !== undefined && found !== undefined) queue.push(...(byParent.get(span.spanId) ?? []));
  }
  return undefined;
}

export const flagWords = (flags: readonly string[]): { flag: string; words: string }[] => flags.map((flag) => ({ flag, words: FLAGS.get(flag)?.words ?? `Envoy's flag ${flag}.` }));

/** What came of a hop in one sentence, and whether the mesh or the application decided it. */
export function verdictOf(hop: ProxySpan, to: string): { readonly verdict: string; readonly byMesh: boolean } {
  const meanings = hop.flags.flatMap((flag) => FLAGS.get(flag) ?? []);
  const decisive = meanings.find((m) => m.byMesh);
  const answer = hop.code === 0 ? 'No answer was sent' : `${hop.code}`;
  if (hop.flags.includes('FI')) return { verdict: `A fault rule of the mesh answered ${answer}; the request never reached ${to}.`, byMesh: true };
  if (hop.flags.includes('DI') && meanings.length === 1) return { verdict: `A fault rule of the mesh delayed the request; then ${to} answered ${answer}.`, byMesh: true };
  if (decisive !== undefined) return { verdict: `The mesh answered ${answer}: ${decisive.words}`, byMesh: true };
  if (meanings[0] !== undefined) return { verdict: `${answer}: ${meanings[0].words}`, byMesh: false };
  if (hop.code >= 500) return { verdict: `${to} answered ${answer}: not the mesh.`, byMesh: false };
  if (hop.code === 0) return { verdict: 'No answer was seen.', byMesh: false };
  return { verdict: `${to} answered ${answer}.`, byMesh: false };
}

/** "reviews v2", as the graph calls it. */
export function placeName(view: SnapshotView, workload: string | undefined): string {
  if (workload === undefined) return 'unknown';
  const seen = view.workloads.get(workload);
  const name = workload.slice(workload.indexOf('/') + 1);
  return seen?.version === undefined ? name : `${seen.app} ${seen.version}`;
}
