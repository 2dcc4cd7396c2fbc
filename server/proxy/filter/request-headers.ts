import { findHeader, headerOf, removeHeader, setHeader } from '#shared/evaluator';
import { requestId } from '../trace/context.ts';
import type { Stream } from './stream.ts';

const PEER_ID = 'x-envoy-peer-metadata-id';
const PEER = 'x-envoy-peer-metadata';
/**
 * Headers by which a caller could steer our router. Envoy 1.40 believes them only from internal addresses, and without `internal_address_config`
 * no address is internal: they are taken out of every request (conn_manager_utility, cleanInternalHeaders).
 */
const CONTROL: ReadonlySet<string> = new Set([
  'x-envoy-retry-on', 'x-envoy-retry-grpc-on', 'x-envoy-max-retries', 'x-envoy-upstream-rq-timeout-ms', 'x-envoy-upstream-rq-per-try-timeout-ms', 'x-envoy-upstream-rq-timeout-alt-response', 'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names', 'x-envoy-hedge-on-per-try-timeout', 'x-envoy-expected-rq-timeout-ms', 'x-envoy-upstream-alt-stat-name', 'x-envoy-force-trace', 'x-envoy-ip-tags', 'x-envoy-original-url', 'x-envoy-internal', 'x-envoy-decorator-operation',
]);

/** The N-th address from the right of X-Forwarded-For; undefined when there are too few. */
function fromRight(value: string, n: number): string | undefined {
  const list = value.split(',');
  const found = list[list.length - n]?.trim();
  return found === undefined || found === '' ? undefined : found;
}

/** The client's address as far as it may be believed, and what is added to X-Forwarded-For (Envoy: use_remote_address and trusted hops). */
function forwardedFor(stream: Stream): void {
  const { config, headers } = stream;
  const { info } = stream.connection;
  const at = stream.head.hasForwarded ? findHeader(headers, 'x-forwarded-for') : -1;
  const value = at < 0 ? '' : headers.filter((_, i) => i % 2 === 1 && headers[i - 1] === 'x-forwarded-for').join(',');
  if (!config.useRemoteAddress) {
    const trusted = at < 0 ? undefined : fromRight(value, config.trustedHops + 1);
    if (trusted !== undefined) stream.remoteAddress = `${trusted}:0`;
    return;
  }
  const trusted = config.trustedHops > 0 && at >= 0 ? fromRight(value, config.trustedHops) : undefined;
  if (trusted !== undefined) stream.remoteAddress = `${trusted}:0`;
  if (!config.skipXffAppend) setHeader(headers, 'x-forwarded-for', at < 0 ? info.remoteIp : `${value},${info.remoteIp}`);
}

function sanitizeEdge(stream: Stream): void {
  const { headers, config } = stream;
  if (stream.head.hasXEnvoy) for (let i = headers.length - 2; i >= 0; i -= 2) if ((headers[i] ?? '').startsWith('x-envoy-')) headers.splice(i, 2);
  stream.head.hasXEnvoy = false;
  if (stream.head.requestId !== '' && !config.preserveRequestId) {
    removeHeader(headers, 'x-request-id');
    stream.head.requestId = '';
  }
}

function scheme(stream: Stream): void {
  const { config, headers, head } = stream;
  const own = stream.connection.info.secure ? 'https' : 'http';
  const given = head.hasForwarded ? headerOf(headers, 'x-forwarded-proto') : undefined;
  const trusted = given !== undefined && (given === 'http' || given === 'https') && (!config.useRemoteAddress || config.trustedHops > 0);
  stream.scheme = trusted ? given : own;
  if (given === undefined) headers.push('x-forwarded-proto', stream.scheme);
  else if (!trusted) setHeader(headers, 'x-forwarded-proto', stream.scheme);
}

