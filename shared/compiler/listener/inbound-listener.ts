import { isHttp } from '#shared/mesh';
import type { MeshSnapshot } from '#shared/mesh';
import type { FilterChain, FilterChainMatch, Listener } from '#shared/xds';
import { inboundClusterName } from '../cluster/inbound-clusters.ts';
import { inboundRoute } from '../route/default-routes.ts';
import { labelsOf } from '../proxy-node.ts';
import { meshOrigin, originOf, ownMetadata, serviceOrigin } from '../provenance.ts';
import type { ProxyNode, ServiceTarget } from '../proxy-node.ts';
import { portMode, portsWithMode, workloadMode } from '../scope/mutual-tls.ts';
import type { Mode, ModeSource } from '../scope/mutual-tls.ts';
import { serverMutualTls } from '../tls-context.ts';
import { listenerLog } from './access-log.ts';
import { httpManager } from './http-manager.ts';
import { inboundFilters } from './listener-filters.ts';
import { beforeHttp, tcpFilters } from './tcp-filter.ts';

/** ALPN of HTTP and of everything a sidecar sends inside mutual TLS. */
const HTTP_IN_MESH = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const TCP_IN_MESH = ['istio-peer-exchange', 'istio'];
const ALL_IN_MESH = ['istio', 'istio-peer-exchange', ...HTTP_IN_MESH];
const PLAIN_HTTP = ['http/1.1', 'h2c'];

type Kind = 'http' | 'tcp' | 'auto';
/** One chain to build: what it matches, what it does, whether TLS ends here. */
type Option = { readonly alpn?: readonly string[]; readonly transport: 'tls' | 'raw_buffer'; readonly does: 'http' | 'tcp'; readonly tls: boolean };
const OPTIONS: Readonly<Record<Kind, Readonly<Record<Mode, readonly Option[]>>>> = {
  http: {
    STRICT: [{ transport: 'tls', does: 'http', tls: true }],
    PERMISSIVE: [{ alpn: ALL_IN_MESH, transport: 'tls', does: 'http', tls: true }, { transport: 'raw_buffer', does: 'http', tls: false }],
    DISABLE: [{ transport: 'raw_buffer', does: 'http', tls: false }],
  },
  tcp: {
    STRICT: [{ transport: 'tls', does: 'tcp', tls: true }],
    // TLS of the application itself is passed on as it is.
    PERMISSIVE: [{ alpn: ALL_IN_MESH, transport: 'tls', does: 'tcp', tls: true }, { transport: 'tls', does: 'tcp', tls: false }, { transport: 'raw_buffer', does: 'tcp', tls: false }],
    DISABLE: [{ transport: 'raw_buffer', does: 'tcp', tls: false }],
  },
  auto: {
    STRICT: [{ alpn: HTTP_IN_MESH, transport: 'tls', does: 'http', tls: true }, { transport: 'tls', does: 'tcp', tls: true }],
    PERMISSIVE: [
      { alpn: HTTP_IN_MESH, transport: 'tls', does: 'http', tls: true }, { alpn: PLAIN_HTTP, transport: 'raw_buffer', does: 'http', tls: false }, { alpn: TCP_IN_MESH, transport: 'tls', does: 'tcp', tls: true },
      { transport: 'raw_buffer', does: 'tcp', tls: false }, { transport: 'tls', does: 'tcp', tls: false },
    ],
    DISABLE: [{ alpn: PLAIN_HTTP, transport: 'raw_buffer', does: 'http', tls: false }, { transport: 'raw_buffer', does: 'tcp', tls: false }],
  },
};
/** What a set of chains is for: a port of the pod, or everything no Service names. */
type Target = { readonly source: { readonly object: string; readonly path: string }; readonly port: number; readonly servicePort: number; readonly cluster: string; readonly host: string; readonly kind: Kind; readonly grpc: boolean; readonly http2: boolean; readonly passthrough: boolean };

