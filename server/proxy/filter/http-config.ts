import { isRecord } from '#shared/base';
import { compileFault, compileRouteTable, ConfigProblem, durationMs, FAULT_FILTER } from '#shared/evaluator';
import type { CompiledFault, RouteTable } from '#shared/evaluator';
import type { HttpConnectionManager } from '#shared/xds';
import { compileAccessLogs } from '../stats/access-log.ts';
import type { Formatter } from '../stats/access-log.ts';
import type { HttpStats } from '../stats/counters.ts';

export type Direction = 'inbound' | 'outbound' | 'none';
export type TracingConfig = { readonly randomShare: number; readonly overallShare: number; readonly spawnUpstreamSpan: boolean; readonly customTags: readonly (readonly [string, string])[]; /** The collector that the configuration names (OpenTelemetry over HTTP); undefined: the process's own. */ readonly endpoint: string | undefined };
export type XfccMode = 'SANITIZE' | 'FORWARD_ONLY' | 'APPEND_FORWARD' | 'SANITIZE_SET' | 'ALWAYS_FORWARD_ONLY';

/** An HTTP connection manager, compiled. Its route table is looked up by name at each request, so that a new table needs no new listener. */
export type HttpConfig = {
  readonly direction: Direction; readonly statPrefix: string; readonly stats: HttpStats; readonly routeName: string; readonly inlineRoutes: RouteTable | undefined;
  readonly serverName: string; readonly serverHeader: 'OVERWRITE' | 'APPEND_IF_ABSENT' | 'PASS_THROUGH'; readonly useRemoteAddress: boolean; readonly trustedHops: number; readonly skipXffAppend: boolean; readonly via: string;
  readonly normalizePath: boolean; readonly mergeSlashes: boolean; readonly escapedSlashes: string; readonly xfcc: XfccMode; readonly xfccFields: { readonly subject: boolean; readonly cert: boolean; readonly dns: boolean; readonly uri: boolean };
  readonly proxy100Continue: boolean; readonly generateRequestId: boolean; readonly preserveRequestId: boolean; readonly alwaysSetRequestIdInResponse: boolean; readonly acceptHttp10: boolean; readonly defaultHost: string;
  readonly headersTimeoutMs: number; readonly requestTimeoutMs: number; readonly streamIdleMs: number; readonly idleTimeoutMs: number; readonly upgrades: ReadonlySet<string>; readonly headBytesMax: number; readonly headersMax: number;
  readonly logs: readonly { readonly format: Formatter; readonly onlyFlag: string | undefined }[]; readonly tracing: TracingConfig | undefined; readonly hasFaultFilter: boolean; /** Metrics name a service nobody configured by the Host of the request: not where that comes from outside. */ readonly hostFallback: boolean; readonly fault: CompiledFault | undefined;
};

/** A client that does not finish its head within this is answered 408. Envoy has no limit by default; a slow client would then hold memory for ever. */
const HEADERS_TIMEOUT_MS = 60_000;
/** Envoy's defaults. */
const STREAM_IDLE_MS = 300_000;
const IDLE_MS = 3_600_000;
const HEAD_KB_MAX = 60;
const HEADERS_MAX = 100;

type Fields = Record<string, unknown>;
const record = (v: unknown): Fields => (isRecord(v) ? v : {});
const text = (v: unknown): string | undefined => (typeof v === 'string' ? v : undefined);
const number = (v: unknown, fallback: number): number => (typeof v === 'number' ? v : fallback);
const percent = (v: unknown, fallback: number): number => number(record(v)['value'], fallback) / 100;

const collectorOf = (provider: unknown): string | undefined => text(record(record(record(record(provider)['typed_config'])['http_service'])['http_uri'])['uri']);

function tracingOf(v: unknown): TracingConfig | undefined {
  if (!isRecord(v)) return undefined;
  const tags = (Array.isArray(v['custom_tags']) ? v['custom_tags'] : []).flatMap((tag): (readonly [string, string])[] => {
    const literal = text(record(record(tag)['literal'])['value']);
    const name = text(record(tag)['tag']);
    return literal === undefined || name === undefined ? [] : [[name, literal]];
  });
  return { randomShare: percent(v['random_sampling'], 100), overallShare: percent(v['overall_sampling'], 100), spawnUpstreamSpan: v['spawn_upstream_span'] === true, customTags: tags, endpoint: collectorOf(v['provider']) };
}

const XFCC: ReadonlySet<string> = new Set(['SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY']);
const isXfcc = (v: unknown): v is XfccMode => typeof v === 'string' && XFCC.has(v);

function upgradesOf(v: unknown): ReadonlySet<string> {
  return new Set((Array.isArray(v) ? v : []).filter((entry) => record(entry)['enabled'] !== false).map((entry) => String(record(entry)['upgrade_type']).toLowerCase()));
}

