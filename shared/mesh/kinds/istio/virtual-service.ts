import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, int, list, map, num, obj, oneOf, present, req, str } from '../../schema/schema.ts';
import { AGE, atMostOne, customSchema, duration, istioKind, istioStatus, nullable, stringMatch, uint32 } from './common.ts';

const portSelector = obj({ number: uint32('Port number.') }, 'Port of the destination. Needed when the Service has several and none fits the one that was called.');
export const destination = obj({
  host: req(str('Service to send to. A short name means a Service in the namespace of this rule.')),
  subset: str('Subset of the service, defined in a DestinationRule.'),
  port: portSelector,
}, 'Where a request goes.');
export type Destination = Infer<typeof destination>;
const headerOperations = obj({
  set: map(str(), 'Headers to set; an existing value is overwritten.'),
  add: map(str(), 'Headers to add; an existing value stays.'),
  remove: list(str(), 'Headers to remove.'),
}, 'Changes of headers.');
const headers = obj({ request: headerOperations, response: headerOperations }, 'Changes of request headers before sending and of response headers before answering.');
export type Headers = Infer<typeof headers>;
const percentage = (description: string): Schema<{ readonly value?: number }> => obj({ value: num('0 to 100.') }, description);

const matchNode = obj({
  name: str('Name of the match, for logs.'),
  uri: stringMatch('Path without query.'),
  scheme: stringMatch('http or https.'),
  method: stringMatch('HTTP method.'),
  authority: stringMatch('Host header.'),
  headers: map(stringMatch('How the value is compared; {} means the header is there.'), 'Headers; names in small letters. All must match.'),
  withoutHeaders: map(stringMatch('How the value is compared.'), 'Headers that must not match.'),
  queryParams: map(stringMatch('How the value is compared; exact or regex.'), 'Query parameters. All must match.'),
  ignoreUriCase: bool('Case does not count in uri (exact and prefix).'),
  port: uint32('Port that was called.'),
  sourceLabels: map(str(), 'Labels of the calling workload.'),
  sourceNamespace: str('Namespace of the calling workload.'),
  gateways: list(str(), 'Gateways this match is for, in place of the list above.'),
  statPrefix: str('Name under which requests of this route are counted.'),
}, 'Conditions that must all hold.');
export interface HTTPMatchRequest extends Infer<typeof matchNode> {}
const httpMatch: Schema<HTTPMatchRequest> = matchNode;

