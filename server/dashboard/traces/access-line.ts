import { isRecord } from '#shared/base';
import type { AccessRecord } from '#shared/telemetry';

/** Longest line that is read as an access log, characters. */
const LINE_MAX = 20_000;
const num = (text: string): number => (Number.isFinite(Number(text)) ? Number(text) : 0);

/** Fields of Istio's text form: `[time] "GET / HTTP/1.1" 200 - …`, words or quoted texts. */
function fieldsOf(line: string): readonly string[] | undefined {
  const out: string[] = [];
  const field = /\s*(?:\[([^\]]*)\]|"((?:[^"\\]|\\.)*)"|(\S+))/y;
  while (field.lastIndex < line.length) {
    const match = field.exec(line);
    if (match === null) return line.slice(field.lastIndex).trim() === '' ? out : undefined;
    out.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return out;
}
const flagsOf = (text: string): readonly string[] => (text === '-' || text === '' ? [] : text.split(','));

/** A line of a sidecar's access log in Istio's text or JSON form; undefined when it is another line. */
export function parseAccessLine(line: string): AccessRecord | undefined {
  if (line.length > LINE_MAX) return undefined;
  if (line.startsWith('{')) return parseJson(line);
  if (!line.startsWith('[')) return undefined;
  const f = fieldsOf(line);
  if (f === undefined || f.length < 21) return undefined;
  const start = Date.parse(f[0] ?? '');
  if (Number.isNaN(start)) return undefined;
  const request = (f[1] ?? '').split(' ');
  const at = (i: number): string => f[i] ?? '-';
  const service = at(10);
  return {
    start, method: request[0] ?? '-', path: request.length > 2 ? request.slice(1, -1).join(' ') : (request[1] ?? '-'), protocol: request.length > 2 ? (request.at(-1) ?? '-') : '-', code: num(at(2)), flags: flagsOf(at(3)), codeDetails: at(4), terminationDetails: at(5), transportFailure: at(6),
    bytesReceived: num(at(7)), bytesSent: num(at(8)), duration: num(at(9)), upstreamServiceTime: service === '-' ? undefined : num(service), forwardedFor: at(11), userAgent: at(12), requestId: at(13), authority: at(14), upstreamHost: at(15),
    upstreamCluster: at(16), upstreamLocalAddress: at(17), downstreamLocalAddress: at(18), downstreamRemoteAddress: at(19), requestedServerName: at(20), routeName: f[21] ?? '-',
  };
}

function parseJson(line: string): AccessRecord | undefined {
  let v: unknown;
  try {
    v = JSON.parse(line);
  } catch {
    return undefined; // an application's line that begins with a brace
  }
  if (!isRecord(v) || typeof v['start_time'] !== 'string') return undefined;
  const text = (key: string): string => (typeof v[key] === 'string' ? v[key] : typeof v[key] === 'number' ? String(v[key]) : '-');
  const start = Date.parse(text('start_time'));
  if (Number.isNaN(start)) return undefined;
  const service = text('upstream_service_time');
  return {
    start, method: text('method'), path: text('path'), protocol: text('protocol'), code: num(text('response_code')), flags: flagsOf(text('response_flags')), codeDetails: text('response_code_details'), terminationDetails: text('connection_termination_details'), transportFailure: text('upstream_transport_failure_reason'),
    bytesReceived: num(text('bytes_received')), bytesSent: num(text('bytes_sent')), duration: num(text('duration')), upstreamServiceTime: service === '-' ? undefined : num(service), forwardedFor: text('x_forwarded_for'), userAgent: text('user_agent'), requestId: text('request_id'), authority: text('authority'), upstreamHost: text('upstream_host'),
    upstreamCluster: text('upstream_cluster'), upstreamLocalAddress: text('upstream_local_address'), downstreamLocalAddress: text('downstream_local_address'), downstreamRemoteAddress: text('downstream_remote_address'), requestedServerName: text('requested_server_name'), routeName: text('route_name'),
  };
}