const kindOf = (target: ServiceTarget): Kind => (isHttp(target.port.protocol) ? 'http' : target.port.protocol === 'auto' ? 'auto' : 'tcp');
function matchOf(target: Target, option: Option): FilterChainMatch {
  return { ...(target.port === 0 ? {} : { destination_port: target.port }), transport_protocol: option.transport, ...(option.alpn === undefined ? {} : { application_protocols: option.alpn }) };
}
function chainOf(snapshot: MeshSnapshot, proxy: ProxyNode, target: Target, option: Option, mode: ModeSource): FilterChain {
  const { mesh } = snapshot;
  const name = target.passthrough ? (option.does === 'http' ? 'virtualInbound-catchall-http' : 'virtualInbound') : `0.0.0.0_${target.port}`;
  const routes = {
    name: target.cluster, validate_clusters: false,
    virtual_hosts: [{ name: `inbound|http|${target.servicePort}`, domains: ['*'], routes: [inboundRoute(target.cluster, `${target.host}:${target.servicePort}/*`, target.grpc, target.source)] }],
  };
  const filters = option.does === 'http'
    ? [...beforeHttp(proxy.istioFilters), httpManager(snapshot, proxy, { kind: 'inbound', statPrefix: target.passthrough ? `${target.cluster};` : `inbound_0.0.0.0_${target.port};`, routes, http2: target.http2 })]
    : tcpFilters(mesh, target.cluster, { istioFilters: proxy.istioFilters, inbound: true });
  const alpn = [...(option.does === 'tcp' && proxy.istioFilters ? ['istio-peer-exchange'] : []), 'h2', 'http/1.1'];
  const trustDomains = [mesh.trustDomain, ...mesh.trustDomainAliases];
  const wanted = mode.from === undefined ? meshOrigin(mesh.rootNamespace, 'defaultConfig') : originOf(mode.from, mode.path);
  return { name, filter_chain_match: matchOf(target, option), filters, metadata: ownMetadata(wanted), ...(option.tls ? { transport_socket: serverMutualTls(trustDomains, alpn) } : {}) };
}

const passthroughTarget = (snapshot: MeshSnapshot, port: number): Target => ({ source: meshOrigin(snapshot.mesh.rootNamespace, 'inboundTrafficPolicy'), port, servicePort: 0, cluster: 'InboundPassthroughCluster', host: '', kind: 'auto', grpc: false, http2: false, passthrough: true });

/** virtualInbound: everything that reaches the pod, by destination port and by what the first bytes are. */
export function inboundListener(snapshot: MeshSnapshot, proxy: ProxyNode, targets: readonly ServiceTarget[]): Listener {
  const { mesh } = snapshot;
  const labels = labelsOf(snapshot, proxy);
  const chainsOf = (target: Target, mode: ModeSource): readonly FilterChain[] => OPTIONS[target.kind][mode.mode].map((option) => chainOf(snapshot, proxy, target, option, mode));
  const byPort = new Map<number, ServiceTarget>();
  for (const target of targets) if (target.port.protocol !== 'UDP' && !byPort.has(target.targetPort)) byPort.set(target.targetPort, target);
  const blackhole: FilterChain = { name: 'virtualInbound-blackhole', filter_chain_match: { destination_port: mesh.proxyInboundListenPort }, filters: tcpFilters(mesh, 'BlackHoleCluster', { istioFilters: proxy.istioFilters, inbound: true }) };
  const chains = [
    blackhole, ...chainsOf(passthroughTarget(snapshot, 0), workloadMode(snapshot, proxy.namespace, labels)),
    ...portsWithMode(snapshot, proxy.namespace, labels).filter((port) => !byPort.has(port)).flatMap((port) => chainsOf(passthroughTarget(snapshot, port), portMode(snapshot, proxy.namespace, labels, port))),
    ...[...byPort].sort(([a], [b]) => a - b).flatMap(([port, target]) => chainsOf({
      source: serviceOrigin(target.service, target.service.ports.indexOf(target.port)), port, servicePort: target.port.port, cluster: inboundClusterName(port), host: target.service.host, kind: kindOf(target), grpc: target.port.protocol.startsWith('GRPC'),
      http2: target.port.protocol === 'HTTP2' || target.port.protocol.startsWith('GRPC'), passthrough: false,
    }, portMode(snapshot, proxy.namespace, labels, port))),
  ];
  return {
    name: 'virtualInbound', address: { socket_address: { address: '0.0.0.0', port_value: mesh.proxyInboundListenPort } }, traffic_direction: 'INBOUND', filter_chains: chains, listener_filters: inboundFilters(chains),
    listener_filters_timeout: '0s', continue_on_listener_filters_timeout: true, max_connections_to_accept_per_socket_event: 1, ...listenerLog(mesh),
  };
}
