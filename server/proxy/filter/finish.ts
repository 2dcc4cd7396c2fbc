import { headerOf } from '#shared/evaluator';
import { UNKNOWN } from '#shared/telemetry';
import type { ClusterRuntime } from '../cluster/cluster.ts';
import type { LogEntry } from '../stats/access-log.ts';
import { namespaceOfPrincipal } from '../stats/istio-metrics.ts';
import type { EdgeSeries, ServiceIdentity } from '../stats/istio-metrics.ts';
import { UNKNOWN_PEER } from '../stats/peer.ts';
import type { Peer } from '../stats/peer.ts';
import { spansOf } from '../trace/spans.ts';
import type { Stream } from './stream.ts';
import type { MeshIdentity } from './runtime.ts';

/** Longest Host that becomes a label, characters: no name of DNS is longer (RFC 1035). */
const HOST_CHARS_MAX = 253;
const plainService = (host: string): ServiceIdentity => ({ host, name: host, namespace: UNKNOWN });
const UNKNOWN_SERVICE = plainService(UNKNOWN);

/** The service a request was for: the cluster's metadata, else its special name, else the Host of an outbound request. */
function serviceOf(stream: Stream, cluster: ClusterRuntime | undefined): ServiceIdentity {
  if (cluster?.service !== undefined) return cluster.service;
  const name = stream.target?.cluster ?? '';
  if (name === 'PassthroughCluster' || name === 'BlackHoleCluster' || name === 'InboundPassthroughCluster') return plainService(name);
  if (stream.host?.name === 'block_all') return plainService('BlackHoleCluster');
  if (stream.config.direction !== 'outbound' || !stream.config.hostFallback) return UNKNOWN_SERVICE;
  const host = stream.authority.replace(/:\d+$/, '');
  return host === '' || host.length > HOST_CHARS_MAX ? UNKNOWN_SERVICE : plainService(host);
}

/** The last edge of a cluster: most requests of a connection are of the same one. */
type Remembered = { readonly stream: string; readonly peer: Peer; readonly edge: EdgeSeries };
const lastEdges = new WeakMap<ClusterRuntime, Remembered>();

function edgeOf(stream: Stream, mesh: MeshIdentity): EdgeSeries {
  const cluster = stream.upstream?.cluster;
  const inbound = stream.config.direction === 'inbound';
  const principal = inbound ? (stream.connection.info.peer?.principal ?? '') : (stream.upstream?.principal ?? '');
  const peer = (inbound ? stream.downstreamPeer : (stream.upstreamPeer ?? stream.upstream?.host?.peer)) ?? UNKNOWN_PEER;
  const last = cluster === undefined ? undefined : lastEdges.get(cluster);
  if (last !== undefined && last.peer === peer && last.stream === principal) return last.edge;
  const named = principal === '' ? UNKNOWN : principal;
  const namespace = namespaceOfPrincipal(principal);
  const other: Peer = namespace === undefined || peer.namespace !== UNKNOWN ? peer : { ...peer, namespace };
  const own = stream.runtime.principal();
  const ownNamed = principal === '' || own === '' ? UNKNOWN : own;
  const service = serviceOf(stream, cluster);
  const edge = mesh.metrics.edge(inbound
    ? { reporter: 'destination', source: other, destination: mesh.peer, sourcePrincipal: named, destinationPrincipal: ownNamed, service, policy: stream.connection.info.peer === undefined ? 'none' : 'mutual_tls' }
    : { reporter: 'source', source: mesh.peer, destination: other, sourcePrincipal: ownNamed, destinationPrincipal: named, service, policy: 'unknown' });
  if (cluster !== undefined) lastEdges.set(cluster, { stream: principal, peer, edge });
  return edge;
}

function countIstio(stream: Stream, mesh: MeshIdentity, durationMs: number): void {
  if (stream.config.direction === 'none') return;
  const type = headerOf(stream.headers, 'content-type');
  const grpc = type !== undefined && type.startsWith('application/grpc') ? (headerOf(stream.responseHeaders, 'grpc-status') ?? '') : undefined;
  const series = edgeOf(stream, mesh).http(stream.status, stream.flags, grpc);
  if (series === undefined) return;
  series.requests++;
  series.duration.observe(durationMs);
  series.requestBytes.observe(stream.head.bytes + stream.requestBytes);
  series.responseBytes.observe(stream.responseHeadBytes + stream.responseBytes);
}

export function logEntryOf(stream: Stream, durationMs: number): LogEntry {
  const { upstream, connection, head } = stream;
  const { info } = connection;
  return {
    startMs: stream.startWall, method: stream.method, path: stream.path, originalPath: stream.originalPath, protocol: head.minor === 1 ? 'HTTP/1.1' : 'HTTP/1.0', code: stream.status, flags: stream.flags, details: stream.details,
    terminationDetails: '', transportFailure: upstream?.transportFailure ?? '', bytesReceived: stream.requestBytes, bytesSent: stream.responseBytes, durationMs, upstreamServiceTime: stream.serviceTime,
    forwardedFor: head.hasForwarded || stream.config.useRemoteAddress ? (headerOf(stream.headers, 'x-forwarded-for') ?? '') : '', userAgent: head.userAgent, requestId: stream.requestId, authority: stream.authority,
    upstreamHost: upstream?.hostAddress ?? '', upstreamCluster: stream.target?.cluster ?? '', upstreamLocalAddress: upstream?.localAddress ?? '', downstreamLocalAddress: localAddress(stream), downstreamRemoteAddress: stream.remoteAddress,
    directRemoteAddress: info.remoteAddress, serverName: info.serverName, routeName: stream.route?.name ?? '', peerPrincipal: info.peer?.principal ?? '', attempts: upstream?.attempts ?? 0,
    requestHeader: (name) => headerOf(stream.headers, name), responseHeader: (name) => headerOf(stream.responseHeaders, name),
  };
}

/** Captured requests show where they wanted to go, as a redirected connection would. */
function localAddress(stream: Stream): string {
  const { destination } = stream;
  if (destination === undefined) return stream.connection.info.localAddress;
  return `${stream.runtime.resolveNow(destination.host) ?? destination.host}:${destination.port}`;
}

/** The end of a stream: counters, Istio's metrics, the log line, the span. */
export function finishStream(stream: Stream): void {
  const { config, runtime } = stream;
  const durationMs = performance.now() - stream.startMono;
  const { stats } = config;
  stats.rqActive--;
  stats.rqCompleted++;
  const group = Math.floor(stream.status / 100);
  if (group > 0) stats.byClass[group] = (stats.byClass[group] ?? 0) + 1;
  if (runtime.mesh !== undefined) countIstio(stream, runtime.mesh, durationMs);
  const { logs } = config;
  if (logs.length > 0 || runtime.defaultLog !== undefined) {
    const entry = logEntryOf(stream, durationMs);
    if (logs.length === 0) runtime.writeLog(runtime.defaultLog?.(entry) ?? '', entry);
    else for (const log of logs) if (log.onlyFlag === undefined || stream.flags.includes(log.onlyFlag)) runtime.writeLog(log.format(entry), entry);
  }
  if (stream.trace?.sampled === true && stream.exporter !== undefined) for (const span of spansOf(stream, durationMs)) stream.exporter.add(span);
}
