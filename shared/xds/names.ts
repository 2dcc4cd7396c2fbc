/** Istio's resource names (reference: pkg/model/proxy BuildSubsetKey). */
export type ClusterNameParts = { readonly direction: 'outbound' | 'inbound'; readonly port: number; readonly subset: string; readonly host: string };

export const clusterName = (parts: ClusterNameParts): string => `${parts.direction}|${parts.port}|${parts.subset}|${parts.host}`;

/** The parts of `outbound|9080|v1|reviews.default.svc.cluster.local`; undefined for names that are not of this form (BlackHoleCluster). */
export function parseClusterName(name: string): ClusterNameParts | undefined {
  const [direction, port, subset, host] = name.split('|');
  if ((direction !== 'outbound' && direction !== 'inbound') || port === undefined || subset === undefined || host === undefined) return undefined;
  return { direction, port: Number(port), subset, host };
}

/** The SNI form `outbound_.9080_.v1_.host`. */
export const sniName = (parts: ClusterNameParts): string => `${parts.direction}_.${parts.port}_.${parts.subset}_.${parts.host}`;
