import type { Cluster, ClusterLoadAssignment, FilterChain, Listener, RouteConfiguration } from '#shared/xds';
import { healthOf, eligibleHosts, panicThresholdOf } from './cluster/balance.ts';
import type { BalancedHost } from './cluster/balance.ts';
import { tlsViewOf, transportSocketFor } from './cluster/transport.ts';
import { compileChains, findOutboundListener, matchFilterChain } from './listener/filter-chain.ts';
import type { Dice } from './match/conditions.ts';
import { isHttpManager } from './listener/http-manager.ts';
import type { Reason, Trace } from './reasons.ts';
import type { RequestView } from './request.ts';
import { matchRoute, pickDestination } from './route/match.ts';
import type { CompiledRoute, Destination, Forward } from './route/table.ts';
import { compileRouteTable } from './route/table.ts';

/** A proxy's resources by name, as /config_dump or the compiler give them. */
export type ResourceSet = {
  readonly listeners: ReadonlyMap<string, Listener>; readonly routes: ReadonlyMap<string, RouteConfiguration>;
  readonly clusters: ReadonlyMap<string, Cluster>; readonly endpoints: ReadonlyMap<string, ClusterLoadAssignment>;
};
export type EvaluatedEndpoint = { readonly address: string; readonly eligible: boolean; readonly health: string; readonly tls: 'mutual' | 'simple' | 'plain' };
/** What a request will do, and why. A field is undefined where the request does not get that far. */
export type Decision = {
  readonly listener: string | undefined; readonly filterChain: string | undefined; readonly virtualHost: string | undefined; readonly route: string | undefined;
  readonly answer: { readonly status: number; readonly location?: string } | undefined; readonly cluster: string | undefined; readonly endpoints: readonly EvaluatedEndpoint[];
  readonly path: string; readonly authority: string; readonly timeoutMs: number; readonly reasons: readonly Reason[];
};
export type OutboundRequest = { readonly request: RequestView; readonly port: number; readonly destinationIp?: string };

const EMPTY = { listener: undefined, filterChain: undefined, virtualHost: undefined, route: undefined, answer: undefined, cluster: undefined, endpoints: [], timeoutMs: 0 } as const;

/** The whole way of an HTTP request that an application sends out through its sidecar (or that a gateway takes at `port`). */
export function evaluateOutbound(resources: ResourceSet, outbound: OutboundRequest, dice: Dice): Decision {
  const trace: Trace = [];
  const { request, port } = outbound;
  const start = { ...EMPTY, path: request.path, authority: request.authority, reasons: trace };
  const listener = findOutboundListener(resources.listeners, outbound.destinationIp, port, trace);
  if (listener === undefined) return { ...start, cluster: 'PassthroughCluster' };
  const chain = matchFilterChain(compileChains(listener), { destinationPort: port, transport: 'raw_buffer', applicationProtocols: ['http/1.1'], serverName: '' }, trace);
  if (chain === undefined) return { ...start, listener: listener.name };
  return evaluateChain(resources, { ...start, listener: listener.name, filterChain: chain.name ?? '' }, chain, request, dice, trace);
}

function evaluateChain(resources: ResourceSet, start: Decision, chain: FilterChain, request: RequestView, dice: Dice, trace: Trace): Decision {
  const manager = (chain.filters ?? []).map((filter) => filter.typed_config).find(isHttpManager);
  const config = manager?.route_config ?? resources.routes.get(manager?.rds?.route_config_name ?? '');
  if (config === undefined) return start;
  const found = matchRoute(compileRouteTable(config), request, dice, trace);
  if (found === undefined) return { ...start, answer: { status: 404 } };
  const named = { ...start, virtualHost: found.host.name, route: found.route.name };
  const { action } = found.route;
  if (action.kind === 'redirect') {
    const location = action.location(request);
    trace.push({ step: 'answer', outcome: 'decided', code: 'answer-redirect', subject: config.name, field: `${found.route.field}.redirect`, params: { status: action.status, location } });
    return { ...named, answer: { status: action.status, location } };
  }
  if (action.kind === 'direct') {
    trace.push({ step: 'answer', outcome: 'decided', code: 'answer-direct', subject: config.name, field: `${found.route.field}.direct_response`, params: { status: action.status } });
    return { ...named, answer: { status: action.status } };
  }
  return evaluateForward(resources, named, found.route, action, request, dice, trace);
}

