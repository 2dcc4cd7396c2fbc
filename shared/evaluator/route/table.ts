import { isRecord, parseDuration } from '#shared/base';
import type { ClusterWeight, Route, RouteAction, RouteConfiguration, VirtualHost } from '#shared/xds';
import type { Condition } from '../match/conditions.ts';
import { compileMatch } from '../match/conditions.ts';
import { ConfigProblem } from '../problem.ts';
import type { Provenance } from '../reasons.ts';
import type { CompiledFault } from '../resilience/fault.ts';
import { compileFault, FAULT_FILTER } from '../resilience/fault.ts';
import type { CompiledRetry } from '../resilience/retry.ts';
import { compileRetry } from '../resilience/retry.ts';
import { base64Bytes, wireText } from '../request.ts';
import type { CompiledOps } from './header-ops.ts';
import { compileHeaderOps } from './header-ops.ts';
import type { CompiledRedirect, PathRewrite } from './rewrite.ts';
import { compilePathRewrite, compileRedirect } from './rewrite.ts';

/** One cluster that a route may send to, with the header operations from the most specific level to the least. */
export type Destination = {
  readonly cluster: string; readonly weight: number; readonly requestOps: readonly CompiledOps[]; readonly responseOps: readonly CompiledOps[];
  readonly hostRewrite: string | undefined; readonly fault: CompiledFault | undefined;
};
export type Forward = {
  readonly kind: 'forward'; readonly destinations: readonly Destination[]; readonly weights: readonly number[]; readonly totalWeight: number;
  /** The header that names the cluster (`cluster_header`); then there is one destination with an empty name. */
  readonly clusterHeader: string | undefined;
  readonly timeoutMs: number; readonly idleTimeoutMs: number | undefined; readonly retry: CompiledRetry | undefined; readonly rewritePath: PathRewrite | undefined; readonly autoHostRewrite: boolean;
  readonly clusterMissingStatus: number; readonly upgrades: ReadonlyMap<string, boolean>;
};
export type Redirect = CompiledRedirect & { readonly kind: 'redirect' };
export type Direct = { readonly kind: 'direct'; readonly status: number; readonly body: string };
export type CompiledRoute = {
  readonly name: string; readonly field: string; readonly conditions: readonly Condition[]; readonly action: Forward | Redirect | Direct;
  /** Operations on answers that no cluster gave (redirect, direct response). */
  readonly responseOps: readonly CompiledOps[]; readonly operation: string | undefined; readonly source: Provenance | undefined; readonly config: Route;
};
export type CompiledVirtualHost = { readonly name: string; readonly field: string; readonly routes: readonly CompiledRoute[]; readonly attemptCountInRequest: boolean; readonly attemptCountInResponse: boolean; readonly requireTls: boolean };
type Wildcard = { readonly text: string; readonly host: CompiledVirtualHost };
export type RouteTable = {
  readonly name: string; readonly ignorePort: boolean; readonly exact: ReadonlyMap<string, CompiledVirtualHost>;
  readonly suffixes: readonly Wildcard[]; readonly prefixes: readonly Wildcard[]; readonly any: CompiledVirtualHost | undefined; readonly clusters: ReadonlySet<string>;
};

/** Envoy's route timeout when the route gives none. */
const ROUTE_TIMEOUT_MS = 15_000;
/** Envoy's limit of the sum of the weights. */
const TOTAL_WEIGHT_MAX = 4_294_967_295;
const NOT_FOUND_STATUS: ReadonlyMap<string, number> = new Map([['SERVICE_UNAVAILABLE', 503], ['NOT_FOUND', 404], ['INTERNAL_SERVER_ERROR', 500]]);

type Level = { readonly request: CompiledOps | undefined; readonly response: CompiledOps | undefined };
const requestOf = (levels: readonly Level[]): readonly CompiledOps[] => levels.map((level) => level.request).filter((ops) => ops !== undefined);
const responseOf = (levels: readonly Level[]): readonly CompiledOps[] => levels.map((level) => level.response).filter((ops) => ops !== undefined);

export function durationMs(text: string | undefined, field: string, fallback: number): number {
  if (text === undefined) return fallback;
  const ms = parseDuration(text);
  if (ms === undefined || ms < 0) throw new ConfigProblem(field, `"${text}" is not a duration of 0s or more`);
  return ms;
}

