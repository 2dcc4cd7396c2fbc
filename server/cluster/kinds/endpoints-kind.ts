import { def, int, list, objectMeta, objectReference, str } from '#shared/mesh';
import type { KindDefinition } from '#shared/mesh';

const CORE = 'io.k8s.api.core.v1';
const address = def(`${CORE}.EndpointAddress`, { ip: str('Address.'), hostname: str('Host name.'), nodeName: str('Node it is on.'), targetRef: objectReference }, 'An address of an endpoint.');
const port = def(`${CORE}.EndpointPort`, { name: str('Name of the port.'), port: int('Port.'), protocol: str('Protocol.'), appProtocol: str('Application protocol.') }, 'A port of an endpoint.', { 'x-kubernetes-map-type': 'atomic' });
const subset = def(`${CORE}.EndpointSubset`, { addresses: list(address, 'Ready addresses.'), notReadyAddresses: list(address, 'Addresses that are not ready.'), ports: list(port, 'Ports of all of them.') }, 'Addresses with the same ports.');
const schema = def(`${CORE}.Endpoints`, { apiVersion: str(), kind: str(), metadata: objectMeta, subsets: list(subset, 'The endpoints.') }, 'The old form of EndpointSlice, kept for clients that still read it.');

/** Endpoints: deprecated, mirrored by the controllers for old clients. Only this server knows it; the rest of the product reads slices. */
export const endpointsKind: KindDefinition = {
  group: '', version: 'v1', kind: 'Endpoints', plural: 'endpoints', singular: 'endpoints', shortNames: ['ep'], categories: [], namespaced: true, schema, subresources: [],
};
