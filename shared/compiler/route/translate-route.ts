import { fullHost, selects } from '#shared/mesh';
import type { Destination, HTTPMatchRequest, HTTPRoute } from '#shared/mesh';
import { clusterName, parseClusterName } from '#shared/xds';
import type { Any, ClusterWeight, HashPolicy, RedirectAction, Route, RouteAction, RouteMatch } from '#shared/xds';
import { routeMetadata } from '../provenance.ts';
import type { HttpRule } from '../scope/http-rule.ts';
import type { RoutingRule } from '../scope/routing-rules.ts';
import { duration } from '../values.ts';
import type { ConsistentHash, RouteContext } from './context.ts';
import { CORS, corsConfig, FAULT, faultConfig, mirrorShare } from './filters.ts';
import { headerChanges, joinOps } from './headers.ts';
import type { HeaderChanges } from './headers.ts';
import { isCatchAll, routeMatch } from './match.ts';
import { retryPolicy } from './retry.ts';

/** The cluster of a destination: its port, else the only one of the service, else the one that was called. */
function destinationCluster(destination: Destination, namespace: string, context: RouteContext): string {
  const host = fullHost(destination.host, namespace);
  const service = context.service(host);
  const port = destination.port?.number ?? (service === undefined ? undefined : context.onlyPort(service)) ?? context.listenerPort;
  return clusterName({ direction: 'outbound', port, subset: destination.subset ?? '', host: service?.externalName ?? host });
}

export function hashPolicy(hash: ConsistentHash | undefined): HashPolicy | undefined {
  if (hash?.httpHeaderName !== undefined) return { header: { header_name: hash.httpHeaderName } };
  if (hash?.httpCookie !== undefined) {
    const ttl = duration(hash.httpCookie.ttl);
    return { cookie: { name: hash.httpCookie.name, ...(ttl === undefined ? {} : { ttl }), ...(hash.httpCookie.path === undefined ? {} : { path: hash.httpCookie.path }) } };
  }
  if (hash?.useSourceIp !== undefined) return { connection_properties: { source_ip: hash.useSourceIp } };
  if (hash?.httpQueryParameterName !== undefined) return { query_parameter: { name: hash.httpQueryParameterName } };
  return undefined;
}

const REDIRECT_CODES: ReadonlyMap<number, NonNullable<RedirectAction['response_code']>> = new Map([[302, 'FOUND'], [303, 'SEE_OTHER'], [307, 'TEMPORARY_REDIRECT'], [308, 'PERMANENT_REDIRECT']]);
/** undefined for a code that no proxy knows; the route then has no action. */
function redirectAction(redirect: NonNullable<HTTPRoute['redirect']>, context: RouteContext): RedirectAction | undefined {
  const code = redirect.redirectCode ?? 301;
  const named = REDIRECT_CODES.get(code);
  if (named === undefined && code !== 301 && code !== 0) return undefined;
  const wanted = redirect.derivePort === 'FROM_REQUEST_PORT' ? context.listenerPort : redirect.port;
  const scheme = redirect.scheme ?? (context.tls ? 'https' : 'http');
  const port = (wanted === 80 && scheme === 'http') || (wanted === 443 && scheme === 'https') ? undefined : wanted;
  const path = redirect.prefixRewrite !== undefined && redirect.prefixRewrite !== '' ? { prefix_rewrite: redirect.prefixRewrite } : { path_redirect: redirect.uri ?? '' };
  return {
    ...path, ...(redirect.authority === undefined ? {} : { host_redirect: redirect.authority }), ...(redirect.scheme === undefined ? {} : { scheme_redirect: redirect.scheme }),
    ...(port === undefined ? {} : { port_redirect: port }), ...(named === undefined ? {} : { response_code: named }),
  };
}

function directResponse(direct: NonNullable<HTTPRoute['directResponse']>): NonNullable<Route['direct_response']> {
  const body = direct.body?.string !== undefined ? { body: { inline_string: direct.body.string } } : direct.body?.bytes !== undefined ? { body: { inline_bytes: direct.body.bytes } } : {};
  return { status: direct.status, ...body };
}

function rewriteOf(route: HTTPRoute): Pick<RouteAction, 'prefix_rewrite' | 'regex_rewrite'> {
  const regex = route.rewrite?.uriRegexRewrite;
  if (regex !== undefined) return { regex_rewrite: { pattern: { regex: regex.match ?? '' }, substitution: regex.rewrite ?? '' } };
  return route.rewrite?.uri === undefined || route.rewrite.uri === '' ? {} : { prefix_rewrite: route.rewrite.uri };
}

function mirrorsOf(rule: HttpRule, context: RouteContext): NonNullable<RouteAction['request_mirror_policies']> {
  const { route } = rule;
  const mirrors = [
    ...(route.mirror === undefined ? [] : [{ destination: route.mirror, share: mirrorShare(route.mirrorPercentage, route.mirrorPercent ?? route.mirror_percent) }]),
    ...(route.mirrors ?? []).map((mirror) => ({ destination: mirror.destination, share: mirrorShare(mirror.percentage) })),
  ];
  return mirrors.flatMap(({ destination, share }) => (share === undefined ? [] : [{
    cluster: destinationCluster(destination, rule.namespace, context), runtime_fraction: { default_value: share }, trace_sampled: false, disable_shadow_host_suffix_append: true,
  }]));
}

