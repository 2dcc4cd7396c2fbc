export { clusterName, parseClusterName, sniName } from './names.ts';
export type { ClusterNameParts } from './names.ts';
export { nodeId, parseNodeId } from './node.ts';
export type { NodeId, NodeMetadata, ProxyType } from './node.ts';
export { TYPE_URL } from './types.ts';
export type * from './types.ts';
