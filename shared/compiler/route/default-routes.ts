import type { MeshConfig } from '#shared/mesh';
import { perObject } from '../memo.ts';
import { meshOrigin, ownMetadata } from '../provenance.ts';
import type { Route, VirtualHost } from '#shared/xds';
import { INBOUND_RETRY, retryPolicy } from './retry.ts';

type Source = { readonly object: string; readonly path: string };
/** The route of a service without a VirtualService. */
export function defaultRoute(cluster: string, operation: string, mesh: MeshConfig, source: Source): Route {
  const retry = retryPolicy(undefined, mesh.defaultRetryAttempts, false);
  return { name: 'default', match: { prefix: '/' }, decorator: { operation }, route: { cluster, timeout: '0s', max_grpc_timeout: '0s', ...(retry === undefined ? {} : { retry_policy: retry }) }, metadata: ownMetadata(source) };
}
/** Server side: to the application, without a timeout. gRPC streams are not retried. */
export const inboundRoute = (cluster: string, operation: string, grpc: boolean, source: Source): Route => ({
  name: 'default', match: { prefix: '/' }, decorator: { operation },
  route: { cluster, timeout: '0s', max_stream_duration: { max_stream_duration: '0s', grpc_timeout_header_max: '0s' }, ...(grpc ? {} : { retry_policy: INBOUND_RETRY }) }, metadata: ownMetadata(source),
});
/** What becomes of a host nobody knows: it is called as it is, or refused. */
export const catchAllHost = perObject((mesh: MeshConfig): VirtualHost => {
  const metadata = ownMetadata(meshOrigin(mesh.rootNamespace, 'outboundTrafficPolicy'));
  const open = mesh.outboundTrafficPolicy === 'ALLOW_ANY';
  const name = open ? 'allow_any' : 'block_all';
  const action = open ? { route: { cluster: 'PassthroughCluster', timeout: '0s', max_grpc_timeout: '0s' } } : { direct_response: { status: 502 } };
  return { name, domains: ['*'], include_request_attempt_count: true, routes: [{ name, match: { prefix: '/' }, ...action, metadata }] };
});
