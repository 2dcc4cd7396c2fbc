import { selects, workloadText } from '#shared/mesh';
import type { Locality, MeshEndpoint, MeshPort, MeshService, MeshSnapshot, Subset } from '#shared/mesh';
import { clusterName } from '#shared/xds';
import type { ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints } from '#shared/xds';
import { Memo } from '../memo.ts';
import { destinationRuleFor, hasWorkloadRules } from '../scope/destination-rules.ts';
import type { Client } from '../scope/destination-rules.ts';
import { hasWorkloadPolicies, portMode } from '../scope/mutual-tls.ts';
import { visibleServices } from '../scope/services.ts';

function lbEndpoint(snapshot: MeshSnapshot, endpoint: MeshEndpoint, portNumber: number, clusterId: string): LbEndpoint {
  const mutual = endpoint.tlsMode === 'istio' && (!hasWorkloadPolicies(snapshot, endpoint.namespace) || portMode(snapshot, endpoint.namespace, endpoint.labels, portNumber).mode !== 'DISABLE');
  return {
    endpoint: { address: { socket_address: { address: endpoint.address, port_value: portNumber } } }, health_status: 'HEALTHY', load_balancing_weight: 1,
    metadata: { filter_metadata: { ...(mutual ? { 'envoy.transport_socket_match': { tlsMode: 'istio' } } : {}), istio: { workload: workloadText(endpoint, clusterId) } } },
  };
}
const localityKey = (locality: Locality): string => `${locality.region}/${locality.zone}/${locality.subzone}`;
const localityForm = (locality: Locality): NonNullable<LocalityLbEndpoints['locality']> => ({
  ...(locality.region === '' ? {} : { region: locality.region }), ...(locality.zone === '' ? {} : { zone: locality.zone }), ...(locality.subzone === '' ? {} : { sub_zone: locality.subzone }),
});

/** Ready endpoints of a service port and subset, grouped by locality. */
function assign(snapshot: MeshSnapshot, name: string, service: MeshService, port: MeshPort, subset: Subset | undefined, clusterId: string): ClusterLoadAssignment {
  const groups = new Map<string, { readonly locality: Locality; readonly items: LbEndpoint[] }>();
  for (const endpoint of snapshot.endpoints.get(service.host) ?? []) {
    const number = endpoint.ports.get(port.name);
    if (!endpoint.ready || number === undefined || !selects(subset?.labels, endpoint.labels)) continue;
    const group = groups.get(localityKey(endpoint.locality)) ?? { locality: endpoint.locality, items: [] };
    group.items.push(lbEndpoint(snapshot, endpoint, number, clusterId));
    groups.set(localityKey(endpoint.locality), group);
  }
  if (groups.size === 0) return { cluster_name: name };
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return { cluster_name: name, endpoints: sorted.map(([, { locality, items }]) => ({ locality: localityForm(locality), lb_endpoints: items, load_balancing_weight: items.length })) };
}

/** Endpoints of every EDS cluster a namespace sees, kept between snapshots. */
export class LoadAssignments {
  readonly #ofPort = new Memo<readonly ClusterLoadAssignment[]>();
  readonly #all = new Memo<ReadonlyMap<string, ClusterLoadAssignment>>();

  get made(): number {
    return this.#ofPort.made;
  }

  compile(snapshot: MeshSnapshot, client: Client, clusterId: string): ReadonlyMap<string, ClusterLoadAssignment> {
    const services = visibleServices(snapshot.services, client.namespace);
    const scope = `${client.namespace}|${hasWorkloadRules(snapshot.destinationRules) ? JSON.stringify(client.labels) : ''}|${clusterId}`;
    return this.#all.get(scope, [services, snapshot.endpoints, snapshot.destinationRules, snapshot.peerAuthentications], () => {
      const all = new Map<string, ClusterLoadAssignment>();
      for (const service of services) {
        if (service.headless || service.externalName !== undefined) continue;
        for (const port of service.ports) if (port.protocol !== 'UDP') for (const assignment of this.#assignments(snapshot, client, service, port, clusterId)) all.set(assignment.cluster_name, assignment);
      }
      return all;
    });
  }

  #assignments(snapshot: MeshSnapshot, client: Client, service: MeshService, port: MeshPort, clusterId: string): readonly ClusterLoadAssignment[] {
    const rule = destinationRuleFor(snapshot, service, client);
    const subsets = rule?.subsets;
    const policies = hasWorkloadPolicies(snapshot, service.namespace) ? snapshot.peerAuthentications : undefined;
    return this.#ofPort.get(`${rule?.namespace ?? ''}|${clusterId}|${service.host}|${port.port}`, [service, snapshot.endpoints.get(service.host), subsets, policies], () => {
      const nameOf = (subset: string): string => clusterName({ direction: 'outbound', port: port.port, subset, host: service.host });
      return [assign(snapshot, nameOf(''), service, port, undefined, clusterId), ...(subsets ?? []).map(({ subset }) => assign(snapshot, nameOf(subset.name), service, port, subset, clusterId))];
    });
  }
}
