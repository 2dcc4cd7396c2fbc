import type { ClusterRuntime } from '../cluster/cluster.ts';
import type { RefusedEntry } from '../listener/refused.ts';
import { ENVOY_BUCKETS } from './counters.ts';
import type { ClusterStats, Histogram, HttpStats, ListenerStats, ProxyStats } from './counters.ts';
import type { IstioMetrics } from './istio-metrics.ts';

export type RenderInput = {
  readonly stats: ProxyStats; readonly clusters: ReadonlyMap<string, ClusterRuntime>; readonly warming: number; readonly listeners: number; readonly metrics: IstioMetrics | undefined; readonly refused: readonly RefusedEntry[];
  readonly workload: string; readonly namespace: string; readonly certificateExpiresAt: number; readonly state: number; readonly nowMs: number;
};
type Kind = 'counter' | 'gauge';
type Sample = { readonly name: string; readonly labels: readonly (readonly [string, string])[]; readonly value: number; readonly kind: Kind };

const CLUSTER: readonly (readonly [string, Kind, (s: ClusterStats) => number])[] = [
  ['upstream_cx_total', 'counter', (s) => s.cxTotal], ['upstream_cx_active', 'gauge', (s) => s.cxActive], ['upstream_cx_connect_fail', 'counter', (s) => s.cxConnectFail], ['upstream_cx_connect_timeout', 'counter', (s) => s.cxConnectTimeout],
  ['upstream_cx_destroy_remote', 'counter', (s) => s.cxDestroyRemote], ['upstream_cx_destroy_remote_with_active_rq', 'counter', (s) => s.cxDestroyWithActiveRq], ['upstream_cx_protocol_error', 'counter', (s) => s.cxProtocolError], ['upstream_cx_rx_bytes_total', 'counter', (s) => s.cxRxBytes], ['upstream_cx_tx_bytes_total', 'counter', (s) => s.cxTxBytes],
  ['upstream_rq_total', 'counter', (s) => s.rqTotal], ['upstream_rq_active', 'gauge', (s) => s.rqActive], ['upstream_rq_pending_total', 'counter', (s) => s.rqPendingTotal], ['upstream_rq_pending_active', 'gauge', (s) => s.rqPendingActive],
  ['upstream_rq_pending_failure_eject', 'counter', (s) => s.rqPendingFailureEject], ['upstream_rq_completed', 'counter', (s) => s.rqCompleted], ['upstream_rq_timeout', 'counter', (s) => s.rqTimeout], ['upstream_rq_per_try_timeout', 'counter', (s) => s.rqPerTryTimeout],
  ['upstream_rq_retry', 'counter', (s) => s.rqRetry], ['upstream_rq_retry_success', 'counter', (s) => s.rqRetrySuccess], ['upstream_rq_retry_limit_exceeded', 'counter', (s) => s.rqRetryLimitExceeded], ['upstream_rq_retry_backoff_exponential', 'counter', (s) => s.rqRetry], ['upstream_rq_rx_reset', 'counter', (s) => s.rqRxReset],
  ['upstream_rq_tx_reset', 'counter', (s) => s.rqTxReset], ['upstream_cx_none_healthy', 'counter', (s) => s.noneHealthy], ['lb_healthy_panic', 'counter', (s) => s.panic], ['ssl_handshake', 'counter', (s) => s.sslHandshakes], ['ssl_fail_verify_san', 'counter', (s) => s.sslFailVerify],
];
const HTTP: readonly (readonly [string, Kind, (s: HttpStats) => number])[] = [
  ['downstream_cx_total', 'counter', (s) => s.cxTotal], ['downstream_cx_active', 'gauge', (s) => s.cxActive], ['downstream_cx_destroy_remote_active_rq', 'counter', (s) => s.cxDestroyRemoteActiveRq], ['downstream_cx_protocol_error', 'counter', (s) => s.cxProtocolError],
  ['downstream_rq_total', 'counter', (s) => s.rqTotal], ['downstream_rq_active', 'gauge', (s) => s.rqActive], ['downstream_rq_completed', 'counter', (s) => s.rqCompleted], ['downstream_rq_rx_reset', 'counter', (s) => s.rqRxReset],
  ['downstream_rq_timeout', 'counter', (s) => s.rqTimeout], ['downstream_rq_header_timeout', 'counter', (s) => s.rqHeaderTimeout], ['downstream_rq_idle_timeout', 'counter', (s) => s.rqIdleTimeout], ['downstream_rq_too_large', 'counter', (s) => s.rqTooLarge],
  ['downstream_rq_ws_on_non_ws_route', 'counter', (s) => s.rqWsOnNonWsRoute], ['no_route', 'counter', (s) => s.noRoute], ['no_cluster', 'counter', (s) => s.noCluster], ['rq_redirect', 'counter', (s) => s.redirect], ['rq_direct_response', 'counter', (s) => s.direct],
  ['fault_delays_injected', 'counter', (s) => s.faultDelays], ['fault_aborts_injected', 'counter', (s) => s.faultAborts], ['fault_active_faults', 'gauge', (s) => s.faultActive],
  ['downstream_rq_1xx', 'counter', (s) => s.byClass[1] ?? 0], ['downstream_rq_2xx', 'counter', (s) => s.byClass[2] ?? 0], ['downstream_rq_3xx', 'counter', (s) => s.byClass[3] ?? 0], ['downstream_rq_4xx', 'counter', (s) => s.byClass[4] ?? 0], ['downstream_rq_5xx', 'counter', (s) => s.byClass[5] ?? 0],
];
const LISTENER: readonly (readonly [string, Kind, (s: ListenerStats) => number])[] = [
  ['downstream_cx_total', 'counter', (s) => s.cxTotal], ['downstream_cx_active', 'gauge', (s) => s.cxActive], ['downstream_cx_destroy', 'counter', (s) => s.cxDestroy], ['no_filter_chain_match', 'counter', (s) => s.noFilterChainMatch],
  ['ssl_handshake', 'counter', (s) => s.sslHandshake], ['ssl_connection_error', 'counter', (s) => s.sslConnectionError], ['ssl_fail_verify_san', 'counter', (s) => s.sslFailVerifySan], ['ssl_fail_verify_no_cert', 'counter', (s) => s.sslFailVerifyNoCert], ['ssl_fail_verify_error', 'counter', (s) => s.sslFailVerifyError],
];
const PROXY: readonly (readonly [string, Kind, (s: ProxyStats) => number])[] = [
  ['control_plane_connected_state', 'gauge', (s) => s.controlPlaneConnected], ['listener_manager_listener_create_failure', 'counter', (s) => s.listenerCreateFailures], ['pharos_access_log_lines_written_total', 'counter', (s) => s.logLinesWritten], ['pharos_access_log_lines_dropped_total', 'counter', (s) => s.logLinesDropped],
  ['pharos_spans_sent_total', 'counter', (s) => s.spansSent], ['pharos_spans_dropped_total', 'counter', (s) => s.spansDropped], ['pharos_span_export_failures_total', 'counter', (s) => s.spanExportFailures], ['pharos_certificate_renewals_total', 'counter', (s) => s.certificateRenewals],
  ['pharos_certificate_failures_total', 'counter', (s) => s.certificateFailures], ['cluster_xds_grpc_upstream_cx_total', 'counter', (s) => s.xdsConnects], ['cluster_xds_grpc_upstream_cx_connect_fail', 'counter', (s) => s.xdsConnectFailures],
];
const XDS_NAME: ReadonlyMap<string, string> = new Map([['cluster', 'cluster_manager_cds'], ['listener', 'listener_manager_lds'], ['route', 'http_rds'], ['endpoint', 'cluster_eds'], ['secret', 'sds']]);
const DAY_MS = 86_400_000;

