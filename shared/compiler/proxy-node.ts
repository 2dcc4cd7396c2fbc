import { selects } from '#shared/mesh';
import type { Labels, MeshPod, MeshService, MeshSnapshot } from '#shared/mesh';
import { parseNodeId } from '#shared/xds';
import type { NodeMetadata, ProxyType } from '#shared/xds';

/** A proxy as the compiler sees it. */
export type ProxyNode = {
  readonly type: ProxyType; /** `pod.namespace`. */ readonly id: string; readonly ip: string; readonly pod: string; readonly namespace: string; readonly labels: Labels;
  readonly clusterId: string; readonly domain: string;
  /** Whether it has Istio's own filters (metadata exchange, alpn, stats); a stock Envoy has not. */
  readonly istioFilters: boolean;
  /** `app.namespace`, the name of its spans. */
  readonly serviceName: string;
};

/** The node of a discovery request; undefined when its id is not of Istio's form. */
export function proxyNode(id: string, metadata: NodeMetadata, options: { readonly istioFilters: boolean; readonly cluster?: string }): ProxyNode | undefined {
  const parts = parseNodeId(id);
  if (parts === undefined) return undefined;
  const dot = parts.id.lastIndexOf('.');
  const namespace = metadata.NAMESPACE ?? (dot < 0 ? '' : parts.id.slice(dot + 1));
  const pod = metadata.NAME ?? (dot < 0 ? parts.id : parts.id.slice(0, dot));
  const labels: Labels = { ...metadata.LABELS };
  const app = labels['app'] ?? labels['app.kubernetes.io/name'] ?? labels['service.istio.io/canonical-name'] ?? metadata.WORKLOAD_NAME ?? pod;
  return {
    type: parts.type, id: parts.id, ip: parts.ip, pod, namespace, labels, clusterId: metadata.CLUSTER_ID ?? 'Kubernetes', domain: parts.domain,
    istioFilters: options.istioFilters && metadata['PLAIN_ENVOY'] !== 'true', serviceName: options.cluster === undefined || options.cluster === '' ? `${app}.${namespace}` : options.cluster,
  };
}

export const podOf = (snapshot: MeshSnapshot, proxy: ProxyNode): MeshPod | undefined => snapshot.pods.get(`${proxy.namespace}/${proxy.pod}`);
/** Labels of the pod as the cluster has them now, else those the proxy said. */
export const labelsOf = (snapshot: MeshSnapshot, proxy: ProxyNode): Labels => podOf(snapshot, proxy)?.labels ?? proxy.labels;

export type ServiceTarget = { readonly service: MeshService; readonly port: MeshService['ports'][number]; readonly targetPort: number };

/** The ports of the services that select this proxy's pod, with the port numbers of the pod, oldest service first. */
export function serviceTargets(snapshot: MeshSnapshot, proxy: ProxyNode): readonly ServiceTarget[] {
  const labels = labelsOf(snapshot, proxy);
  const pod = podOf(snapshot, proxy);
  const mine: MeshService[] = [];
  for (const service of snapshot.services.values()) {
    if (service.namespace !== proxy.namespace || service.selector === undefined || Object.keys(service.selector).length === 0) continue;
    if (selects(service.selector, labels)) mine.push(service);
  }
  mine.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : a.host < b.host ? -1 : 1));
  return mine.flatMap((service) => service.ports.flatMap((port) => {
    const targetPort = typeof port.targetPort === 'number' ? port.targetPort : Number(pod?.containerPorts.find((known) => known.name === port.targetPort)?.port ?? port.targetPort);
    return Number.isInteger(targetPort) && targetPort > 0 ? [{ service, port, targetPort }] : [];
  }));
}
