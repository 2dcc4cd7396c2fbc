import { spiffeIdText } from '#shared/mesh';
import type { MeshConfig, MeshEndpoint, MeshPort, MeshService, MeshSnapshot, Subset } from '#shared/mesh';
import { clusterName, sniName } from '#shared/xds';
import type { Cluster, TransportSocket } from '#shared/xds';
import { TCP_EXCHANGE } from '../istio-filters.ts';
import { Memo, perObject } from '../memo.ts';
import { configPath, originOf, serviceOrigin } from '../provenance.ts';
import { destinationRuleFor, hasWorkloadRules, portPolicy, subsetPolicy } from '../scope/destination-rules.ts';
import type { Client, MergedRule, PolicyBlocks } from '../scope/destination-rules.ts';
import { namespaceMode } from '../scope/mutual-tls.ts';
import { visibleServices } from '../scope/services.ts';
import { clientMutualTls, clientTls, RAW_BUFFER } from '../tls-context.ts';
import { balancerOf, circuitBreakers, keepalive, outlierDetection, protocolOptions, usesHttp2 } from './policy.ts';
import { connectTimeoutOf } from './special-clusters.ts';

const ADS = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };
type Build = {
  readonly service: MeshService; readonly port: MeshPort; readonly rule: MergedRule | undefined; readonly identities: readonly string[]; readonly plaintext: boolean; readonly mesh: MeshConfig; readonly istioFilters: boolean;
};
type Part = { readonly subset: Subset; readonly from: MergedRule['subsets'][number] } | undefined;

/** Identities the endpoints of a service may have, sorted; a server with another one is refused. */
const accountsOf = perObject((endpoints: readonly MeshEndpoint[]): readonly string[] =>
  [...new Set(endpoints.filter((endpoint) => endpoint.serviceAccount !== '').map((endpoint) => `${endpoint.namespace}/${endpoint.serviceAccount}`))].sort());
const NO_ENDPOINTS: readonly MeshEndpoint[] = [];

/** ALPN inside mutual TLS: what tells the server's chains that a sidecar calls. */
const alpnOf = (build: Build, http2: boolean): readonly string[] => [...(build.istioFilters ? ['istio-peer-exchange'] : []), 'istio', ...(http2 ? ['h2'] : [])];

/** How connections are secured: as the rule says, else by mutual TLS towards endpoints that can and plain text towards others. */
function transport(build: Build, policy: PolicyBlocks, subset: string): Pick<Cluster, 'transport_socket' | 'transport_socket_matches'> {
  const { service, port, mesh } = build;
  const http2 = usesHttp2(port, policy.connectionPool, mesh);
  const mutual = (identities: readonly string[], sni: string | undefined): TransportSocket =>
    clientMutualTls({ sni: sni ?? sniName({ direction: 'outbound', port: port.port, subset, host: service.host }), identities, alpn: alpnOf(build, http2) });
  const tls = policy.tls;
  switch (tls?.mode) {
    case 'DISABLE': return {};
    case 'ISTIO_MUTUAL': return { transport_socket: mutual(tls.subjectAltNames !== undefined && tls.subjectAltNames.length > 0 ? tls.subjectAltNames : build.identities, tls.sni) };
    case 'SIMPLE': case 'MUTUAL': return { transport_socket: clientTls(tls, service.host, http2 ? ['h2'] : []) };
    default: break;
  }
  if (!mesh.enableAutoMtls || build.plaintext) return {};
  return {
    transport_socket_matches: [
      { name: 'tlsMode-istio', match: { tlsMode: 'istio' }, transport_socket: mutual(build.identities, undefined) }, { name: 'tlsMode-disabled', match: {}, transport_socket: RAW_BUFFER },
    ],
  };
}

function metadataOf(build: Build, part: Part): NonNullable<Cluster['metadata']> {
  const { service, rule } = build;
  const from = part?.from.from ?? rule?.policyFrom;
  const path = part === undefined ? 'spec.trafficPolicy' : `spec.subsets[${part.from.index}]`;
  return {
    filter_metadata: {
      istio: {
        ...(rule === undefined ? {} : { config: configPath(rule.policyFrom) }), services: [{ host: service.host, name: service.name, namespace: service.namespace }], ...(part === undefined ? {} : { subset: part.subset.name }),
      },
      pharos: from === undefined ? serviceOrigin(service, service.ports.indexOf(build.port)) : originOf(from, path),
    },
  };
}

