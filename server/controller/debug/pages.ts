import type { MeshSnapshot } from '#shared/mesh';
import type { AdsConnection } from '../ads/connection.ts';
import type { PushServer } from '../push/push-server.ts';
import { SERVED_KINDS } from '../push/encoded.ts';

export const VERSION = '1.31.0-pharos';
/** One proxy in /debug/syncz; see docs/architecture.md. */
function syncOf(connection: AdsConnection): object {
  const { options, proxy } = connection;
  const nacks = SERVED_KINDS.flatMap((kind) => {
    const { nack, failure } = connection.subscription(kind) ?? {};
    return [nack, failure].flatMap((one) => (one === undefined ? [] : [{ type: kind, message: one.message, at: one.at }]));
  });
  const nonces = Object.fromEntries((['cluster', 'listener', 'route', 'endpoint'] as const).flatMap((kind) => {
    const subscription = connection.subscription(kind);
    return [[`${kind}_sent`, subscription?.nonceSent ?? ''], [`${kind}_acked`, subscription?.nonceAcked ?? '']];
  }));
  const [last] = nacks.toSorted((a, b) => (a.at < b.at ? 1 : -1));
  return {
    proxy: proxy.id, proxy_type: proxy.type, proxy_version: options.proxyVersion, cluster_id: proxy.clusterId, istiod: options.istiod, connected_at: options.connectedAt, ...nonces,
    ...(last === undefined ? {} : { last_nack: last }), acked_revision: String(connection.ackedRevision),
  };
}
const sorted = (push: PushServer): readonly AdsConnection[] => [...push.connections].sort((a, b) => (a.options.id < b.options.id ? -1 : 1));

/** What a proxy has been sent, in the form of Envoy's config_dump. */
function configDump(push: PushServer, proxyId: string): object | undefined {
  const connection = sorted(push).find(({ proxy }) => proxy.id === proxyId || proxy.pod === proxyId);
  if (connection === undefined) return undefined;
  const { listener, cluster, route, endpoint } = push.compiler.compile(push.snapshot, connection.proxy);
  const type = (name: string): string => `type.googleapis.com/envoy.admin.v3.${name}ConfigDump`;
  const version = connection.subscription('cluster')?.nonceSent ?? '';
  return {
    configs: [
      { '@type': type('Clusters'), version_info: version, dynamic_active_clusters: [...cluster.values()].map((v) => ({ cluster: v })) },
      { '@type': type('Listeners'), version_info: version, dynamic_listeners: [...listener.values()].map((v) => ({ name: v.name, active_state: { listener: v } })) },
      { '@type': type('Routes'), dynamic_route_configs: [...route.values()].map((v) => ({ route_config: v })) },
      { '@type': type('Endpoints'), dynamic_endpoint_configs: [...endpoint.values()].map((v) => ({ endpoint_config: v })) },
    ],
  };
}
const services = (snapshot: MeshSnapshot): object => [...snapshot.services.values()].map((service) => ({
  hostname: service.host, namespace: service.namespace, addresses: service.addresses, ports: service.ports, createdAt: service.createdAt, resourceVersion: service.resourceVersion,
  virtualServices: [...snapshot.virtualServices.values()].filter((rule) => (rule.spec.hosts ?? []).some((host) => host === service.host || (host === service.name && rule.metadata.namespace === service.namespace))).map((rule) => rule.metadata.name),
}));
const endpoints = (snapshot: MeshSnapshot): object => [...snapshot.endpoints].map(([host, list]) => ({
  host, endpoints: list.map((endpoint) => ({ address: endpoint.address, ports: Object.fromEntries(endpoint.ports), ready: endpoint.ready, workload: endpoint.workload, namespace: endpoint.namespace, serviceAccount: endpoint.serviceAccount, tlsMode: endpoint.tlsMode, labels: endpoint.labels })),
}));
const connections = (push: PushServer): object => ({
  totalClients: push.connections.size, clients: sorted(push).map(({ options, proxy }) => ({ connectionId: options.id, connectedAt: options.connectedAt, address: options.address, proxy: proxy.id, mode: options.sender.mode, metadata: { labels: proxy.labels, version: options.proxyVersion } })),
});
const configs = (snapshot: MeshSnapshot): object => [...snapshot.virtualServices.values(), ...snapshot.destinationRules.values(), ...snapshot.gateways.values(), ...snapshot.peerAuthentications.values(), ...snapshot.others.values()];
const subscriptions = (push: PushServer): object => sorted(push).map((connection) => ({
  connectionId: connection.options.id, ackedRevision: connection.ackedRevision,
  watches: Object.fromEntries(SERVED_KINDS.flatMap((kind) => {
    const subscription = connection.subscription(kind);
    return subscription === undefined ? [] : [[kind, { wildcard: subscription.wildcard, names: subscription.names.size, sent: subscription.sent.size, pending: subscription.pending, nonceSent: subscription.nonceSent, nonceAcked: subscription.nonceAcked, ...(subscription.nack === undefined ? {} : { nack: subscription.nack }), ...(subscription.failure === undefined ? {} : { failure: subscription.failure }) }]];
  })),
}));

export type Page = { readonly code: number; readonly body: string; readonly type: string };
const json = (v: unknown): Page => ({ code: 200, body: `${JSON.stringify(v, undefined, 2)}\n`, type: 'application/json' });
const NAMES = ['adsz', 'configz', 'config_dump?proxyID=<pod>.<namespace>', 'connections', 'endpointz', 'mesh', 'registryz', 'syncz'];

/** The page at a path below /debug/; undefined when there is none. */
export function debugPage(push: PushServer, name: string, query: URLSearchParams): Page | undefined {
  switch (name) {
    case '': case 'list': return json(NAMES.map((page) => `/debug/${page}`));
    case 'syncz': return json(sorted(push).map(syncOf));
    case 'adsz': return json(subscriptions(push));
    case 'registryz': return json(services(push.snapshot));
    case 'endpointz': case 'endpointShardz': return json(endpoints(push.snapshot));
    case 'configz': return json(configs(push.snapshot));
    case 'connections': return json(connections(push));
    case 'mesh': return json(push.snapshot.mesh);
    case 'config_dump': {
      const proxyId = query.get('proxyID') ?? '';
      const dump = configDump(push, proxyId);
      return dump === undefined ? { code: 404, body: `proxy "${proxyId}" is not connected to this istiod; /debug/connections lists those that are\n`, type: 'text/plain' } : json(dump);
    }
    default: return undefined;
  }
}
