import { isRecord } from '#shared/base';
import { ConfigProblem } from '#shared/evaluator';

/** One finished stream or connection, as the access log sees it. Empty text and undefined print as "-". */
export type LogEntry = {
  readonly startMs: number; readonly method: string; readonly path: string; readonly originalPath: string; readonly protocol: string; readonly code: number; readonly flags: string; readonly details: string;
  readonly terminationDetails: string; readonly transportFailure: string; readonly bytesReceived: number; readonly bytesSent: number; readonly durationMs: number; readonly upstreamServiceTime: string;
  readonly forwardedFor: string; readonly userAgent: string; readonly requestId: string; readonly authority: string; readonly upstreamHost: string; readonly upstreamCluster: string; readonly upstreamLocalAddress: string;
  readonly downstreamLocalAddress: string; readonly downstreamRemoteAddress: string; readonly directRemoteAddress: string; readonly serverName: string; readonly routeName: string; readonly peerPrincipal: string; readonly attempts: number;
  requestHeader(name: string): string | undefined; responseHeader(name: string): string | undefined;
};

/** Istio's default text format (pilot/pkg/model/telemetry_logging.go), without its line end. */
export const ISTIO_FORMAT = '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%';
const ENVOY_FORMAT = '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"';
/** Istio's JSON form: key to operator. */
export const ISTIO_JSON: Readonly<Record<string, string>> = {
  start_time: '%START_TIME%', route_name: '%ROUTE_NAME%', method: '%REQ(:METHOD)%', path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%', protocol: '%PROTOCOL%', response_code: '%RESPONSE_CODE%', response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%', connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%', bytes_received: '%BYTES_RECEIVED%', bytes_sent: '%BYTES_SENT%', duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%', x_forwarded_for: '%REQ(X-FORWARDED-FOR)%', user_agent: '%REQ(USER-AGENT)%', request_id: '%REQ(X-REQUEST-ID)%', authority: '%REQ(:AUTHORITY)%', upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%', upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%', downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%', downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%', upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
};

