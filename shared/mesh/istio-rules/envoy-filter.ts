import type { FieldPath } from '../check/issue.ts';
import { regexError } from '../check/regex.ts';
import type { EnvoyFilter } from '../kinds/istio/envoy-filter.ts';
import type { Loose } from './proto.ts';
import { each, quoted } from './report.ts';
import type { Report } from './report.ts';
import { checkSelectorLabels } from './shared-fields.ts';

type Spec = Loose<EnvoyFilter['spec']>;
type Patch = NonNullable<Spec['configPatches']>[number];
type Match = NonNullable<Patch['match']>;
const VERSION_LENGTH_MAX = 1024;
const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';
const LISTENER_TARGETS: ReadonlySet<string> = new Set(['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER']);
const ROUTE_TARGETS: ReadonlySet<string> = new Set(['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE']);
const OBJECTS = ['listener', 'routeConfiguration', 'cluster', 'waypoint'] as const;
/** Old names of filters that Istio still takes, with the names to use. */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ['envoy.http_connection_manager', CONNECTION_MANAGER], ['envoy.tcp_proxy', 'envoy.filters.network.tcp_proxy'], ['envoy.router', 'envoy.filters.http.router'], ['envoy.cors', 'envoy.filters.http.cors'],
  ['envoy.fault', 'envoy.filters.http.fault'], ['envoy.ext_authz', 'envoy.filters.http.ext_authz'], ['envoy.lua', 'envoy.filters.http.lua'], ['envoy.buffer', 'envoy.filters.http.buffer'], ['envoy.gzip', 'envoy.filters.http.gzip'],
  ['envoy.rate_limit', 'envoy.filters.http.ratelimit'], ['envoy.health_check', 'envoy.filters.http.health_check'], ['envoy.grpc_web', 'envoy.filters.http.grpc_web'], ['envoy.squash', 'envoy.filters.http.squash'],
  ['envoy.mongo_proxy', 'envoy.filters.network.mongo_proxy'], ['envoy.redis_proxy', 'envoy.filters.network.redis_proxy'], ['envoy.ratelimit', 'envoy.filters.network.ratelimit'], ['envoy.client_ssl_auth', 'envoy.filters.network.client_ssl_auth'],
]);

export function checkEnvoyFilter(spec: Spec, report: Report): void {
  report.warn(['spec'], 'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.');
  const before = report.issues.length;
  checkSelectorLabels(spec.workloadSelector?.labels, ['spec', 'workloadSelector', 'labels'], report);
  if (report.issues.length > before) return; // Istio looks no further
  if (spec.workloadSelector !== undefined && Object.keys(spec.workloadSelector.labels ?? {}).length === 0) {
    report.warn(['spec', 'workloadSelector'], 'Envoy filter: workload selector specified without labels, will be applied to all services in namespace');
  }
  for (const [i, patch] of each(spec.configPatches)) checkPatch(patch, ['spec', 'configPatches', i], report);
}

function checkPatch(configPatch: Patch, at: FieldPath, report: Report): void {
  const { applyTo = 'INVALID', match = {}, patch } = configPatch;
  const missing = (message: string): void => report.error(at, `Envoy filter: ${message}`);
  if (match.context === 'WAYPOINT') return;
  if (applyTo === 'INVALID') return missing('missing applyTo');
  if (patch === undefined) return missing('missing patch');
  if ((patch.operation ?? 'INVALID') === 'INVALID') return missing('missing patch operation');
  if (patch.operation !== 'REMOVE' && patch.value === undefined) return missing('missing patch value for non-remove operation');
  const version = match.proxy?.proxyVersion ?? '';
  const versionError = version.length > VERSION_LENGTH_MAX ? undefined : regexError(version);
  if (version.length > VERSION_LENGTH_MAX) report.warn([...at, 'match', 'proxy', 'proxyVersion'], `Envoy filter: proxyVersion match exceeds ${VERSION_LENGTH_MAX} characters and will be ignored`);
  if (versionError !== undefined) return missing(`invalid regex for proxy version, [${versionError}]`);
  const hasObject = OBJECTS.some((field) => match[field] !== undefined);
  if (LISTENER_TARGETS.has(applyTo) && hasObject && match.listener === undefined) return missing('applyTo for listener class objects cannot have non listener match');
  if (LISTENER_TARGETS.has(applyTo)) checkListenerMatch(applyTo, match, [...at, 'match', 'listener'], report);
  if (ROUTE_TARGETS.has(applyTo) && hasObject && match.routeConfiguration === undefined) missing('applyTo for http route class objects cannot have non route configuration match');
  if (applyTo === 'CLUSTER' && hasObject && match.cluster === undefined) missing('applyTo for cluster class objects cannot have non cluster match');
  checkValue(applyTo, patch.value, [...at, 'patch', 'value'], report);
  return undefined;
}

function checkListenerMatch(applyTo: string, match: Match, at: FieldPath, report: Report): void {
  const filter = match.listener?.filterChain?.filter;
  if (filter === undefined) return;
  const place = [...at, 'filterChain', 'filter'];
  const name = filter.name ?? '';
  if (applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN') report.warn(place, `Envoy filter: filter match has no effect when used with ${applyTo}`);
  const inner = filter.subFilter;
  const wrong = name === '' ? 'filter match has no name to match on'
    : inner === undefined ? undefined
      : applyTo !== 'HTTP_FILTER' ? 'subfilter match can be used with applyTo HTTP_FILTER only'
        : name !== CONNECTION_MANAGER && name !== 'envoy.http_connection_manager' ? `subfilter match requires filter match with ${CONNECTION_MANAGER}`
          : (inner.name ?? '') === '' ? 'subfilter match has no name to match on' : undefined;
  if (wrong !== undefined) {
    report.error(place, `Envoy filter: ${wrong}`);
    return;
  }
  for (const one of [name, inner?.name ?? '']) {
    const newName = OLD_NAMES.get(one);
    if (newName !== undefined) report.warn(place, `using deprecated filter name ${quoted(one)}; use ${quoted(newName)} instead`);
  }
}

/** Fields of Envoy's messages that are looked at here; istiod knows every message, Pharos only these. */
const DURATION_FIELDS: readonly string[] = ['connect_timeout', 'cleanup_interval', 'dns_refresh_rate', 'dns_jitter'];
function checkValue(applyTo: string, value: { readonly [key: string]: unknown } | undefined, at: FieldPath, report: Report): void {
  if (value === undefined) return;
  if (applyTo === 'CLUSTER') {
    for (const field of DURATION_FIELDS) {
      const one = value[field];
      if (one !== undefined && typeof one !== 'string') report.error([...at, field], `Envoy filter: json: cannot unmarshal ${typeof one === 'boolean' ? 'bool' : typeof one} into Go value of type string`);
    }
  }
  const isFilter = applyTo === 'HTTP_FILTER' || applyTo === 'NETWORK_FILTER' || applyTo === 'LISTENER_FILTER';
  if (isFilter && typeof value['name'] === 'string' && value['typed_config'] === undefined && value['typedConfig'] === undefined && value['config_discovery'] === undefined) {
    report.warn(at, `using deprecated types by name without typed_config; ${value['name']}`);
  }
}