/** Object and path behind a resource: the compiler's `pharos` metadata, else the object that Istio names. */
export function provenanceOf(metadata: { readonly filter_metadata?: { readonly [filter: string]: { readonly [key: string]: unknown } } } | undefined): Provenance | undefined {
  const own = metadata?.filter_metadata?.['pharos'];
  if (own !== undefined && typeof own['object'] === 'string') return { object: own['object'], path: typeof own['path'] === 'string' ? own['path'] : '' };
  const config = metadata?.filter_metadata?.['istio']?.['config'];
  return typeof config === 'string' ? { object: config, path: '' } : undefined;
}

function upgradesOf(action: RouteAction): ReadonlyMap<string, boolean> {
  const out = new Map<string, boolean>();
  for (const entry of action.upgrade_configs ?? []) if (isRecord(entry) && typeof entry['upgrade_type'] === 'string') out.set(entry['upgrade_type'].toLowerCase(), entry['enabled'] !== false);
  return out;
}

type FilterConfig = { readonly typed_per_filter_config?: { readonly [filter: string]: unknown } };
const faultOf = (holder: FilterConfig, field: string): CompiledFault | undefined => {
  const config = holder.typed_per_filter_config?.[FAULT_FILTER];
  return config === undefined ? undefined : compileFault(config, `${field}.typed_per_filter_config`);
};

function compileDestinations(route: Route, action: RouteAction, field: string, outer: readonly Level[], fault: CompiledFault | undefined): readonly Destination[] {
  const own = compileHeaderOps(route, field);
  const entries: readonly ClusterWeight[] = action.weighted_clusters?.clusters ?? [{ name: action.cluster ?? '', weight: 1 }];
  return entries.map((entry, i) => {
    const at = `${field}.route.weighted_clusters.clusters[${i}]`;
    const levels = action.weighted_clusters === undefined ? [own, ...outer] : [compileHeaderOps(entry, at), own, ...outer];
    const host = entry.host_rewrite_literal ?? action.host_rewrite_literal;
    return {
      cluster: entry.name, weight: entry.weight ?? 0, requestOps: requestOf(levels), responseOps: responseOf(levels),
      hostRewrite: host === undefined || host === '' ? undefined : wireText(host), fault: faultOf(entry, at) ?? faultOf(route, field) ?? fault,
    };
  });
}

function compileForward(route: Route, action: RouteAction & { readonly cluster_header?: string }, field: string, outer: readonly Level[], host: VirtualHost & FilterConfig): Forward {
  const at = `${field}.route`;
  const clusterHeader = action.cluster_header?.toLowerCase();
  if (action.cluster === undefined && action.weighted_clusters === undefined && clusterHeader === undefined) throw new ConfigProblem(at, 'a route needs cluster, weighted_clusters or cluster_header');
  const destinations = compileDestinations(route, action, field, outer, faultOf(host, field));
  const totalWeight = destinations.reduce((sum, destination) => sum + destination.weight, 0);
  if (totalWeight <= 0) throw new ConfigProblem(`${at}.weighted_clusters`, 'Sum of weights in the weighted_cluster must be greater than 0.');
  if (destinations.some((destination) => destination.weight < 0) || totalWeight > TOTAL_WEIGHT_MAX) throw new ConfigProblem(`${at}.weighted_clusters`, `the sum of weights has to be at most ${TOTAL_WEIGHT_MAX} and no weight may be negative`);
  const retry = action.retry_policy ?? host.retry_policy;
  return {
    kind: 'forward', destinations, weights: destinations.map((destination) => destination.weight), totalWeight, clusterHeader,
    timeoutMs: durationMs(action.timeout, `${at}.timeout`, ROUTE_TIMEOUT_MS), idleTimeoutMs: action.idle_timeout === undefined ? undefined : durationMs(action.idle_timeout, `${at}.idle_timeout`, 0),
    retry: retry === undefined ? undefined : compileRetry(retry, `${at}.retry_policy`), rewritePath: compilePathRewrite(route.match, action, at), autoHostRewrite: action.auto_host_rewrite === true,
    clusterMissingStatus: NOT_FOUND_STATUS.get(action.cluster_not_found_response_code ?? 'SERVICE_UNAVAILABLE') ?? 503, upgrades: upgradesOf(action),
  };
}