function clusterSamples(name: string, s: ClusterStats, cluster: ClusterRuntime | undefined): readonly Sample[] {
  const labels = [['cluster_name', name]] as const;
  const out: Sample[] = CLUSTER.map(([metric, kind, of]) => ({ name: `cluster_${metric}`, labels, value: of(s), kind }));
  for (const [code, count] of s.rqByCode) {
    out.push({ name: 'cluster_upstream_rq', labels: [['response_code', String(code)], ...labels], value: count, kind: 'counter' });
  }
  const groups = [0, 0, 0, 0, 0, 0];
  for (const [code, count] of s.rqByCode) groups[Math.floor(code / 100)] = (groups[Math.floor(code / 100)] ?? 0) + count;
  for (const group of [2, 3, 4, 5]) out.push({ name: 'cluster_upstream_rq_xx', labels: [['response_code_class', String(group)], ...labels], value: groups[group] ?? 0, kind: 'counter' });
  if (cluster !== undefined) {
    out.push({ name: 'cluster_membership_total', labels, value: cluster.hosts.length, kind: 'gauge' });
    out.push({ name: 'cluster_membership_healthy', labels, value: cluster.hosts.filter((host) => host.health === 'HEALTHY' || host.health === 'UNKNOWN').length, kind: 'gauge' });
  }
  return out;
}