let secondOf = -1;
let secondText = '';
/** ISO 8601 with milliseconds, UTC; the second is formatted once. */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second !== secondOf) {
    secondOf = second;
    secondText = new Date(second * 1000).toISOString().slice(0, 20);
  }
  const rest = Math.floor(ms - second * 1000);
  return `${secondText}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}

/** A value from the wire inside a line: quotes are escaped, control bytes cannot occur (the codec refuses them). */
const clean = (text: string): string => (text === '' ? '-' : text.includes('"') ? text.replaceAll('"', '\\"') : text);
const dash = (text: string): string => (text === '' ? '-' : text);

/** The line of ISTIO_FORMAT, written out because nearly every request makes one. */
export function istioLine(e: LogEntry): string {
  return `[${isoTime(e.startMs)}] "${dash(e.method)} ${clean(e.originalPath === '' ? e.path : e.originalPath)} ${dash(e.protocol)}" ${e.code} ${dash(e.flags)} ${dash(e.details)} ${dash(e.terminationDetails)} "${dash(e.transportFailure)}" ${e.bytesReceived} ${e.bytesSent} ${Math.floor(e.durationMs)} ${dash(e.upstreamServiceTime)} "${clean(e.forwardedFor)}" "${clean(e.userAgent)}" "${clean(e.requestId)}" "${clean(e.authority)}" "${dash(e.upstreamHost)}" ${dash(e.upstreamCluster)} ${dash(e.upstreamLocalAddress)} ${dash(e.downstreamLocalAddress)} ${dash(e.downstreamRemoteAddress)} ${clean(e.serverName)} ${dash(e.routeName)}\n`;
}

type Value = string | number | undefined;
type Operator = (e: LogEntry) => Value;

function requestHeader(e: LogEntry, name: string): string | undefined {
  switch (name) {
    case ':method': return e.method;
    case ':path': return e.path;
    case ':authority': case 'host': return e.authority;
    case 'x-envoy-original-path': return e.originalPath === '' ? undefined : e.originalPath;
    default: return e.requestHeader(name);
  }
}

const SIMPLE: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['START_TIME', (e) => isoTime(e.startMs)], ['PROTOCOL', (e) => e.protocol], ['RESPONSE_CODE', (e) => e.code], ['RESPONSE_FLAGS', (e) => (e.flags === '' ? '-' : e.flags)], ['RESPONSE_CODE_DETAILS', (e) => e.details],
  ['CONNECTION_TERMINATION_DETAILS', (e) => e.terminationDetails], ['UPSTREAM_TRANSPORT_FAILURE_REASON', (e) => e.transportFailure], ['BYTES_RECEIVED', (e) => e.bytesReceived], ['BYTES_SENT', (e) => e.bytesSent],
  ['DURATION', (e) => Math.floor(e.durationMs)], ['UPSTREAM_HOST', (e) => e.upstreamHost], ['UPSTREAM_REMOTE_ADDRESS', (e) => e.upstreamHost], ['UPSTREAM_CLUSTER', (e) => e.upstreamCluster], ['UPSTREAM_CLUSTER_RAW', (e) => e.upstreamCluster],
  ['UPSTREAM_LOCAL_ADDRESS', (e) => e.upstreamLocalAddress], ['DOWNSTREAM_LOCAL_ADDRESS', (e) => e.downstreamLocalAddress], ['DOWNSTREAM_REMOTE_ADDRESS', (e) => e.downstreamRemoteAddress], ['DOWNSTREAM_DIRECT_REMOTE_ADDRESS', (e) => e.directRemoteAddress],
  ['DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT', (e) => e.downstreamRemoteAddress.replace(/:\d+$/, '')], ['DOWNSTREAM_PEER_URI_SAN', (e) => e.peerPrincipal], ['REQUESTED_SERVER_NAME', (e) => e.serverName], ['ROUTE_NAME', (e) => e.routeName],
  ['UPSTREAM_REQUEST_ATTEMPT_COUNT', (e) => e.attempts], ['TRACE_ID', () => undefined], ['HOSTNAME', () => undefined],
]);

function headerOperator(kind: string, argument: string): Operator {
  const names = argument.toLowerCase().split('?');
  return (e) => {
    for (const name of names) {
      const v = kind === 'REQ' ? requestHeader(e, name) : name === 'x-envoy-upstream-service-time' ? (e.upstreamServiceTime === '' ? undefined : e.upstreamServiceTime) : e.responseHeader(name);
      if (v !== undefined) return v;
    }
    return undefined;
  };
}

function compileOperators(format: string): readonly (string | Operator)[] {
  const out: (string | Operator)[] = [];
  let from = 0;
  for (const match of format.matchAll(/%%|%([A-Z_0-9]+)(?:\(([^)]*)\))?(?::(\d+))?%/g)) {
    if (match.index > from) out.push(format.slice(from, match.index));
    from = match.index + match[0].length;
    const [whole, name, argument, cut] = match;
    if (whole === '%%') {
      out.push('%');
      continue;
    }
    const operator = name === 'REQ' || name === 'RESP' ? headerOperator(name, argument ?? '') : SIMPLE.get(name ?? '');
    if (operator === undefined) {
      if (name === 'DYNAMIC_METADATA' || name === 'FILTER_STATE' || name === 'ENVIRONMENT') out.push(() => undefined);
      else throw new ConfigProblem('access_log', `Not supported field in StreamInfo: ${whole}`);
    } else out.push(cut === undefined ? operator : (e) => String(operator(e) ?? '-').slice(0, Number(cut)));
  }
  if (from < format.length) out.push(format.slice(from));
  return out;
}

const print = (v: Value): string => (v === undefined || v === '' ? '-' : typeof v === 'number' ? String(v) : v.includes('"') ? v.replaceAll('"', '\\"') : v);
export type Formatter = (entry: LogEntry) => string;

/** A text format; Istio's default has its own fast function. */
export function textFormatter(format: string): Formatter {
  const line = format.endsWith('\n') ? format : `${format}\n`;
  if (line === `${ISTIO_FORMAT}\n`) return istioLine;
  const parts = compileOperators(line);
  return (e) => parts.map((part) => (typeof part === 'string' ? part : print(part(e)))).join('');
}

/** A JSON format: single operators keep number types, absent values are null. */
export function jsonFormatter(format: unknown): Formatter {
  type Node = (e: LogEntry) => unknown;
  const compile = (v: unknown): Node => {
    if (isRecord(v)) {
      const entries = Object.entries(v).map(([key, inner]) => [key, compile(inner)] as const);
      return (e) => Object.fromEntries(entries.map(([key, node]) => [key, node(e)]));
    }
    if (typeof v !== 'string') return () => v;
    const parts = compileOperators(v);
    const only = parts.length === 1 ? parts[0] : undefined;
    if (typeof only === 'function') return (e) => {
      const found = only(e);
      return found === undefined || found === '' ? null : found;
    };
    return (e) => parts.map((part) => (typeof part === 'string' ? part : print(part(e)))).join('');
  };
  const node = compile(format);
  return (e) => `${JSON.stringify(node(e))}\n`;
}

/** The loggers of an `access_log` list. Only files are acted on; the path is always our standard output unless it says stderr. */
export function compileAccessLogs(list: readonly unknown[] | undefined): readonly { readonly format: Formatter; readonly onlyFlag: string | undefined }[] {
  return (list ?? []).flatMap((entry) => {
    const config = isRecord(entry) && isRecord(entry['typed_config']) ? entry['typed_config'] : undefined;
    if (config === undefined || !String(config['@type']).endsWith('FileAccessLog')) return [];
    const format = isRecord(config['log_format']) ? config['log_format'] : {};
    const filter = isRecord(entry) && isRecord(entry['filter']) && isRecord(entry['filter']['response_flag_filter']) ? entry['filter']['response_flag_filter']['flags'] : undefined;
    const onlyFlag = Array.isArray(filter) && typeof filter[0] === 'string' ? filter[0] : undefined;
    if (isRecord(format['json_format'])) return [{ format: jsonFormatter(format['json_format']), onlyFlag }];
    const source = isRecord(format['text_format_source']) ? format['text_format_source']['inline_string'] : format['text_format'];
    return [{ format: textFormatter(typeof source === 'string' && source !== '' ? source : ENVOY_FORMAT), onlyFlag }];
  });
}
