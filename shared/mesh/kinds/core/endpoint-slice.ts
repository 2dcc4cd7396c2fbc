import type { Infer } from '../../schema/schema.ts';
import { bool, def, int, list, map, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { atomicList, choice, kindSchema, objectReference } from '../meta.ts';

const DISCOVERY = 'io.k8s.api.discovery.v1';
const endpointConditions = def(`${DISCOVERY}.EndpointConditions`, {
  ready: bool('Takes requests.'), serving: bool('Would take requests, even while terminating.'), terminating: bool('Is being ended.'),
}, 'State of an endpoint.');
const forZone = def(`${DISCOVERY}.ForZone`, { name: req(str('Zone.')) }, 'A zone.');
const forNode = def(`${DISCOVERY}.ForNode`, { name: req(str('Node.')) }, 'A node.');
const hints = def(`${DISCOVERY}.EndpointHints`, { forZones: atomicList(forZone, 'Zones whose clients should use it.'), forNodes: atomicList(forNode, 'Nodes whose clients should use it.') }, 'Who should use an endpoint.');
const endpoint = def(`${DISCOVERY}.Endpoint`, {
  addresses: req(list(str(), 'Addresses of one backend; only the first is used.', { 'x-kubernetes-list-type': 'set' })),
  conditions: endpointConditions,
  hostname: str('Host name of the endpoint.'),
  targetRef: objectReference,
  nodeName: str('Node it runs on.'),
  zone: str('Zone it runs in.'),
  hints,
  deprecatedTopology: map(str(), 'No longer used.'),
}, 'One backend of a Service.');
export type Endpoint = Infer<typeof endpoint>;
const endpointPort = def(`${DISCOVERY}.EndpointPort`, {
  name: str('Name, as in the Service.'), port: int('Port number of the endpoints.'), protocol: str('TCP (default), UDP or SCTP.'), appProtocol: str('Application protocol.'),
}, 'A port of the endpoints.', { 'x-kubernetes-map-type': 'atomic' });
const schema = kindSchema(`${DISCOVERY}.EndpointSlice`, {
  addressType: req(choice(['FQDN', 'IPv4', 'IPv6'], 'IPv4, IPv6 or FQDN; cannot be changed.')),
  endpoints: req(atomicList(endpoint, 'The backends, at most 1000.')),
  ports: atomicList(endpointPort, 'Ports of every endpoint.'),
}, 'A part of the backends of a Service; the label kubernetes.io/service-name says which.');
export type EndpointSlice = Infer<typeof schema>;
export const endpointSliceKind = builtin({ group: 'discovery.k8s.io', kind: 'EndpointSlice', schema });
