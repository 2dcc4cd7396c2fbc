export { canonicalName, canonicalRevision, workloadNameOfPod } from './canonical.ts';
export { CLUSTER_DOMAIN, compareHosts, fullHost, hostCovers, hostsMatch, isWildcard, mostSpecificHost, serviceHost } from './host-names.ts';
export { parseSpiffeId, spiffeIdText } from './identity.ts';
export type { SpiffeId } from './identity.ts';
export { gatewayProtocol, isHttp, isHttp2, isHttpOrSniffed, portProtocol } from './port-protocol.ts';
export type { PortProtocol } from './port-protocol.ts';
export { isEmptySelector, isVisible, selects } from './selectors.ts';
export type { Labels } from './selectors.ts';