function explainPolicies(route: CompiledRoute, action: Forward, destination: Destination, trace: Trace): void {
  const at = { subject: route.name, outcome: 'decided', ...(route.source === undefined ? {} : { source: route.source }) } as const;
  const { fault } = destination;
  if (fault?.delay !== undefined) trace.push({ ...at, step: 'fault', code: 'fault-delay', field: `${route.field}.typed_per_filter_config`, params: { share: fault.delay.share * 100, ms: fault.delay.ms } });
  if (fault?.abort !== undefined) trace.push({ ...at, step: 'fault', code: 'fault-abort', field: `${route.field}.typed_per_filter_config`, params: { share: fault.abort.share * 100, status: fault.abort.status } });
  if (action.retry !== undefined) trace.push({ ...at, step: 'retry', code: 'retry-policy', field: `${route.field}.route.retry_policy`, params: { retries: action.retry.retriesMax, on: [...action.retry.on].join(', ') } });
  trace.push({ ...at, step: 'timeout', code: action.timeoutMs === 0 ? 'timeout-none' : 'timeout-route', field: `${route.field}.route.timeout`, params: { ms: action.timeoutMs } });
}

function evaluateForward(resources: ResourceSet, start: Decision, route: CompiledRoute, action: Forward, request: RequestView, dice: Dice, trace: Trace): Decision {
  const destination = pickDestination(action, dice(), trace);
  if (destination === undefined) return start;
  explainPolicies(route, action, destination, trace);
  const path = action.rewritePath?.(request.path) ?? request.path;
  if (path !== request.path) trace.push({ step: 'rewrite', outcome: 'decided', code: 'rewrite-path', subject: route.name, field: `${route.field}.route`, params: { path } });
  if (destination.hostRewrite !== undefined) trace.push({ step: 'rewrite', outcome: 'decided', code: 'rewrite-host', subject: route.name, field: `${route.field}.route.host_rewrite_literal`, params: { host: destination.hostRewrite } });
  const sent = { ...start, cluster: destination.cluster, path, authority: destination.hostRewrite ?? request.authority, timeoutMs: action.timeoutMs };
  const cluster = resources.clusters.get(destination.cluster);
  if (cluster === undefined) {
    trace.push({ step: 'cluster', outcome: 'passed-over', code: 'cluster-missing', subject: destination.cluster, field: `${route.field}.route`, params: { cluster: destination.cluster } });
    return { ...sent, answer: { status: action.clusterMissingStatus } };
  }
  const endpoints = evaluateEndpoints(cluster, resources.endpoints.get(cluster.eds_cluster_config?.service_name ?? cluster.name) ?? cluster.load_assignment, trace);
  if (!endpoints.some((endpoint) => endpoint.eligible) && cluster.type !== 'ORIGINAL_DST') {
    trace.push({ step: 'endpoint', outcome: 'passed-over', code: 'endpoint-none', subject: cluster.name, field: 'endpoints', params: { cluster: cluster.name } });
    return { ...sent, endpoints, answer: { status: 503 } };
  }
  return { ...sent, endpoints };
}

const namesOf = (matchers: readonly unknown[]): string => (matchers.length === 0 ? 'any identity of the mesh' : matchers.map((matcher) => (typeof matcher === 'object' && matcher !== null ? Object.values(matcher).join('') : '')).join(' or '));

function evaluateEndpoints(cluster: Cluster, assignment: ClusterLoadAssignment | undefined, trace: Trace): readonly EvaluatedEndpoint[] {
  const entries = (assignment?.endpoints ?? []).flatMap((locality) => (locality.lb_endpoints ?? []).map((endpoint) => {
    const socket = endpoint.endpoint?.address.socket_address;
    return { endpoint, address: `${socket?.address ?? ''}:${socket?.port_value ?? 0}`, weight: endpoint.load_balancing_weight ?? 1, health: healthOf(endpoint), priority: locality.priority ?? 0, active: 0 };
  }));
  const hosts: readonly (BalancedHost & (typeof entries)[number])[] = entries;
  const eligible = new Set(eligibleHosts(hosts, panicThresholdOf(cluster), trace).hosts.map((host) => host.address));
  return entries.map(({ endpoint, address, health }) => {
    const tls = tlsViewOf(transportSocketFor(cluster, endpoint.metadata));
    const kind = tls.kind === 'plain' ? 'plain' : tls.certificateSecret === '' ? 'simple' : 'mutual';
    trace.push({ step: 'tls', outcome: 'decided', code: kind === 'plain' ? 'tls-plain' : kind === 'mutual' ? 'tls-mutual' : 'tls-simple', subject: address, field: 'transport_socket_matches', params: { address, names: namesOf(tls.sanMatchers) } });
    return { address, eligible: eligible.has(address), health, tls: kind };
  });
}
