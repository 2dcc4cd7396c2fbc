import { headerOf } from '#shared/evaluator';
import type { Stream } from '../filter/stream.ts';
import type { FinishedSpan } from './otlp.ts';

/** Longest path in a span's tags, characters (Envoy: max_path_tag_length). */
const PATH_CHARS_MAX = 256;
type Tag = readonly [string, string];

/** Envoy's tags of an HTTP span, and Istio's custom ones. */
function tagsOf(stream: Stream): readonly Tag[] {
  const { upstream, runtime, head } = stream;
  const path = stream.originalPath === '' ? stream.path : stream.originalPath;
  const tags: Tag[] = [
    ['component', 'proxy'], ['guid:x-request-id', stream.requestId], ['http.url', `${stream.scheme}://${stream.originalAuthority === '' ? stream.authority : stream.originalAuthority}${path.slice(0, PATH_CHARS_MAX)}`], ['http.method', stream.method],
    ['http.protocol', `HTTP/1.${head.minor}`], ['http.status_code', String(stream.status)], ['user_agent', head.userAgent === '' ? '-' : head.userAgent], ['downstream_cluster', headerOf(stream.headers, 'x-envoy-downstream-service-cluster') ?? '-'],
    ['request_size', String(stream.requestBytes)], ['response_size', String(stream.responseBytes)], ['response_flags', stream.flags === '' ? '-' : stream.flags], ['peer.address', stream.connection.info.remoteIp],
    ['upstream_cluster', stream.target?.cluster ?? '-'], ['upstream_cluster.name', stream.target?.cluster ?? '-'], ['upstream_address', upstream === undefined || upstream.hostAddress === '' ? '-' : upstream.hostAddress],
    ['response_code_details', stream.details],
  ];
  if (stream.route !== undefined && stream.route.name !== '') tags.push(['route_name', stream.route.name]);
  if (upstream !== undefined && upstream.attempts > 1) tags.push(['retry.count', String(upstream.attempts - 1)]);
  if (stream.status >= 500 || stream.status === 0) tags.push(['error', 'true']);
  const { mesh } = runtime;
  const custom = stream.config.tracing?.customTags ?? [];
  if (mesh !== undefined) tags.push(['node_id', mesh.nodeId], ['zone', '-']);
  if (mesh !== undefined && custom.length === 0) {
    tags.push(['istio.canonical_service', mesh.peer.canonicalService], ['istio.canonical_revision', mesh.peer.canonicalRevision], ['istio.namespace', mesh.peer.namespace]);
    if (mesh.metadata.MESH_ID !== undefined) tags.push(['istio.mesh_id', mesh.metadata.MESH_ID]);
    if (mesh.peer.cluster !== '') tags.push(['istio.cluster_id', mesh.peer.cluster]);
  }
  for (const tag of custom) tags.push(tag);
  return tags;
}

/** The spans of a finished stream: one of this hop, and at a gateway another one for the call it makes (spawn_upstream_span). */
export function spansOf(stream: Stream, durationMs: number): readonly FinishedSpan[] {
  const { trace, edgeTrace } = stream;
  if (trace === undefined) return [];
  const inbound = stream.config.direction === 'inbound';
  const tags = tagsOf(stream);
  const shared = { traceId: trace.traceId, state: trace.state, startMs: stream.startWall, endMs: stream.startWall + durationMs, error: stream.status >= 500 || stream.status === 0, tags };
  const name = stream.route?.operation ?? `${inbound ? 'ingress' : 'egress'} ${stream.authority}`;
  if (edgeTrace === undefined) return [{ ...shared, spanId: trace.spanId, parentId: trace.parentId, name, kind: inbound ? 'server' : 'client' }];
  const server: FinishedSpan = { ...shared, spanId: edgeTrace.spanId, parentId: edgeTrace.parentId, name, kind: 'server' };
  if (stream.upstream === undefined) return [server];
  return [server, { ...shared, spanId: trace.spanId, parentId: trace.parentId, name: `router ${stream.target?.cluster ?? ''} egress`, kind: 'client' }];
}