/** Every counter and gauge of the process, by Envoy's names without the leading `envoy_`. */
export function samplesOf(input: RenderInput): readonly Sample[] {
  const { stats } = input;
  const out: Sample[] = [
    { name: 'server_live', labels: [], value: input.state === 0 ? 1 : 0, kind: 'gauge' }, { name: 'server_state', labels: [], value: input.state, kind: 'gauge' }, { name: 'server_uptime', labels: [], value: Math.floor((input.nowMs - stats.startedAt) / 1000), kind: 'gauge' },
    { name: 'server_memory_allocated', labels: [], value: process.memoryUsage.rss(), kind: 'gauge' }, { name: 'cluster_manager_active_clusters', labels: [], value: input.clusters.size, kind: 'gauge' }, { name: 'cluster_manager_warming_clusters', labels: [], value: input.warming, kind: 'gauge' },
    { name: 'listener_manager_total_listeners_active', labels: [], value: input.listeners, kind: 'gauge' },
  ];
  if (input.certificateExpiresAt > 0) out.push({ name: 'server_days_until_first_cert_expiring', labels: [], value: Math.max(0, Math.floor((input.certificateExpiresAt - input.nowMs) / DAY_MS)), kind: 'gauge' });
  for (const [name, kind, of] of PROXY) out.push({ name, labels: [], value: of(stats), kind });
  if (input.metrics !== undefined) {
    out.push({ name: 'pharos_istio_series_dropped_total', labels: [], value: input.metrics.dropped, kind: 'counter' }, { name: 'pharos_istio_series_unnamed_total', labels: [], value: input.metrics.unnamed, kind: 'counter' });
  }
  for (const [kind, type] of stats.xds) {
    const prefix = XDS_NAME.get(kind) ?? kind;
    for (const [suffix, v] of [['update_attempt', type.attempt], ['update_success', type.success], ['update_rejected', type.rejected], ['update_failure', type.failure]] as const) out.push({ name: `${prefix}_${suffix}`, labels: [], value: v, kind: 'counter' });
  }
  for (const [name, s] of stats.clusters) out.push(...clusterSamples(name, s, input.clusters.get(name)));
  for (const [prefix, s] of stats.http) for (const [name, kind, of] of HTTP) out.push({ name: `http_${name}`, labels: [['http_conn_manager_prefix', prefix]], value: of(s), kind });
  for (const [address, s] of stats.listeners) for (const [name, kind, of] of LISTENER) out.push({ name: `listener_${name}`, labels: [['listener_address', address]], value: of(s), kind });
  for (const one of input.refused) {
    const labels = [['reason', one.reason], ['source_ip', one.sourceIp], ['destination_port', String(one.port)], ['destination_workload', input.workload], ['destination_workload_namespace', input.namespace]] as const;
    out.push({ name: 'pharos_refused_connections_total', labels, value: one.count, kind: 'counter' });
  }
  return out;
}

