import type { MeshSnapshot } from '#shared/mesh';
import { clusterName } from '#shared/xds';
import type { Cluster } from '#shared/xds';
import type { ServiceTarget } from '../proxy-node.ts';
import { destinationRuleFor, portPolicy } from '../scope/destination-rules.ts';
import { serviceOrigin } from '../provenance.ts';
import type { Client } from '../scope/destination-rules.ts';
import { circuitBreakers, keepalive, protocolOptions } from './policy.ts';
import { connectTimeoutOf, LOOPBACK_SOURCE } from './special-clusters.ts';

/** How long hosts of an original-destination cluster are kept: for ever (the largest duration). */
const FOR_EVER = '9223372035s';
export const inboundClusterName = (targetPort: number): string => clusterName({ direction: 'inbound', port: targetPort, subset: '', host: '' });

/** One cluster for each port of the pod that a service leads to; of several services the oldest names it. */
export function inboundClusters(snapshot: MeshSnapshot, targets: readonly ServiceTarget[], client: Client): readonly Cluster[] {
  const byPort = new Map<number, ServiceTarget[]>();
  for (const target of targets) if (target.port.protocol !== 'UDP') byPort.set(target.targetPort, [...(byPort.get(target.targetPort) ?? []), target]);
  return [...byPort].sort(([a], [b]) => a - b).flatMap(([targetPort, same]): readonly Cluster[] => {
    const [first] = same;
    if (first === undefined) return [];
    // Only the connection pool of the service's own rule acts on this side.
    const pool = portPolicy(destinationRuleFor(snapshot, first.service, client)?.policy, first.port.port).connectionPool;
    const name = inboundClusterName(targetPort);
    const options = protocolOptions(first.port, pool, snapshot.mesh);
    const timeout = pool?.tcp?.connectTimeout;
    const services = [...new Map(same.map(({ service }) => [service.host, { host: service.host, name: service.name, namespace: service.namespace }])).values()];
    return [{
      name, alt_stat_name: `${name};`, type: 'ORIGINAL_DST', lb_policy: 'CLUSTER_PROVIDED', connect_timeout: timeout === undefined ? connectTimeoutOf(snapshot.mesh) : connectTimeoutOf({ ...snapshot.mesh, connectTimeout: timeout }),
      cleanup_interval: FOR_EVER, common_lb_config: {}, circuit_breakers: circuitBreakers(pool), upstream_bind_config: LOOPBACK_SOURCE, ...keepalive(pool), ...(options === undefined ? {} : { typed_extension_protocol_options: options }),
      metadata: { filter_metadata: { istio: { services }, pharos: serviceOrigin(first.service, first.service.ports.indexOf(first.port)) } },
    }];
  });
}
