import type { Reply } from '#shared/api';
import type { AccessRecord, Span } from '#shared/telemetry';
import { placeCalls } from '#shared/graph';
import type { Call, SnapshotView } from '#shared/graph';
import { KubeError } from '#server/lib';
import type { Frozen } from '../http/bind.ts';
import type { Proxies } from '../proxies/proxies.ts';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import { SourceFailure } from '../sources/source-failure.ts';
import { parseAccessLine } from './access-line.ts';
import { calleeOf, flagWords, placeName, proxySpan, verdictOf, workloadsOf } from './hop-parts.ts';
import type { ProxySpan } from './hop-parts.ts';
import { objectOf, routeOf } from './origin.ts';

export type Hop = Frozen<Extract<Reply<'trace'>, { state: 'value' }>['value']['hops'][number]>;
/** Sidecars asked for log and config of one trace. */
const PODS_MAX = 12;
/** Log lines are looked for this long before the trace began, and at most this far back, seconds. */
const LOG_MARGIN_SECONDS = 30;
const LOG_SECONDS_MAX = 6 * 3600;
const LOG_BYTES_MAX = 16 * 1024 * 1024;

type Line = { readonly text: string; readonly record: AccessRecord };
type Pod = { readonly namespace: string; readonly name: string };
const podKey = (pod: Pod): string => `${pod.namespace}/${pod.name}`;

/** A failure to read one sidecar takes away only what it would have said. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KubeError || error instanceof SourceFailure || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The name alone; a sidecar's workload is always in its pod's namespace. */
const workloadName = (hop: ProxySpan): string => hop.workload?.slice(hop.workload.indexOf('/') + 1) ?? '';

function nearest(lines: readonly Line[], hop: ProxySpan): Line | undefined {
  const start = hop.span.start / 1000;
  const fitting = lines.filter((line) => line.record.requestId === hop.requestId && (hop.cluster === '' || line.record.upstreamCluster === '-' || line.record.upstreamCluster === hop.cluster));
  return fitting.toSorted((a, b) => Math.abs(a.record.start - start) - Math.abs(b.record.start - start))[0];
}

/** Reads traces together with what the mesh knows of each hop. */
export class Drill {
  readonly #kubernetes: Kubernetes;
  readonly #proxies: Proxies;
  readonly #clock: () => number;
  constructor(options: { readonly kubernetes: Kubernetes; readonly proxies: Proxies; readonly clock: () => number }) {
    this.#kubernetes = options.kubernetes;
    this.#proxies = options.proxies;
    this.#clock = options.clock;
  }

  async #lines(pod: Pod, since: number, ids: ReadonlySet<string>): Promise<readonly Line[]> {
    const sinceSeconds = Math.min(LOG_SECONDS_MAX, Math.ceil((this.#clock() - since) / 1000) + LOG_MARGIN_SECONDS);
    const text = await attempt(() => this.#kubernetes.logs(pod.namespace, pod.name, { container: 'istio-proxy', sinceSeconds, limitBytes: LOG_BYTES_MAX }));
    const found: Line[] = [];
    for (const line of (text ?? '').split('\n')) {
      if (![...ids].some((id) => line.includes(id))) continue;
      const record = parseAccessLine(line);
      if (record !== undefined) found.push({ text: line, record });
    }
    return found;
  }

  /** What the mesh decided at each hop, and where the trace runs on the graph. */
  async hops(spans: readonly Span[], view: SnapshotView): Promise<{ readonly hops: readonly Hop[]; readonly nodes: readonly string[]; readonly edges: readonly string[] }> {
    const workloadOf = workloadsOf(this.#kubernetes);
    const list = spans.flatMap((span) => proxySpan(span, workloadOf) ?? []);
    const proxies = new Map(list.map((hop) => [hop.span.spanId, hop]));
    const byParent = Map.groupBy(spans.filter((span) => span.parentSpanId !== undefined), (span) => span.parentSpanId ?? '');
    const pods = [...new Map(list.flatMap((hop) => (hop.pod === undefined ? [] : [[podKey(hop.pod), hop.pod] as const]))).values()].slice(0, PODS_MAX);
    const ids = new Set(list.map((hop) => hop.requestId).filter((id) => id !== ''));
    const since = Math.min(...spans.map((span) => span.start / 1000));
    const [logs, dumps] = await Promise.all([
      Promise.all(pods.map((pod) => (ids.size === 0 ? [] : this.#lines(pod, since, ids)))),
      Promise.all(pods.map((pod) => (list.some((hop) => hop.direction === 'outbound' && hop.pod !== undefined && podKey(hop.pod) === podKey(pod)) ? attempt(() => this.#proxies.dump(pod.namespace, pod.name)) : undefined))),
    ]);
    const at = new Map(pods.map((pod, i) => [podKey(pod), i]));
    const calls: Call[] = [];
    const hops = list.map((hop): Hop => {
      const index = hop.pod === undefined ? -1 : (at.get(podKey(hop.pod)) ?? -1);
      const line = nearest(logs[index] ?? [], hop);
      const callee = hop.direction === 'outbound' ? calleeOf(hop, byParent, proxies) : undefined;
      const to = hop.direction === 'inbound' ? placeName(view, hop.workload) : callee?.workload !== undefined ? placeName(view, callee.workload) : (hop.service?.name ?? 'unknown');
      const parent = hop.span.parentSpanId === undefined ? undefined : proxies.get(hop.span.parentSpanId);
      const from = hop.direction === 'outbound' ? placeName(view, hop.workload) : parent === undefined ? 'the caller' : placeName(view, parent.workload);
      if (hop.direction === 'outbound') calls.push({ source: hop.workload, service: hop.service === undefined ? undefined : `${hop.service.namespace}/${hop.service.name}`, destination: callee?.workload, protocol: 'http' });
      else if (parent === undefined || parent.direction === 'inbound') calls.push({ source: undefined, service: undefined, destination: hop.workload, protocol: 'http' });
      const dump = dumps[index];
      const route = hop.direction === 'outbound' && dump !== undefined ? routeOf(dump, hop, line?.record) : undefined;
      const object = route === undefined ? undefined : objectOf(this.#kubernetes, route, hop);
      const routeName = line?.record.routeName ?? route?.name;
      return {
        spanId: hop.span.spanId, from, to, ...verdictOf(hop, to), flags: flagWords(hop.flags), ...(line === undefined || hop.pod === undefined ? {} : { log: { namespace: hop.pod.namespace, workload: workloadName(hop), pod: hop.pod.name, line: line.text } }),
        ...(routeName === undefined || routeName === '-' ? {} : { route: routeName }), ...(hop.cluster === '' ? {} : { cluster: hop.cluster }), ...(object === undefined ? {} : { object }),
      };
    });
    // the way in is known only as "somebody outside": it is no part of the drawing
    const placed = placeCalls(calls.filter((call) => call.source !== undefined), view, 'service-version');
    return { hops, ...placed };
  }
}
