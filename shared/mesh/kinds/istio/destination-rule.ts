import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, int, list, map, num, obj, oneOf, present, req, str } from '../../schema/schema.ts';
import { AGE, anyDuration, atMostOne, customSchema, duration, istioKind, istioStatus, nullable, uint32, workloadSelector } from './common.ts';

const errorCode: Schema<number> = { type: 'integer', minimum: 100, maximum: 599 };
const uint64 = (description: string): Schema<number> => ({ type: 'integer', minimum: 0, description });
const failover = {
  failover: list(obj({ from: str('Region it comes from.'), to: str('Region to go to instead.') }), 'Where to go when a region is ill.'),
  failoverPriority: list(str(), 'Labels that make an endpoint near, most important first.'),
};
const localityLbSetting = obj({
  enabled: nullable(bool('Whether locality counts. Default: as the mesh says.')),
  distribute: list(obj({ from: str('Locality of the caller, region/zone/sub-zone.'), to: map(uint32('Share.'), 'Locality and its share; they add up to 100.') }), 'Shares by locality.'),
  ...failover,
}, 'Which endpoints are near, and where to go when they are ill.');
const consistentHash = obj({
  httpHeaderName: str('Hash of this request header.'),
  httpCookie: obj({
    name: req(str('Name of the cookie.')), path: str('Its path.'), ttl: anyDuration('Its life; 0s for the session. With a ttl it is made when missing.'),
    attributes: list(obj({ name: req(str('Name.')), value: str('Value.') }), 'More attributes of the cookie.'),
  }, 'Hash of a cookie.'),
  useSourceIp: bool('Hash of the client\'s address.'),
  httpQueryParameterName: str('Hash of this query parameter.'),
  ringHash: obj({ minimumRingSize: uint64('Least size of the ring. Default 1024.') }, 'Ring hash.'),
  maglev: obj({ tableSize: uint64('Size of the table, a prime. Default 65537.') }, 'Maglev hash.'),
  minimumRingSize: uint64('Old form of ringHash.minimumRingSize.'),
}, 'The same client always gets the same endpoint.', { allOf: [atMostOne('httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'), atMostOne('ringHash', 'maglev')] });
const loadBalancer = obj({
  simple: oneOf(['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST'], 'How an endpoint is picked. Default LEAST_REQUEST: the less busy of two picked at random.'),
  consistentHash,
  backendUtilization: obj({
    errorUtilizationPenaltyPercent: uint32('How much errors count.'), metricNamesForComputingUtilization: list(str(), 'Metrics that say how busy an endpoint is.'),
    weightExpirationPeriod: anyDuration('Life of a report.'), weightStabilizationPeriod: anyDuration('Time until a new endpoint\'s report counts.'), weightUpdatePeriod: anyDuration('Time between changes of weights.'),
  }, 'By the load endpoints report.'),
  localityLbSetting,
  zoneAwareLbSetting: obj({ enabled: nullable(bool('Whether zones count.')), minClusterSize: nullable({ ...uint32('Fewest endpoints for it. Default 6.'), minimum: 1 }), ...failover }, 'Routing that keeps to the own zone.'),
  warmup: obj({
    duration: req(duration('How long a new endpoint gets less.')), minimumPercent: nullable(num('Share it begins with. Default 10.', { minimum: 0, maximum: 100 })), aggression: nullable(num('Shape of the rise. Default 1: even.', { minimum: 0 })),
  }, 'New endpoints get their share slowly.'),
  warmupDurationSecs: duration('Old form of warmup.duration.'),
}, 'How requests are spread over endpoints.', atMostOne('simple', 'consistentHash', 'backendUtilization'));
export const connectionPool = obj({
  tcp: obj({
    maxConnections: int('Most connections to a host. Default: no limit.'),
    connectTimeout: duration('Longest time to connect. Default 10s.'),
    tcpKeepalive: obj({ probes: uint32('Probes without answer until the connection is dead.'), time: duration('Quiet time before the first probe.'), interval: duration('Time between probes.') }, 'TCP keep-alive.'),
    maxConnectionDuration: duration('Longest life of a connection. Default: none.'),
    idleTimeout: anyDuration('Quiet time after which a connection is closed. Default 1h; 0s: never.'),
  }, 'Limits of TCP connections.'),
  http: obj({
    http1MaxPendingRequests: int('Most requests waiting for a connection.'),
    http2MaxRequests: int('Most requests at once.'),
    maxRequestsPerConnection: int('Most requests on one connection; 1: no keep-alive. Default: no limit.'),
    maxRetries: int('Most retries at once.'),
    idleTimeout: duration('Quiet time after which a connection is closed. Default 1h.'),
    h2UpgradePolicy: oneOf(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE'], 'Whether HTTP/1.1 is sent on as HTTP/2.'),
    useClientProtocol: bool('Send on with the protocol the client used.'),
    maxConcurrentStreams: int('Most streams on an HTTP/2 connection.'),
    http2KeepAlive: obj({ interval: duration('Time between pings.'), timeout: duration('Time to wait for an answer.') }, 'HTTP/2 pings.'),
  }, 'Limits of HTTP requests.'),
}, 'Limits of connections and requests; above them the answer is 503 at once.');
const outlierDetection = obj({
  consecutive5xxErrors: nullable(uint32('5xx answers in a row after which a host is taken out. Default 5; 0: never.')),
  consecutiveGatewayErrors: nullable(uint32('502, 503 or 504 in a row. Default: off.')),
  consecutiveErrors: int('No longer used.'),
  splitExternalLocalOriginErrors: bool('Count failures to connect apart.'),
  consecutiveLocalOriginFailures: nullable(uint32('Failures to connect in a row. Default 5.')),
  interval: duration('Time between looks. Default 10s.'),
  baseEjectionTime: duration('Shortest time out; grows with each time. Default 30s.'),
  maxEjectionPercent: int('Most hosts out at once, in percent. Default 10.'),
  minHealthPercent: int('Below this share of healthy hosts all are used again. Default 0.'),
  outlierDetectionHttpErrorCodes: list(errorCode, 'Answers that count as errors.'),
}, 'Takes hosts that fail out for a while.');
const tls = obj({
  mode: oneOf(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'], 'DISABLE: plain text; SIMPLE: TLS; MUTUAL: with own client certificate; ISTIO_MUTUAL: with the workload\'s certificate.'),
  clientCertificate: str('File of the client certificate; for MUTUAL.'),
  privateKey: str('File of its key; for MUTUAL.'),
  caCertificates: str('File of root certificates. Default: those of the system.'),
  credentialName: str('Secret with key and certificates, in place of files.'),
  subjectAltNames: list(str(), 'Names the server\'s certificate may have.'),
  sni: str('Server name to ask for. Default: the host.'),
  insecureSkipVerify: nullable(bool('Do not check the server\'s certificate.')),
  caCrl: str('File of revoked certificates.'),
}, 'TLS to the service. Default: Istio mutual TLS where both sides can.');
const policyFields = { loadBalancer, connectionPool, outlierDetection, tls };
const trafficPolicyNode = obj({
  ...policyFields,
  portLevelSettings: list(obj({ port: obj({ number: uint32('Port number.') }, 'The port.'), ...policyFields }, 'Settings for one port; they replace those above entirely.'), 'Settings by port.', { maxItems: 4096 }),
  tunnel: obj({ protocol: str('CONNECT (default) or POST.'), targetHost: req(str('Host to reach through the tunnel.')), targetPort: req(uint32('Its port.')) }, 'Sends TCP through an HTTP proxy.'),
  proxyProtocol: obj({ version: oneOf(['V1', 'V2'], 'Version. Default V1.') }, 'Begins each connection with a PROXY header.'),
  retryBudget: obj({
    percent: nullable(num('Retries at most, in percent of the requests. Default 20.', { minimum: 0, maximum: 100 })), minRetryConcurrency: uint32('Retries always allowed. Default 3.'), budgetInterval: anyDuration('Time over which requests are counted.'),
  }, 'Limit of retries, in place of maxRetries.'),
}, 'How requests are sent to the service.');
export interface TrafficPolicy extends Infer<typeof trafficPolicyNode> {}
const trafficPolicy: Schema<TrafficPolicy> = trafficPolicyNode;
const subset = obj({
  name: req(str('Name, used in VirtualServices.')),
  labels: map(str(), 'Labels of its endpoints.'),
  trafficPolicy,
}, 'A part of a service\'s endpoints, chosen by labels.');
export type Subset = Infer<typeof subset>;

const spec = obj({
  host: req(str('Service the rule is for. A short name means a Service in the namespace of this rule.')),
  trafficPolicy,
  subsets: list(subset, 'Named parts of the service, such as its versions.'),
  exportTo: list(str(), 'Namespaces that see it: "." own, "*" all (default), or names.'),
  workloadSelector,
}, 'How requests are sent to a service, after routing.');
export type DestinationRuleSpec = Infer<typeof spec>;
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Says how requests are sent to a service: its subsets, load balancing, connection limits and TLS.');
export type DestinationRule = Infer<typeof schema>;
export const destinationRuleKind = istioKind({
  kind: 'DestinationRule', plural: 'destinationrules', shortNames: ['dr'], schema,
  columns: [{ name: 'Host', type: 'string', jsonPath: '.spec.host', description: 'Service the rule is for.' }, AGE],
});
