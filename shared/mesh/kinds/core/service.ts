import type { Infer } from '../../schema/schema.ts';
import { bool, def, int, like, map, present, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { atomicList, choice, conditions, keyedList, kindSchema, numberOrText } from '../meta.ts';

const CORE = 'io.k8s.api.core.v1';
const servicePort = def(`${CORE}.ServicePort`, {
  port: req(int('Port of the Service.')),
  name: str('Name; needed with several ports. Istio reads the protocol from its beginning: http, http2, grpc, https, tls, tcp …'),
  protocol: choice(['SCTP', 'TCP', 'UDP'], 'TCP (default), UDP or SCTP.', { default: 'TCP' }),
  targetPort: numberOrText('Port of the pods: a number or the name of a container port. Default: as port.'),
  appProtocol: str('Application protocol; goes before the name.'),
  nodePort: int('Port on every node, for NodePort and LoadBalancer; allocated when empty.'),
}, 'A port of a Service.');
export type ServicePort = Infer<typeof servicePort>;
const clientIP = def(`${CORE}.ClientIPConfig`, { timeoutSeconds: int('Seconds for which a client stays with its pod. Default 10800.') }, 'Stickiness by client address.');
const affinityConfig = def(`${CORE}.SessionAffinityConfig`, { clientIP }, 'Settings of sessionAffinity.');
const spec = def(`${CORE}.ServiceSpec`, {
  selector: map(str(), 'Labels of the pods behind the Service. Without it, endpoints are kept by somebody else.', { 'x-kubernetes-map-type': 'atomic' }),
  ports: keyedList(servicePort, 'port', 'The ports.', ['port', 'protocol']),
  type: choice(['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'], 'ClusterIP (default), NodePort, LoadBalancer or ExternalName.'),
  clusterIP: str('Address in the cluster; allocated when empty. "None" makes it headless.'),
  clusterIPs: atomicList(str(), 'Addresses in the cluster; the first is clusterIP.'),
  externalName: str('DNS name the Service is an alias for, with type ExternalName.'),
  externalIPs: atomicList(str(), 'Further addresses, kept by somebody else.'),
  externalTrafficPolicy: choice(['Cluster', 'Local'], 'Cluster or Local: whether traffic from outside may go on to other nodes.'),
  internalTrafficPolicy: choice(['Cluster', 'Local'], 'Cluster (default) or Local.'),
  trafficDistribution: str('A wish where to send traffic, such as PreferSameZone.'),
  sessionAffinity: choice(['ClientIP', 'None'], 'None (default) or ClientIP.'),
  sessionAffinityConfig: affinityConfig,
  publishNotReadyAddresses: bool('Also name pods that are not ready. Default false.'),
  ipFamilies: atomicList(str(), 'IPv4, IPv6 or both.'),
  ipFamilyPolicy: choice(['PreferDualStack', 'RequireDualStack', 'SingleStack'], 'SingleStack, PreferDualStack or RequireDualStack.'),
  loadBalancerIP: str('Old: wanted address of the load balancer.'),
  loadBalancerClass: str('Which load balancer implementation.'),
  loadBalancerSourceRanges: atomicList(str(), 'Address ranges that may come in.'),
  allocateLoadBalancerNodePorts: bool('Whether node ports are allocated for a load balancer. Default true.'),
  healthCheckNodePort: int('Port for health checks of the load balancer.'),
}, 'What the Service leads to and under which address.');
const portStatus = def(`${CORE}.PortStatus`, { port: req(int('Port.')), protocol: req(str('Protocol.')), error: str('What went wrong.') }, 'State of a port of the load balancer.');
const ingress = def(`${CORE}.LoadBalancerIngress`, { ip: str('Address.'), hostname: str('Name.'), ipMode: str('VIP or Proxy.'), ports: atomicList(portStatus, 'State by port.') }, 'An entry of the load balancer.');
const loadBalancer = def(`${CORE}.LoadBalancerStatus`, { ingress: atomicList(ingress, 'Entries of the load balancer.') }, 'State of the load balancer.');
const status = def(`${CORE}.ServiceStatus`, { loadBalancer, conditions: conditions('Aspects of the state.') }, 'State of a Service.');
const schema = kindSchema(`${CORE}.Service`, {
  spec: present(like(spec, 'What the Service leads to and under which address.')), status,
}, 'A stable name and address for a set of pods.');
export type Service = Infer<typeof schema>;
export const serviceKind = builtin({ kind: 'Service', shortNames: ['svc'], categories: ['all'], schema, subresources: ['status'] });