const routeDestination = obj({
  destination: req(destination),
  weight: int('Share of the requests, relative to the other destinations. With one destination it has no effect.'),
  headers,
}, 'A destination and its share.');
export type HTTPRouteDestination = Infer<typeof routeDestination>;
const redirect = obj({
  uri: str('Path of the new address.'),
  prefixRewrite: str('Replaces the matched prefix of the path.'),
  authority: str('Host of the new address.'),
  scheme: str('http or https.'),
  port: uint32('Port of the new address.'),
  derivePort: oneOf(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT'], 'Where the port comes from.'),
  redirectCode: uint32('301 (default), 302, 303, 307 or 308.'),
}, 'Answers with a redirection.', atMostOne('port', 'derivePort'));
const directResponse = obj({
  status: req(uint32('Status of the answer, 200 to 599.')),
  body: obj({ string: str('Text.'), bytes: str('Bytes, base64.', { format: 'byte' }) }, 'Body of the answer, at most 1 MB.', atMostOne('string', 'bytes')),
}, 'Answers at once with a fixed status.');
const rewrite = obj({
  uri: str('New path, or what replaces the matched prefix.'),
  authority: str('New host.'),
  uriRegexRewrite: obj({ match: str('Regular expression (RE2).'), rewrite: str('What replaces it; \\1 is the first group.') }, 'Change of the path by a regular expression.'),
}, 'Changes path and host before sending.');
const retries = obj({
  attempts: int('Most retries; 0 means none.'),
  perTryTimeout: duration('Timeout of one try. Default: that of the route.'),
  retryOn: str('When to retry, comma separated: 5xx, gateway-error, connect-failure, reset, retriable-4xx, refused-stream, 503 … Default: connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes.'),
  retryRemoteLocalities: nullable(bool('Later tries may go to other localities.')),
  retryIgnorePreviousHosts: nullable(bool('Later tries avoid hosts tried before. Default true.')),
  backoff: duration('First pause between tries; grows with each. Default 25ms.'),
}, 'When and how often a failed request is sent again. Default: twice.');
const fault = obj({
  delay: obj({
    fixedDelay: duration('How long to hold the request back.'),
    exponentialDelay: duration('Not implemented.'),
    percentage: percentage('Share of requests that are held back.'),
    percent: int('Old form of percentage.'),
  }, 'Holds requests back.', atMostOne('fixedDelay', 'exponentialDelay')),
  abort: obj({
    httpStatus: int('Status to answer with.'),
    grpcStatus: str('gRPC status to answer with, such as UNAVAILABLE.'),
    http2Error: str('Not implemented.'),
    percentage: percentage('Share of requests that are answered so.'),
  }, 'Answers in place of the service.', atMostOne('httpStatus', 'grpcStatus', 'http2Error')),
}, 'Faults put in on purpose, on the side of the client.');
const corsPolicy = obj({
  allowOrigin: list(str(), 'Old form of allowOrigins.'),
  allowOrigins: list(stringMatch('An origin.'), 'Origins that may call.'),
  allowMethods: list(str(), 'Methods that may be used.'),
  allowHeaders: list(str(), 'Headers that may be sent.'),
  exposeHeaders: list(str(), 'Headers a page may read.'),
  maxAge: duration('How long a browser may keep the answer; whole seconds.'),
  allowCredentials: nullable(bool('Cookies may be sent.')),
  unmatchedPreflights: oneOf(['UNSPECIFIED', 'FORWARD', 'IGNORE'], 'What becomes of a preflight no origin fits. Default FORWARD.'),
}, 'Cross-origin rules for browsers.');

const httpRouteNode = obj({
  name: str('Name of the rule; appears in access logs.'),
  match: list(httpMatch, 'Conditions; one of them must hold. Empty: every request.'),
  route: list(routeDestination, 'Destinations and their shares.'),
  redirect, directResponse, rewrite, fault, retries, corsPolicy, headers,
  delegate: obj({ name: str('Name of the VirtualService.'), namespace: str('Its namespace. Default: as this one.') }, 'Leaves the rest to another VirtualService.'),
  timeout: duration('Longest time until the whole answer is there. Default: none.'),
  mirror: destination,
  mirrors: list(obj({ destination: req(destination), percentage: percentage('Share of requests that are copied. Default 100.') }, 'A mirror and its share.'), 'Destinations that get a copy; their answers are dropped.'),
  mirrorPercentage: percentage('Share of requests mirror gets. Default 100.'),
  mirrorPercent: nullable(uint32('Old form of mirrorPercentage.')),
  mirror_percent: nullable(uint32('Old form of mirrorPercentage.')),
}, 'A rule for HTTP requests; the first whose match holds is taken.');
export interface HTTPRoute extends Infer<typeof httpRouteNode> {}
const httpRoute: Schema<HTTPRoute> = httpRouteNode;

const l4Match = {
  destinationSubnets: list(str(), 'Address ranges that were called.'),
  port: uint32('Port that was called.'),
  sourceLabels: map(str(), 'Labels of the calling workload.'),
  sourceNamespace: str('Namespace of the calling workload.'),
  gateways: list(str(), 'Gateways this match is for.'),
};
const l4Destination = obj({ destination: req(destination), weight: int('Share of the connections.') }, 'A destination and its share.');
const tlsMatch = obj({ sniHosts: req(list(str(), 'Server names (SNI) the client asked for.')), ...l4Match }, 'Conditions that must all hold.');
const tlsRoute = obj({ match: req(list(tlsMatch, 'Conditions; one of them must hold.')), route: list(l4Destination, 'Destinations and their shares.') }, 'A rule for TLS connections that are passed on as they are.');
export type TLSRoute = Infer<typeof tlsRoute>;
const tcpMatch = obj({ ...l4Match, sourceSubnet: str('Address range of the caller.') }, 'Conditions that must all hold.');
const tcpRoute = obj({ match: list(tcpMatch, 'Conditions; one of them must hold. Empty: every connection.'), route: list(l4Destination, 'Destinations and their shares.') }, 'A rule for TCP connections.');
export type TCPRoute = Infer<typeof tcpRoute>;

const spec = obj({
  hosts: list(str(), 'Host names the rules are for. A short name means a Service in the namespace of this object.'),
  gateways: list(str(), 'Where the rules act: names of Gateways, and mesh for the sidecars. Default: mesh.'),
  http: list(httpRoute, 'Rules for HTTP, in order; the first that matches is taken.'),
  tls: list(tlsRoute, 'Rules for TLS connections that are passed on as they are.'),
  tcp: list(tcpRoute, 'Rules for other TCP connections.'),
  exportTo: list(str(), 'Namespaces that see it: "." own, "*" all (default), or names.'),
}, 'Routing rules for requests to some hosts.');
export type VirtualServiceSpec = Infer<typeof spec>;
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Says where requests to a host go: by path, header or weight, with timeouts, retries and faults.');
export type VirtualService = Infer<typeof schema>;
export const virtualServiceKind = istioKind({
  kind: 'VirtualService', plural: 'virtualservices', shortNames: ['vs'], schema,
  columns: [
    { name: 'Gateways', type: 'string', jsonPath: '.spec.gateways', description: 'Where the rules act.' },
    { name: 'Hosts', type: 'string', jsonPath: '.spec.hosts', description: 'Hosts the rules are for.' }, AGE,
  ],
});