/** Filters that a stream passes; any other one is refused unless it is marked optional, so that nothing is silently left out. */
const KNOWN_FILTERS: ReadonlySet<string> = new Set(['envoy.filters.http.router', FAULT_FILTER, 'envoy.filters.http.cors', 'envoy.filters.http.grpc_stats', 'istio.metadata_exchange', 'istio.alpn', 'istio.stats', 'envoy.filters.http.grpc_web', 'istio_authn', 'waypoint_downstream_peer_metadata', 'envoy.filters.http.peer_metadata']);

function checkFilters(manager: HttpConnectionManager): void {
  const filters = manager.http_filters ?? [];
  if (filters.length === 0 || filters.at(-1)?.name !== 'envoy.filters.http.router') throw new ConfigProblem('http_filters', 'Error: terminal filter (envoy.filters.http.router) must be the last filter in a http filter chain.');
  for (const [i, filter] of filters.entries()) {
    if (filter.is_optional !== true && filter.disabled !== true && !KNOWN_FILTERS.has(filter.name) && !filter.name.startsWith('istio')) throw new ConfigProblem(`http_filters[${i}]`, `Didn't find a registered implementation for '${filter.name}'`);
  }
}

const hostFallbackOf = (manager: HttpConnectionManager): boolean => record((manager.http_filters ?? []).find((filter) => filter.name === 'istio.stats')?.typed_config)['disable_host_header_fallback'] !== true;

function timesOf(manager: HttpConnectionManager, options: Fields): Pick<HttpConfig, 'headersTimeoutMs' | 'requestTimeoutMs' | 'streamIdleMs' | 'idleTimeoutMs'> {
  return {
    headersTimeoutMs: durationMs(text(record(manager)['request_headers_timeout']), 'request_headers_timeout', HEADERS_TIMEOUT_MS), requestTimeoutMs: durationMs(manager.request_timeout, 'request_timeout', 0),
    streamIdleMs: durationMs(manager.stream_idle_timeout, 'stream_idle_timeout', STREAM_IDLE_MS), idleTimeoutMs: durationMs(text(options['idle_timeout']), 'common_http_protocol_options.idle_timeout', IDLE_MS),
  };
}

/** Compiles a manager; a problem names the field. */
export function compileHttp(manager: HttpConnectionManager, direction: Direction, statsFor: (prefix: string) => HttpStats): HttpConfig {
  checkFilters(manager);
  const raw = record(manager);
  const options = record(manager.common_http_protocol_options);
  const http1 = record(manager.http_protocol_options);
  if (manager.route_config === undefined && manager.rds === undefined) throw new ConfigProblem('route_specifier', 'a connection manager needs route_config or rds');
  const statPrefix = (manager.stat_prefix ?? '').replace(/;$/, '');
  const serverHeader = raw['server_header_transformation'];
  const fault = (manager.http_filters ?? []).find((filter) => filter.name === FAULT_FILTER);
  const details = manager.set_current_client_cert_details ?? {};
  const requestId = record(record(raw['request_id_extension'])['typed_config']);
  return {
    direction, statPrefix, stats: statsFor(statPrefix), routeName: manager.rds?.route_config_name ?? manager.route_config?.name ?? '', inlineRoutes: manager.route_config === undefined ? undefined : compileRouteTable(manager.route_config),
    serverName: manager.server_name === undefined || manager.server_name === '' ? 'envoy' : manager.server_name, serverHeader: serverHeader === 'PASS_THROUGH' || serverHeader === 'APPEND_IF_ABSENT' ? serverHeader : 'OVERWRITE',
    useRemoteAddress: manager.use_remote_address === true, trustedHops: number(raw['xff_num_trusted_hops'], 0), skipXffAppend: raw['skip_xff_append'] === true, via: text(raw['via']) ?? '',
    normalizePath: manager.normalize_path === true, mergeSlashes: raw['merge_slashes'] === true, escapedSlashes: manager.path_with_escaped_slashes_action ?? 'KEEP_UNCHANGED',
    xfcc: isXfcc(manager.forward_client_cert_details) ? manager.forward_client_cert_details : 'SANITIZE',
    xfccFields: { subject: details.subject === true, cert: details.cert === true, dns: details.dns === true, uri: details.uri === true },
    proxy100Continue: raw['proxy_100_continue'] === true, generateRequestId: manager.generate_request_id !== false, preserveRequestId: raw['preserve_external_request_id'] === true,
    alwaysSetRequestIdInResponse: raw['always_set_request_id_in_response'] === true && requestId['@type'] !== '', acceptHttp10: http1['accept_http_10'] === true, defaultHost: text(http1['default_host_for_http_10']) ?? '',
    ...timesOf(manager, options), upgrades: upgradesOf(manager.upgrade_configs), headBytesMax: number(raw['max_request_headers_kb'], HEAD_KB_MAX) * 1024, headersMax: number(options['max_headers_count'], HEADERS_MAX),
    logs: compileAccessLogs(manager.access_log), tracing: tracingOf(manager.tracing), hasFaultFilter: fault !== undefined, hostFallback: hostFallbackOf(manager), fault: fault?.typed_config === undefined ? undefined : compileFault(fault.typed_config, 'http_filters.fault'),
  };
}