type Targets = { readonly part: Pick<RouteAction, 'cluster' | 'weighted_clusters'>; readonly hash: readonly HashPolicy[]; readonly changes: HeaderChanges | undefined };
/** One destination takes everything; of several those of weight 0 are left out. */
function targetsOf(rule: HttpRule, context: RouteContext): Targets {
  const routes = rule.route.route ?? [];
  const hash = routes.flatMap(({ destination }) => hashPolicy(context.hash(fullHost(destination.host, rule.namespace), destination.port?.number, destination.subset)) ?? []);
  const [only] = routes;
  if (routes.length === 1 && only !== undefined) return { part: { cluster: destinationCluster(only.destination, rule.namespace, context) }, hash, changes: headerChanges(only.headers) };
  const clusters = routes.filter((entry) => (entry.weight ?? 0) !== 0).map((entry): ClusterWeight => {
    const changes = headerChanges(entry.headers);
    return {
      name: destinationCluster(entry.destination, rule.namespace, context), weight: entry.weight ?? 0, ...changes.ops, ...(changes.authority === undefined ? {} : { host_rewrite_literal: changes.authority }),
    };
  });
  return { part: { weighted_clusters: { clusters } }, hash, changes: undefined };
}

function forward(rule: HttpRule, context: RouteContext, own: HeaderChanges): Pick<Route, 'route'> & HeaderChanges['ops'] {
  const { route } = rule;
  const targets = targetsOf(rule, context);
  const timeout = duration(route.timeout) ?? '0s';
  const rewrittenHost = route.rewrite?.authority !== undefined && route.rewrite.authority !== '' ? route.rewrite.authority : (own.authority ?? targets.changes?.authority);
  const mirrors = mirrorsOf(rule, context);
  const retry = retryPolicy(route.retries, context.mesh.defaultRetryAttempts, targets.hash.length > 0);
  const action: RouteAction = {
    ...targets.part, timeout, max_grpc_timeout: timeout, ...rewriteOf(route), ...(rewrittenHost === undefined ? {} : { host_rewrite_literal: rewrittenHost }),
    ...(mirrors.length === 0 ? {} : { request_mirror_policies: mirrors }), ...(targets.hash.length === 0 ? {} : { hash_policy: targets.hash }), ...(retry === undefined ? {} : { retry_policy: retry }),
  };
  return { route: action, ...joinOps(own.ops, targets.changes?.ops ?? {}) };
}

/** The words a span of this route has: one destination by host and port, else the rule's name. */
export function operationOf(match: RouteMatch, action: RouteAction | undefined, ruleName: string, port: number): string {
  const path = match.prefix !== undefined ? `${match.prefix}*` : (match.path ?? match.safe_regex?.regex ?? '/*');
  const target = action?.cluster === undefined ? undefined : parseClusterName(action.cluster);
  return target === undefined ? `${ruleName}:${port}${path}` : `${target.host}:${target.port}${path}`;
}

/** Matches of other ports, gateways and callers do not become routes here. */
function isForHere(match: HTTPMatchRequest, context: RouteContext): boolean {
  if (match.port !== undefined && match.port !== 0 && match.port !== context.listenerPort) return false;
  if (match.gateways !== undefined && match.gateways.length > 0) return match.gateways.includes(context.gateway);
  return selects(match.sourceLabels, context.labels) && (match.sourceNamespace === undefined || match.sourceNamespace === '' || match.sourceNamespace === context.namespace);
}

function filterConfigs(route: HTTPRoute): { readonly typed_per_filter_config?: { readonly [filter: string]: Any } } {
  const [fault, cors] = [faultConfig(route.fault), corsConfig(route.corsPolicy)];
  return fault === undefined && cors === undefined ? {} : { typed_per_filter_config: { ...(fault === undefined ? {} : { [FAULT]: fault }), ...(cors === undefined ? {} : { [CORS]: cors }) } };
}

function translate(rule: RoutingRule, http: HttpRule, match: HTTPMatchRequest | undefined, path: string, context: RouteContext): Route {
  const { route } = http;
  const own = headerChanges(route.headers);
  const routeMatchPart = routeMatch(match);
  const redirect = route.redirect === undefined ? undefined : redirectAction(route.redirect, context);
  const action = route.redirect !== undefined ? { ...own.ops, ...(redirect === undefined ? {} : { redirect }) }
    : route.directResponse !== undefined ? { ...own.ops, direct_response: directResponse(route.directResponse) }
    : forward(http, context, own);
  const name = match?.name !== undefined && match.name !== '' ? `${route.name ?? ''}.${match.name}` : (route.name ?? '');
  return {
    ...(name === '' ? {} : { name }), match: routeMatchPart, ...action, metadata: routeMetadata(rule.object, { object: http.source.object, path }),
    decorator: { operation: operationOf(routeMatchPart, 'route' in action ? action.route : undefined, rule.name, context.listenerPort) }, ...filterConfigs(route),
    ...(match?.statPrefix === undefined || match.statPrefix === '' ? {} : { stat_prefix: match.statPrefix }),
  };
}

/** The routes of a VirtualService on one listener, one for each rule and match, up to the first that takes everything. */
export function translateRule(rule: RoutingRule, context: RouteContext): readonly Route[] {
  const routes: Route[] = [];
  for (const http of rule.http) {
    if (http.match.length === 0) return [...routes, translate(rule, http, undefined, http.source.path, context)];
    for (const [i, match] of http.match.entries()) {
      if (!isForHere(match, context)) continue;
      const route = translate(rule, http, match, `${http.source.path}.match[${i}]`, context);
      routes.push(route);
      if (isCatchAll(route.match)) return routes;
    }
  }
  return routes;
}