const escape = (v: string): string => v.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
const fullName = (name: string): string => (name.startsWith('pharos_') ? name : `envoy_${name}`);
const braces = (labels: Sample['labels']): string => (labels.length === 0 ? '' : `{${labels.map(([key, v]) => `${key}="${escape(v)}"`).join(',')}}`);

function histogramText(name: string, rows: readonly (readonly [string, Histogram])[]): string {
  if (rows.length === 0) return '';
  const parts = [`# TYPE envoy_${name} histogram\n`];
  for (const [cluster, histogram] of rows) {
    let total = 0;
    const label = `cluster_name="${escape(cluster)}"`;
    for (const [i, count] of histogram.counts.entries()) {
      total += count;
      parts.push(`envoy_${name}_bucket{${label},le="${ENVOY_BUCKETS[i] ?? '+Inf'}"} ${total}\n`);
    }
    parts.push(`envoy_${name}_sum{${label}} ${histogram.sum}\nenvoy_${name}_count{${label}} ${total}\n`);
  }
  return parts.join('');
}

/** `/stats/prometheus`: Istio's metrics first, then Envoy's. */
export function renderPrometheus(input: RenderInput): string {
  const families = new Map<string, { readonly kind: Kind; readonly lines: string[] }>();
  for (const sample of samplesOf(input)) {
    const name = fullName(sample.name);
    let family = families.get(name);
    if (family === undefined) {
      family = { kind: sample.kind, lines: [] };
      families.set(name, family);
    }
    family.lines.push(`${name}${braces(sample.labels)} ${sample.value}\n`);
  }
  const clusters = [...input.stats.clusters].filter(([, s]) => s.rqTotal > 0);
  const text = [...families].map(([name, { kind, lines }]) => `# TYPE ${name} ${kind}\n${lines.join('')}`).join('');
  return `${input.metrics?.render() ?? ''}${text}${histogramText('cluster_upstream_rq_time', clusters.map(([name, s]) => [name, s.rqTime]))}${histogramText('cluster_upstream_cx_connect_ms', clusters.map(([name, s]) => [name, s.cxConnectMs]))}`;
}

const PLACE: ReadonlyMap<string, string> = new Map([['cluster_name', 'cluster'], ['http_conn_manager_prefix', 'http'], ['listener_address', 'listener']]);

/** `/stats`: Envoy's dotted names, one a line, sorted; `filter` keeps names that contain it. */
export function renderStats(input: RenderInput, filter: string): string {
  const lines = samplesOf(input).map((sample) => {
    const place = sample.labels.find(([key]) => PLACE.has(key));
    if (place === undefined) return `${sample.name.replace(/^(server|cluster_manager|listener_manager|control_plane)_/, '$1.')}${sample.labels.map(([, v]) => `.${v}`).join('')}: ${sample.value}`;
    const lead = PLACE.get(place[0]) ?? '';
    const code = sample.labels.find(([key]) => key === 'response_code')?.[1];
    const group = sample.labels.find(([key]) => key === 'response_code_class')?.[1];
    const rest = sample.name.slice(lead.length + 1).replace(/^(ssl|fault)_/, '$1.');
    return `${lead}.${place[1]}.${code !== undefined ? `${rest}_${code}` : group !== undefined ? rest.replace('_xx', `_${group}xx`) : rest}: ${sample.value}`;
  });
  return `${lines.filter((line) => filter === '' || line.includes(filter)).sort().join('\n')}\n`;
}