const quoted = (v: string): string => (/[,;="]/.test(v) ? `"${v.replaceAll('"', '\\"')}"` : v);

/** This hop's element of X-Forwarded-Client-Cert. */
function ownElement(stream: Stream): string | undefined {
  const { peer } = stream.connection.info;
  if (peer === undefined) return undefined;
  const { xfccFields } = stream.config;
  const pairs = [`By=${quoted(stream.runtime.principal())}`, `Hash=${peer.hash}`];
  if (xfccFields.subject) pairs.push(`Subject="${peer.subject.replaceAll('"', '\\"')}"`);
  if (xfccFields.uri) for (const uri of peer.uris) pairs.push(`URI=${quoted(uri)}`);
  if (xfccFields.dns) for (const name of peer.dns) pairs.push(`DNS=${quoted(name)}`);
  return pairs.join(';');
}

function clientCertificate(stream: Stream): void {
  const { config, headers } = stream;
  const mutual = stream.connection.info.peer !== undefined;
  if (config.xfcc === 'ALWAYS_FORWARD_ONLY' || (config.xfcc === 'FORWARD_ONLY' && mutual)) return;
  const given = stream.head.hasForwarded ? headerOf(headers, 'x-forwarded-client-cert') : undefined;
  const own = mutual && (config.xfcc === 'APPEND_FORWARD' || config.xfcc === 'SANITIZE_SET') ? ownElement(stream) : undefined;
  if (own === undefined) {
    if (given !== undefined) removeHeader(headers, 'x-forwarded-client-cert');
    return;
  }
  setHeader(headers, 'x-forwarded-client-cert', given !== undefined && config.xfcc === 'APPEND_FORWARD' ? `${given},${own}` : own);
}

function identify(stream: Stream): void {
  const { config, headers, head } = stream;
  if (head.requestId !== '') {
    stream.requestId = head.requestId;
    return;
  }
  if (!config.generateRequestId) return;
  stream.requestId = requestId(stream.trace?.sampled === true ? '9' : '4');
  headers.push('x-request-id', stream.requestId);
}

/** Istio's metadata exchange, server side: read who calls, and do not pass it on. */
function readPeer(stream: Stream): void {
  const { mesh } = stream.runtime;
  if (mesh === undefined || !stream.head.hasXEnvoy) return;
  const { headers } = stream;
  const id = headerOf(headers, PEER_ID);
  const metadata = headerOf(headers, PEER);
  if (stream.config.direction === 'inbound') {
    stream.peerAsked = id !== undefined;
    if (id !== undefined && metadata !== undefined) stream.downstreamPeer = mesh.peers.read(id, metadata, stream.connection.info.peer !== undefined);
  }
  if (id !== undefined) removeHeader(headers, PEER_ID);
  if (metadata !== undefined) removeHeader(headers, PEER);
}

/** What the connection manager does to a request's headers before a route is looked for (proxy reference §1.12). */
export function prepareRequest(stream: Stream): void {
  readPeer(stream);
  if (stream.config.useRemoteAddress || stream.head.hasForwarded) forwardedFor(stream);
  if (stream.config.useRemoteAddress && stream.config.trustedHops === 0) sanitizeEdge(stream);
  else dropControlHeaders(stream);
  scheme(stream);
  clientCertificate(stream);
  stream.beginTrace();
  identify(stream);
  if (stream.config.useRemoteAddress && stream.config.trustedHops === 0) stream.headers.push('x-envoy-external-address', stream.connection.info.remoteIp);
  if (stream.config.via !== '') stream.headers.push('via', stream.config.via);
}

function dropControlHeaders(stream: Stream): void {
  if (!stream.head.hasXEnvoy) return;
  const { headers } = stream;
  for (let i = headers.length - 2; i >= 0; i -= 2) if (CONTROL.has(headers[i] ?? '')) headers.splice(i, 2);
}

/** Client side of the metadata exchange: say who calls, except to addresses outside the mesh. */
export function addOwnPeer(stream: Stream, external: boolean): void {
  const { mesh } = stream.runtime;
  if (mesh === undefined || stream.config.direction !== 'outbound' || external) return;
  stream.headers.push(PEER_ID, mesh.nodeId, PEER, mesh.peerHeader);
}

/** Reads what the server says of itself; returns the headers that go to the client instead. */
export function exchangeOnResponse(stream: Stream, headers: string[]): void {
  const { mesh } = stream.runtime;
  if (mesh === undefined) return;
  if (stream.config.direction === 'inbound') {
    removeHeader(headers, PEER_ID);
    removeHeader(headers, PEER);
    if (stream.peerAsked) headers.push(PEER_ID, mesh.nodeId, PEER, mesh.peerHeader);
    return;
  }
  const id = headerOf(headers, PEER_ID);
  if (id === undefined) return;
  const metadata = headerOf(headers, PEER);
  if (metadata !== undefined) stream.upstreamPeer = mesh.peers.read(id, metadata, stream.upstream !== undefined && stream.upstream.principal !== '');
  removeHeader(headers, PEER_ID);
  removeHeader(headers, PEER);
}
