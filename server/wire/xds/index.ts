export { decodeAny, decodeResource, encodeAny, encodeResource } from './any.ts';
export type { WireAny } from './any.ts';
export { decodeMessage } from './decode.ts';
export { adsService, csrService } from './discovery.ts';
export type { CertificateRequest, CertificateResponse, DeltaDiscoveryRequest, DeltaDiscoveryResponse, DeltaResource, DiscoveryRequest, DiscoveryResponse, Node, Status } from './discovery.ts';
export { encodeMessage } from './encode.ts';
