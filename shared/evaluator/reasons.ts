/** Where a piece of configuration comes from: the object and the field path inside it, as the compiler wrote them. */
export type Provenance = { readonly object: string; readonly path: string };
export type Step = 'listener' | 'filter-chain' | 'virtual-host' | 'route' | 'weight' | 'cluster' | 'endpoint' | 'tls' | 'fault' | 'retry' | 'timeout' | 'rewrite' | 'answer';
export type Outcome = 'chosen' | 'passed-over' | 'decided';

const WORDS = {
  'listener-port': 'Port {port} is served by listener {name}.',
  'listener-none': 'No listener serves port {port}: the connection is passed through as it is.',
  'chain-match': 'Filter chain {name} matches {seen}.',
  'chain-default': 'No filter chain matches {seen}: the default chain {name} is used.',
  'chain-none': 'No filter chain matches {seen}: the connection is closed.',
  'host-exact': 'Host {host} is named by virtual host {name}.',
  'host-suffix': 'Host {host} ends with {domain} of virtual host {name}.',
  'host-prefix': 'Host {host} begins with {domain} of virtual host {name}.',
  'host-any': 'No virtual host names {host}: {name} takes every host.',
  'host-none': 'No virtual host takes {host}.',
  'condition-met': '{what}: yes.',
  'condition-failed': '{what}: no.',
  'route-chosen': 'Route {name} is the first that matches.',
  'route-none': 'No route of {name} matches.',
  'weight-chosen': '{cluster} was drawn with weight {weight} of {total}.',
  'cluster-one': 'The route names cluster {cluster}.',
  'cluster-missing': 'Cluster {cluster} does not exist.',
  'endpoint-eligible': 'Endpoint {address} may take the request.',
  'endpoint-unhealthy': 'Endpoint {address} is {health}.',
  'endpoint-none': 'Cluster {cluster} has no endpoint that may take the request.',
  'endpoint-panic': 'Fewer than {threshold} % of the endpoints are healthy: all of them are used.',
  'tls-mutual': 'Endpoint {address} is reached with mutual TLS; the server must be {names}.',
  'tls-simple': 'Endpoint {address} is reached with TLS.',
  'tls-plain': 'Endpoint {address} is reached without TLS.',
  'fault-delay': '{share} % of the requests are delayed by {ms} ms.',
  'fault-abort': '{share} % of the requests are answered with {status}.',
  'retry-policy': 'Up to {retries} retries on {on}.',
  'retry-yes': 'Retried: {condition}.',
  'retry-no': 'Not retried: {why}.',
  'timeout-route': 'The answer must be complete within {ms} ms.',
  'timeout-none': 'No timeout.',
  'rewrite-path': 'The path becomes {path}.',
  'rewrite-host': 'The host becomes {host}.',
  'answer-redirect': 'Answered with {status} to {location}.',
  'answer-direct': 'Answered with {status}.',
} as const;
export type ReasonCode = keyof typeof WORDS;

/** Why one thing was decided. Text is made from it at the end (`describeReason`). `field` is a path inside the xDS resource `subject`. */
export type Reason = {
  readonly step: Step;
  readonly outcome: Outcome;
  readonly code: ReasonCode;
  readonly subject: string;
  readonly field: string;
  readonly params: Readonly<Record<string, string | number>>;
  readonly source?: Provenance;
};
/** Reasons are collected only when a list is given; the hot path gives none. */
export type Trace = Reason[];

/** The sentence of a reason. */
export const describeReason = (reason: Reason): string =>
  WORDS[reason.code].replaceAll(/\{(\w+)\}/g, (whole, key: string) => (Object.hasOwn(reason.params, key) ? String(reason.params[key]) : whole));
