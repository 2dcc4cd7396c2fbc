import { headerOf } from '#shared/evaluator';
import { isoTime } from '../stats/access-log.ts';
import type { Stream } from './stream.ts';

const withoutPort = (address: string): string => address.replace(/:\d+$/, '');
const some = (text: string): string | undefined => (text === '' ? undefined : text);

/** The value of a command operator inside a configured header. */
export function formatValue(stream: Stream, command: string, argument: string): string | undefined {
  const { info } = stream.connection;
  switch (command) {
    case 'REQ': return argument.toLowerCase().split('?').map((name) => (name === ':method' ? stream.method : name === ':path' ? stream.path : name === ':authority' || name === 'host' ? stream.authority : name === ':scheme' ? stream.scheme : headerOf(stream.headers, name))).find((v) => v !== undefined);
    case 'RESP': return headerOf(stream.responseHeaders, argument.toLowerCase());
    case 'PROTOCOL': return `HTTP/1.${stream.head.minor}`;
    case 'START_TIME': return isoTime(stream.startWall);
    case 'DOWNSTREAM_REMOTE_ADDRESS': return stream.remoteAddress;
    case 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT': return withoutPort(stream.remoteAddress);
    case 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS': return info.remoteAddress;
    case 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT': return info.remoteIp;
    case 'DOWNSTREAM_LOCAL_ADDRESS': return info.localAddress;
    case 'DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT': return withoutPort(info.localAddress);
    case 'DOWNSTREAM_LOCAL_PORT': return String(info.localPort);
    case 'DOWNSTREAM_PEER_URI_SAN': return info.peer?.uris.join(',');
    case 'DOWNSTREAM_LOCAL_URI_SAN': return some(stream.runtime.principal());
    case 'UPSTREAM_HOST': case 'UPSTREAM_REMOTE_ADDRESS': return some(stream.upstream?.hostAddress ?? '');
    case 'UPSTREAM_CLUSTER': case 'UPSTREAM_CLUSTER_RAW': return stream.target?.cluster;
    case 'ROUTE_NAME': return some(stream.route?.name ?? '');
    case 'RESPONSE_CODE': return String(stream.status);
    case 'RESPONSE_FLAGS': return some(stream.flags);
    case 'RESPONSE_CODE_DETAILS': return some(stream.details);
    case 'REQUESTED_SERVER_NAME': return some(info.serverName);
    case 'STREAM_ID': return some(stream.requestId);
    default: return undefined;
  }
}
