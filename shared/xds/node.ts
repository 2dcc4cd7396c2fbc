/** node.metadata a sidecar sends, the fields Pharos reads (Istio's BootstrapNodeMetadata). */
export type NodeMetadata = {
  readonly NAME?: string; readonly NAMESPACE?: string; readonly SERVICE_ACCOUNT?: string; readonly WORKLOAD_NAME?: string; readonly OWNER?: string; readonly CLUSTER_ID?: string; readonly MESH_ID?: string;
  readonly LABELS?: { readonly [key: string]: string }; readonly ANNOTATIONS?: { readonly [key: string]: string }; readonly INSTANCE_IPS?: string; readonly NODE_NAME?: string;
  readonly ISTIO_VERSION?: string; readonly INTERCEPTION_MODE?: string; readonly PROXY_CONFIG?: { readonly [key: string]: unknown }; readonly HTTP_PROXY_PORT?: string; readonly POD_PORTS?: string; readonly [key: string]: unknown;
};
export type ProxyType = 'sidecar' | 'router';
export type NodeId = { readonly type: ProxyType; readonly ip: string; readonly id: string; readonly domain: string };

export const nodeId = (node: NodeId): string => `${node.type}~${node.ip}~${node.id}~${node.domain}`;
/** The parts of `sidecar~10.0.0.1~pod.namespace~namespace.svc.cluster.local`; undefined for any other form. */
export function parseNodeId(text: string): NodeId | undefined {
  const [type, ip, id, domain] = text.split('~');
  if ((type !== 'sidecar' && type !== 'router') || ip === undefined || id === undefined || domain === undefined) return undefined;
  return { type, ip, id, domain };
}