function buildCluster(build: Build, part: Part): Cluster {
  const { service, port, rule, mesh } = build;
  const base = portPolicy(rule?.policy, port.port);
  const policy = part === undefined ? base : subsetPolicy(base, part.subset, port.port);
  const subset = part?.subset.name ?? '';
  const name = clusterName({ direction: 'outbound', port: port.port, subset, host: service.host });
  const balancer = balancerOf(policy.loadBalancer);
  const passthrough = policy.loadBalancer?.simple === 'PASSTHROUGH' || (service.headless && service.externalName === undefined);
  const outlier = outlierDetection(policy.outlierDetection);
  const options = protocolOptions(port, policy.connectionPool, mesh);
  const timeout = policy.connectionPool?.tcp?.connectTimeout;
  const source = service.externalName !== undefined ? dnsSource(name, service, port) : passthrough ? { type: 'ORIGINAL_DST' as const } : { type: 'EDS' as const, eds_cluster_config: { eds_config: ADS, service_name: name } };
  return {
    name, alt_stat_name: `${name};`, connect_timeout: timeout === undefined ? connectTimeoutOf(mesh) : connectTimeoutOf({ ...mesh, connectTimeout: timeout }), ...source,
    ...(passthrough ? { lb_policy: 'CLUSTER_PROVIDED' as const } : balancer), circuit_breakers: circuitBreakers(policy.connectionPool),
    common_lb_config: passthrough ? {} : { healthy_panic_threshold: outlier === undefined || outlier.panic === 0 ? {} : { value: outlier.panic } }, ...(outlier === undefined ? {} : { outlier_detection: outlier.outlier_detection }),
    ...keepalive(policy.connectionPool), ...(options === undefined ? {} : { typed_extension_protocol_options: options }), ...transport(build, policy, subset),
    ...(build.istioFilters ? { filters: [TCP_EXCHANGE] } : {}), metadata: metadataOf(build, part),
  };
}
/** A Service of type ExternalName: its name is looked up by DNS. */
const dnsSource = (name: string, service: MeshService, port: MeshPort): Pick<Cluster, 'type' | 'load_assignment'> => ({
  type: 'STRICT_DNS',
  load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: service.externalName ?? '', port_value: port.port } } } }] }] },
});

/** Clusters of services as a namespace sees them, kept between snapshots. */
export class OutboundClusters {
  readonly #clusters = new Memo<readonly Cluster[]>();
  readonly #all = new Memo<readonly Cluster[]>();
  readonly #identities = new Memo<readonly string[]>();

  get made(): number {
    return this.#clusters.made;
  }

  compile(snapshot: MeshSnapshot, client: Client, istioFilters: boolean): readonly Cluster[] {
    const services = visibleServices(snapshot.services, client.namespace);
    const byLabels = hasWorkloadRules(snapshot.destinationRules) ? JSON.stringify(client.labels) : '';
    const scope = `${client.namespace}|${byLabels}|${istioFilters}`;
    const inputs = [services, snapshot.endpoints, snapshot.destinationRules, snapshot.peerAuthentications, snapshot.mesh];
    return this.#all.get(scope, inputs, () => services.flatMap((service) => service.ports.flatMap((port) => (port.protocol === 'UDP' ? [] : this.#ofPort(snapshot, client, service, port, istioFilters)))));
  }

  /** The cluster of a service port and those of its subsets. */
  #ofPort(snapshot: MeshSnapshot, client: Client, service: MeshService, port: MeshPort, istioFilters: boolean): readonly Cluster[] {
    const rule = destinationRuleFor(snapshot, service, client);
    // A client's namespace acts only through the rule it gets, so namespaces with the same rule share the clusters.
    const key = `${rule?.namespace ?? ''}|${istioFilters}|${service.host}|${port.port}`;
    const plaintext = namespaceMode(snapshot, service.namespace).mode === 'DISABLE';
    const accounts = accountsOf(snapshot.endpoints.get(service.host) ?? NO_ENDPOINTS);
    return this.#clusters.get(key, [service, rule, plaintext, snapshot.mesh, accounts.join()], () => {
      const identities = this.#identities.get(service.host, [accounts.join(), snapshot.mesh], () => accounts.map((account) => {
        const [namespace = '', serviceAccount = ''] = account.split('/');
        return spiffeIdText({ trustDomain: snapshot.mesh.trustDomain, namespace, serviceAccount });
      }));
      const build: Build = { service, port, rule, identities, plaintext, mesh: snapshot.mesh, istioFilters };
      return [buildCluster(build, undefined), ...(rule?.subsets ?? []).map((from) => buildCluster(build, { subset: from.subset, from }))];
    });
  }
}