function compileRoute(route: Route, field: string, outer: readonly Level[], host: VirtualHost, bodyMax: number): CompiledRoute {
  let action: CompiledRoute['action'];
  if (route.route !== undefined) action = compileForward(route, route.route, field, outer, host);
  else if (route.redirect !== undefined) action = { kind: 'redirect', ...compileRedirect(route.match, route.redirect, `${field}.redirect`) };
  else if (route.direct_response !== undefined) {
    const { status, body } = route.direct_response;
    if (status < 200 || status >= 600) throw new ConfigProblem(`${field}.direct_response.status`, 'value must be inside range [200, 600)');
    const text = body?.inline_bytes === undefined ? wireText(body?.inline_string ?? '') : base64Bytes(body.inline_bytes);
    if (text.length > bodyMax) throw new ConfigProblem(`${field}.direct_response.body`, `response body size is ${text.length} bytes; maximum is ${bodyMax}`);
    action = { kind: 'direct', status, body: text };
  } else throw new ConfigProblem(field, 'a route needs route, redirect or direct_response');
  return {
    name: route.name ?? '', field, conditions: compileMatch(route.match, `${field}.match`), action, responseOps: responseOf([compileHeaderOps(route, field), ...outer]),
    operation: route.decorator?.operation, source: provenanceOf(route.metadata), config: route,
  };
}

function compileVirtualHost(host: VirtualHost & { readonly include_attempt_count_in_response?: boolean }, field: string, config: RouteConfiguration, table: Level): CompiledVirtualHost {
  if (host.domains.length === 0) throw new ConfigProblem(`${field}.domains`, 'a virtual host needs a domain');
  const outer = [compileHeaderOps(host, field), table];
  return {
    name: host.name, field, routes: (host.routes ?? []).map((route, i) => compileRoute(route, `${field}.routes[${i}]`, outer, host, config.max_direct_response_body_size_bytes ?? 4096)),
    attemptCountInRequest: host.include_request_attempt_count === true, attemptCountInResponse: host.include_attempt_count_in_response === true,
    requireTls: host.require_tls === 'ALL' || host.require_tls === 'EXTERNAL_ONLY',
  };
}

/** Compiles a RouteConfiguration; throws a ConfigProblem that names the field when it cannot be used. */
export function compileRouteTable(config: RouteConfiguration): RouteTable {
  const exact = new Map<string, CompiledVirtualHost>();
  const suffixes = new Map<string, CompiledVirtualHost>();
  const prefixes = new Map<string, CompiledVirtualHost>();
  let any: CompiledVirtualHost | undefined;
  const level = compileHeaderOps(config, '');
  const clusters = new Set<string>();
  for (const [i, host] of (config.virtual_hosts ?? []).entries()) {
    const field = `virtual_hosts[${i}]`;
    const compiled = compileVirtualHost(host, field, config, level);
    for (const route of compiled.routes) if (route.action.kind === 'forward') for (const destination of route.action.destinations) clusters.add(destination.cluster);
    for (const domain of host.domains) {
      const lower = wireText(domain).toLowerCase();
      if (lower === '*') {
        if (any !== undefined) throw new ConfigProblem(`${field}.domains`, 'Only a single wildcard domain is permitted in route');
        any = compiled;
        continue;
      }
      const [map, key] = lower.startsWith('*') ? [suffixes, lower.slice(1)] : lower.endsWith('*') ? [prefixes, lower.slice(0, -1)] : [exact, lower];
      if (map.has(key)) throw new ConfigProblem(`${field}.domains`, `Only unique values for domains are permitted. Duplicate entry of domain ${domain} in route ${config.name}`);
      map.set(key, compiled);
    }
  }
  const longestFirst = (map: ReadonlyMap<string, CompiledVirtualHost>): readonly Wildcard[] => [...map].map(([text, host]) => ({ text, host })).sort((a, b) => b.text.length - a.text.length);
  return { name: config.name, ignorePort: config.ignore_port_in_host_matching === true, exact, suffixes: longestFirst(suffixes), prefixes: longestFirst(prefixes), any, clusters };
}
