import { fits, groupOf, kindOf, refOf } from '#shared/mesh';
import type {
  AuthorizationPolicy, DestinationRule, EnvoyFilter, Gateway, GatewayApiGateway, KubeObject, PeerAuthentication, RequestAuthentication, Schema, ServiceEntry, Sidecar, Telemetry, VirtualService,
} from '#shared/mesh';
import { deploymentFacts, namespaceFacts, podFacts, serviceFacts } from './facts.ts';
import { HostRegistry } from './hosts.ts';
import type { HostFacts } from './hosts.ts';
import { PodIndex } from './pod-index.ts';
import type { Typed, World } from './world.ts';

export type WorldOptions = {
  /** Default istio-system. */
  readonly rootNamespace?: string;
  /** Kinds that could not be read ("Secret"), so that nothing is concluded from their absence. */
  readonly missing?: Iterable<string>;
};
export const ROOT_NAMESPACE = 'istio-system';
const ISTIO_GROUPS: ReadonlySet<string> = new Set(['networking.istio.io', 'security.istio.io', 'telemetry.istio.io']);

/** Sorts the objects of a cluster by kind. Objects that have not the shape of their kind are left to validation. */
export function worldOfObjects(objects: readonly KubeObject[], options: WorldOptions = {}): World {
  const byKind = new Map<string, KubeObject[]>();
  for (const object of objects) {
    const { group } = groupOf(object.apiVersion);
    const key = ISTIO_GROUPS.has(group) ? `istio/${object.kind}` : `${group}/${object.kind}`;
    const known = byKind.get(key);
    if (known === undefined) byKind.set(key, [object]);
    else known.push(object);
  }
  const all = (key: string): readonly KubeObject[] => byKind.get(key) ?? [];
  const typed = <T>(group: string, kind: string, key = `istio/${kind}`): readonly Typed<T>[] => {
    const schema: Schema<T> = kindOf(group, kind)?.schema ?? {};
    return byAge(all(key)).flatMap((given) => {
      const object: KubeObject = given['spec'] === undefined ? { ...given, spec: {} } : given;
      return fits(schema, object) ? [{ ref: refOf(object), namespace: object.metadata.namespace ?? '', name: object.metadata.name, object }] : [];
    });
  };
  const names = (key: string): ReadonlySet<string> => new Set(all(key).map((object) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`));
  const services = all('/Service').map((object) => serviceFacts(object, refOf(object)));
  const serviceEntries = typed<ServiceEntry>('networking.istio.io', 'ServiceEntry');
  const pods = all('/Pod').map((object) => podFacts(object, refOf(object)));
  return {
    rootNamespace: options.rootNamespace ?? ROOT_NAMESPACE, missing: new Set(options.missing), objects,
    namespaces: new Map(all('/Namespace').map((object) => [object.metadata.name, namespaceFacts(object, refOf(object))])),
    services, pods, deployments: all('apps/Deployment').map((object) => deploymentFacts(object, refOf(object))), secrets: names('/Secret'), serviceAccounts: names('/ServiceAccount'),
    virtualServices: typed<VirtualService>('networking.istio.io', 'VirtualService'), destinationRules: typed<DestinationRule>('networking.istio.io', 'DestinationRule'), gateways: typed<Gateway>('networking.istio.io', 'Gateway'),
    kubernetesGateways: typed<GatewayApiGateway>('gateway.networking.k8s.io', 'Gateway', 'gateway.networking.k8s.io/Gateway'), serviceEntries, sidecars: typed<Sidecar>('networking.istio.io', 'Sidecar'),
    peerAuthentications: typed<PeerAuthentication>('security.istio.io', 'PeerAuthentication'), requestAuthentications: typed<RequestAuthentication>('security.istio.io', 'RequestAuthentication'),
    authorizationPolicies: typed<AuthorizationPolicy>('security.istio.io', 'AuthorizationPolicy'), telemetries: typed<Telemetry>('telemetry.istio.io', 'Telemetry'), envoyFilters: typed<EnvoyFilter>('networking.istio.io', 'EnvoyFilter'),
    hosts: new HostRegistry([...services.map(hostOfService), ...serviceEntries.flatMap(hostsOfEntry)]),
    podIndex: new PodIndex(pods),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** Oldest first, then by name, then by namespace, as Istio sorts what may conflict. */
const byAge = (objects: readonly KubeObject[]): readonly KubeObject[] => objects.toSorted(({ metadata: a }, { metadata: b }) =>
  compare(a.creationTimestamp ?? '', b.creationTimestamp ?? '') || compare(a.name, b.name) || compare(a.namespace ?? '', b.namespace ?? ''));

export const hostOfService = (service: World['services'][number]): HostFacts => ({
  host: service.host, namespace: service.namespace, ref: service.ref, ports: service.ports.map((port) => port.port), exportTo: service.exportTo, selector: service.selector, isService: true,
});
export const hostsOfEntry = (entry: Typed<ServiceEntry>): readonly HostFacts[] => entry.object.spec.hosts.map((host) => ({
  host: host.toLowerCase(), namespace: entry.namespace, ref: entry.ref, ports: (entry.object.spec.ports ?? []).map((port) => port.number), exportTo: entry.object.spec.exportTo ?? [],
  selector: entry.object.spec.workloadSelector?.labels, isService: false,
}));
