import { METRIC } from '#shared/telemetry';
import type { Grouping } from '../model/graph-model.ts';

/** Namespaces a matcher may name; with more the whole mesh is asked for and the rest is dropped here. */
export const NAMESPACES_IN_MATCHER_MAX = 20;

export type QueryOptions = {
  readonly windowSeconds: number;
  readonly grouping: Grouping;
  /** Only traffic from or to these; empty or absent means all. */
  readonly namespaces?: readonly string[];
  /** The store is younger than the window (`oldEnoughQuery`). */
  readonly young?: boolean;
};
/** The PromQL texts of one graph: always these four, whatever the number of namespaces. */
export type GraphQueries = { readonly requests: string; readonly tcp: string; readonly edgeLatency: string; readonly nodeLatency: string };

const PLACE = [
  'source_workload', 'source_workload_namespace', 'source_canonical_service', 'source_canonical_revision',
  'destination_workload', 'destination_workload_namespace', 'destination_canonical_service', 'destination_canonical_revision',
  'destination_service', 'destination_service_name', 'destination_service_namespace',
];
const REQUEST_LABELS = ['reporter', ...PLACE, 'source_principal', 'destination_principal', 'request_protocol', 'response_code', 'grpc_response_status', 'response_flags', 'connection_security_policy'];
const TCP_LABELS = ['reporter', ...PLACE, 'source_principal', 'destination_principal', 'response_flags', 'connection_security_policy'];

/** A text as a regular expression (RE2) that matches it alone. */
export const quoteRegex = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`);
/** A text as a PromQL string literal. */
export const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/** `selector(m)` for all, or the union of what leaves and what enters the namespaces. A series of both kinds is counted once: `or` is by full label set. */
function inNamespaces(namespaces: readonly string[] | undefined, expression: (matchers: string) => string): string {
  if (namespaces === undefined || namespaces.length === 0 || namespaces.length > NAMESPACES_IN_MATCHER_MAX) return expression('');
  const names = quote(namespaces.toSorted().map(quoteRegex).join('|'));
  const sides = ['source_workload_namespace', 'destination_workload_namespace', 'destination_service_namespace'].map((label) => expression(`${label}=~${names}`));
  return `(${sides.join(' or ')})`;
}

/**
 * Requests per second over the window. rate() needs two samples, so it loses the first requests of a series that was born inside the window
 * (a new edge, a first 503): those count with their whole value. Born is what was not there a window ago, if anything was scraped then.
 * A store that is younger than the window has no such memory, and neither has one whose scrape of a target failed a window ago: its series ended
 * there with stale markers and are old all the same. There a series is born that has fewer samples than its target had good scrapes in the window.
 */
function perSecond(metric: string, seconds: number, matchers: string, young: boolean): string {
  const series = matchers === '' ? metric : `${metric}{${matchers}}`;
  const fresh = `${series} unless ${series} offset ${seconds}s`;
  // one `up` a target, also where replicas of a store answer as one
  const forgetful = `max by (instance, job) (sum_over_time(up[${seconds}s])${young ? '' : ` and (up offset ${seconds}s == 0)`})`;
  const remembered = `${fresh} unless count_over_time(${series}[${seconds}s]) >= on (instance, job) group_left () ${forgetful}`;
  const born = `(${remembered}) / ${seconds}${young ? '' : ` and on () (count(up offset ${seconds}s) > 0)`}`;
  return `((${born}) or rate(${series}[${seconds}s]))`;
}

/** Above zero when something was scraped a window ago: the store is then no longer young. */
export const oldEnoughQuery = (windowSeconds: number): string => `count(up offset ${windowSeconds}s)`;

/** Labels that tell an edge of the grouping apart on both reporters; the quantile is then exact for the edge, never an average of quantiles. */
const EDGE_LABELS: Readonly<Record<Grouping, readonly string[]>> = {
  'service-version': ['source_workload', 'source_workload_namespace', 'destination_service_name', 'destination_service_namespace'],
  service: ['source_canonical_service', 'source_workload_namespace', 'destination_service_name', 'destination_service_namespace'],
  workload: ['source_workload', 'source_workload_namespace', 'destination_workload', 'destination_workload_namespace'],
  app: ['source_canonical_service', 'source_workload_namespace', 'destination_canonical_service', 'destination_workload_namespace'],
};

/** The caller's side where it reports (it sees retries and injected faults), the callee's side for the rest. */
function eitherSide(q: number, labels: readonly string[], seconds: number, namespaces?: readonly string[], matchers = ''): string {
  const side = (reporter: string): string => {
    const rate = (more: string): string => `rate(${METRIC.duration}_bucket{${[`reporter="${reporter}"`, matchers, more].filter((m) => m !== '').join(',')}}[${seconds}s])`;
    return `histogram_quantile(${q}, sum by (le, ${labels.join(', ')}) (${inNamespaces(namespaces, rate)}))`;
  };
  return `${side('source')} or ${side('destination')}`;
}

export function graphQueries(options: QueryOptions): GraphQueries {
  const { windowSeconds: w, namespaces, young = false } = options;
  const tcp = (metric: string): string => `sum by (${TCP_LABELS.join(', ')}) (${inNamespaces(namespaces, (m) => perSecond(metric, w, m, young))})`;
  const latency = (labels: readonly string[]): string => eitherSide(0.95, labels, w, namespaces);
  return {
    requests: `sum by (${REQUEST_LABELS.join(', ')}) (${inNamespaces(namespaces, (m) => perSecond(METRIC.requests, w, m, young))}) > 0`,
    // One series a direction: sent and received of an edge add up to the bytes on it.
    tcp: `(${tcp(METRIC.tcpSent)} + ${tcp(METRIC.tcpReceived)}) > 0`,
    edgeLatency: latency(EDGE_LABELS[options.grouping]),
    nodeLatency: `${latency(['destination_workload', 'destination_workload_namespace'])} or ${latency(['destination_service_name', 'destination_service_namespace'])}`,
  };
}

/** p50, p95 and p99 of every service (or workload) in one text; label `q` tells them apart. For lists. */
export function quantileQuery(of: 'service' | 'workload', windowSeconds: number, matchers = ''): string {
  const labels = of === 'service' ? ['destination_service_name', 'destination_service_namespace'] : ['destination_workload', 'destination_workload_namespace'];
  return [0.5, 0.95, 0.99].map((q) => `label_replace(${eitherSide(q, labels, windowSeconds, undefined, matchers)}, "q", "${q}", "", "")`).join(' or ');
}

/** Whether any sidecar is scraped at all; asked only when the graph is empty. */
export const scrapedQuery = `count({__name__=~"istio_build|${METRIC.requests}"})`;

export { EDGE_LABELS };
