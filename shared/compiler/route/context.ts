import type { Labels, MeshConfig, MeshService, TrafficPolicy } from '#shared/mesh';

export type ConsistentHash = NonNullable<NonNullable<TrafficPolicy['loadBalancer']>['consistentHash']>;
/** What the translation of a rule needs to know of its surroundings. */
export type RouteContext = {
  readonly mesh: MeshConfig; readonly listenerPort: number; /** "mesh" for sidecars, else "namespace/name" of the gateway. */ readonly gateway: string; readonly tls: boolean;
  readonly labels: Labels; readonly namespace: string;
  /** The service a destination names, as far as it is visible on this listener. */
  service(host: string): MeshService | undefined;
  /** The port of a service when the rule names none and it has just one. */
  onlyPort(service: MeshService): number | undefined;
  hash(host: string, port: number | undefined, subset: string | undefined): ConsistentHash | undefined;
};
