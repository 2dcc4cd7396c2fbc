import type { MeshSnapshot } from '#shared/mesh';
import type { Cluster, ClusterLoadAssignment, Listener, RouteConfiguration } from '#shared/xds';
import { inboundClusters } from './cluster/inbound-clusters.ts';
import { OutboundClusters } from './cluster/outbound-clusters.ts';
import { blackHoleCluster, inboundPassthroughCluster, passthroughCluster } from './cluster/special-clusters.ts';
import { LoadAssignments } from './endpoint/load-assignments.ts';
import { gatewayListeners } from './listener/gateway-listeners.ts';
import { inboundListener } from './listener/inbound-listener.ts';
import { outboundListeners } from './listener/outbound-listeners.ts';
import { Memo } from './memo.ts';
import { labelsOf, podOf, serviceTargets } from './proxy-node.ts';
import type { ProxyNode } from './proxy-node.ts';
import { GatewayRoutes } from './route/gateway-routes.ts';
import { SidecarRoutes } from './route/sidecar-routes.ts';

/** Kinds of resources the compiler makes, in the order in which they are sent: no route before its clusters. */
export const COMPILED_KINDS = ['cluster', 'endpoint', 'listener', 'route'] as const;
export type CompiledKind = (typeof COMPILED_KINDS)[number];
/** The resources of one proxy by name. */
export type Compiled = {
  readonly cluster: ReadonlyMap<string, Cluster>; readonly endpoint: ReadonlyMap<string, ClusterLoadAssignment>; readonly listener: ReadonlyMap<string, Listener>; readonly route: ReadonlyMap<string, RouteConfiguration>;
};
export type CompileCounts = { readonly virtualHosts: number; readonly clusters: number; readonly assignments: number };

const byName = <T extends { readonly name: string }>(list: readonly T[]): ReadonlyMap<string, T> => new Map(list.map((item) => [item.name, item]));

/**
 * Snapshot and proxy in, that proxy's resources out. The result depends on nothing else; what was made for an earlier snapshot
 * is given again, as the same object, wherever its inputs are the same.
 */
export class Compiler {
  readonly #outbound = new OutboundClusters();
  readonly #assignments = new LoadAssignments();
  readonly #sidecarRoutes = new SidecarRoutes();
  readonly #gatewayRoutes = new GatewayRoutes();
  readonly #clusters = new Memo<ReadonlyMap<string, Cluster>>();
  readonly #listeners = new Memo<ReadonlyMap<string, Listener>>();

  get counts(): CompileCounts {
    return { virtualHosts: this.#sidecarRoutes.made, clusters: this.#outbound.made, assignments: this.#assignments.made };
  }

  clusters(snapshot: MeshSnapshot, proxy: ProxyNode): ReadonlyMap<string, Cluster> {
    const { mesh } = snapshot;
    const client = { namespace: proxy.namespace, labels: labelsOf(snapshot, proxy) };
    const outbound = this.#outbound.compile(snapshot, client, proxy.istioFilters);
    const pod = podOf(snapshot, proxy);
    return this.#clusters.get(proxy.id, [outbound, snapshot.services, pod ?? JSON.stringify(proxy.labels), snapshot.destinationRules, mesh], () => {
      if (proxy.type === 'router') return byName([blackHoleCluster(mesh), ...outbound]);
      return byName([...inboundClusters(snapshot, serviceTargets(snapshot, proxy), client), blackHoleCluster(mesh), passthroughCluster(mesh), inboundPassthroughCluster(mesh), ...outbound]);
    });
  }

  endpoints(snapshot: MeshSnapshot, proxy: ProxyNode): ReadonlyMap<string, ClusterLoadAssignment> {
    return this.#assignments.compile(snapshot, { namespace: proxy.namespace, labels: labelsOf(snapshot, proxy) }, proxy.clusterId);
  }

  listeners(snapshot: MeshSnapshot, proxy: ProxyNode): ReadonlyMap<string, Listener> {
    const pod = podOf(snapshot, proxy) ?? JSON.stringify(proxy.labels);
    if (proxy.type === 'router') return this.#listeners.get(proxy.id, [snapshot.gateways, snapshot.services, snapshot.mesh, pod], () => byName(gatewayListeners(snapshot, proxy)));
    // Listeners look at endpoints only for headless services.
    const headless = [...snapshot.services.values()].filter((service) => service.headless).map((service) => snapshot.endpoints.get(service.host));
    return this.#listeners.get(proxy.id, [snapshot.services, snapshot.peerAuthentications, snapshot.mesh, pod, proxy.ip, ...headless], () =>
      byName([inboundListener(snapshot, proxy, serviceTargets(snapshot, proxy)), ...outboundListeners(snapshot, proxy)]));
  }

  routes(snapshot: MeshSnapshot, proxy: ProxyNode): ReadonlyMap<string, RouteConfiguration> {
    if (proxy.type === 'router') return this.#gatewayRoutes.compile(snapshot, proxy);
    return this.#sidecarRoutes.compile(snapshot, { namespace: proxy.namespace, labels: labelsOf(snapshot, proxy) });
  }

  /** Drops what is kept of a proxy that went. */
  forget(proxyId: string): void {
    this.#clusters.delete(proxyId);
    this.#listeners.delete(proxyId);
  }

  compile(snapshot: MeshSnapshot, proxy: ProxyNode): Compiled {
    return { cluster: this.clusters(snapshot, proxy), endpoint: this.endpoints(snapshot, proxy), listener: this.listeners(snapshot, proxy), route: this.routes(snapshot, proxy) };
  }
}

/** All resources of a proxy, made from nothing. */
export const compileProxy = (snapshot: MeshSnapshot, proxy: ProxyNode): Compiled => new Compiler().compile(snapshot, proxy);

/** Kinds of resources that may differ between two snapshots, by the parts that changed. */
export function affected(before: MeshSnapshot, after: MeshSnapshot): ReadonlySet<CompiledKind> {
  const changed = (part: keyof MeshSnapshot): boolean => before[part] !== after[part];
  const kinds = new Set<CompiledKind>();
  const add = (...more: readonly CompiledKind[]): void => more.forEach((kind) => kinds.add(kind));
  if (changed('mesh') || changed('services')) add(...COMPILED_KINDS);
  if (changed('endpoints')) add('endpoint', 'cluster', 'listener'); // identities of servers; listeners of headless services
  if (changed('pods')) add('listener', 'cluster', 'route');
  if (changed('virtualServices')) add('route');
  if (changed('destinationRules')) add('cluster', 'endpoint', 'route');
  if (changed('gateways')) add('listener', 'route');
  if (changed('peerAuthentications')) add('listener', 'cluster', 'endpoint');
  return kinds;
}
