import { isRecord } from '#shared/base';

/** A route as a sidecar runs it, with where it comes from. */
export type DumpRoute = { readonly config: string; readonly host: string; readonly domains: readonly string[]; readonly name: string; readonly match: string; readonly clusters: readonly string[]; readonly to: string; readonly object: Origin | undefined; readonly faults: readonly ('abort' | 'delay')[] };
export type DumpCluster = { readonly name: string; readonly type: string; readonly tls: string; readonly object: Origin | undefined };
export type DumpListener = { readonly name: string; readonly address: string; readonly direction: string; readonly chains: number; readonly routes: readonly string[] };
/** The config object behind a resource: `istio.config` of its filter metadata, with the field path where our compiler wrote it. */
export type Origin = { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string; readonly path: string };
export type ConfigDump = { readonly version: string; readonly listeners: readonly DumpListener[]; readonly routes: readonly DumpRoute[]; readonly clusters: readonly DumpCluster[] };

type Rec = Record<string, unknown>;
const list = (v: unknown): readonly Rec[] => (Array.isArray(v) ? v.filter(isRecord) : []);
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const rec = (v: unknown): Rec => (isRecord(v) ? v : {});

/** `virtual-service` -> VirtualService, the kinds Istio puts into config paths. */
const kindName = (part: string): string => part.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');

/** Where a resource comes from, by its metadata. */
export function originOf(metadata: unknown): Origin | undefined {
  const filters = rec(rec(metadata)['filter_metadata']);
  const config = text(rec(filters['istio'])['config']);
  const match = /^\/apis\/([^/]+)\/[^/]+\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(config);
  if (match === null) return undefined;
  const own = rec(filters['pharos']);
  return { group: match[1] ?? '', namespace: match[2] ?? '', kind: kindName(match[3] ?? ''), name: match[4] ?? '', path: text(own['path']) };
}

function matchText(match: Rec): string {
  const regex = text(rec(match['safe_regex'])['regex']);
  const path = text(match['path']) || (text(match['prefix']) === '' ? '' : `${text(match['prefix'])}*`) || (text(match['path_separated_prefix']) === '' ? '' : `${text(match['path_separated_prefix'])}/*`) || (regex === '' ? '*' : `~ ${regex}`);
  const headers = list(match['headers']).map((h) => {
    const m = rec(h['string_match']);
    const value = text(m['exact']) || (text(m['prefix']) === '' ? '' : `${text(m['prefix'])}*`) || (text(rec(m['safe_regex'])['regex']) === '' ? '' : `~ ${text(rec(m['safe_regex'])['regex'])}`);
    return `${h['invert_match'] === true ? 'not ' : ''}${text(h['name'])}${value === '' ? ' present' : ` = ${value}`}`;
  });
  const query = list(match['query_parameters']).map((q) => `query ${text(q['name'])}`);
  return [path, ...headers, ...query].join(', ');
}

function faultsOf(route: Rec): DumpRoute['faults'] {
  const configs = [route, ...list(rec(rec(route['route'])['weighted_clusters'])['clusters'])].flatMap((holder) => Object.entries(rec(holder['typed_per_filter_config'])));
  const out = new Set<'abort' | 'delay'>();
  for (const [filter, config] of configs) {
    if (!filter.includes('fault')) continue;
    if (isRecord(config) && config['abort'] !== undefined) out.add('abort');
    if (isRecord(config) && config['delay'] !== undefined) out.add('delay');
  }
  return [...out];
}

function routeOf(config: string, vhost: Rec, route: Rec): DumpRoute {
  const action = rec(route['route']);
  const weighted = list(rec(action['weighted_clusters'])['clusters']);
  const clusters = weighted.length > 0 ? weighted.map((c) => text(c['name'])) : text(action['cluster']) === '' ? [] : [text(action['cluster'])];
  const to = weighted.length > 0 ? weighted.map((c) => `${text(c['name'])} ${String(c['weight'] ?? 0)}`).join(', ') : clusters[0] ?? (isRecord(route['redirect']) ? 'redirect' : isRecord(route['direct_response']) ? `answers ${String(route['direct_response']['status'] ?? '')}` : '');
  return { config, host: text(vhost['name']), domains: Array.isArray(vhost['domains']) ? vhost['domains'].map(String) : [], name: text(route['name']), match: matchText(rec(route['match'])), clusters, to, object: originOf(route['metadata']), faults: faultsOf(route) };
}
const routesOf = (config: Rec): readonly DumpRoute[] => list(config['virtual_hosts']).flatMap((vhost) => list(vhost['routes']).map((route) => routeOf(text(config['name']), vhost, route)));

function addressOf(listener: Rec): string {
  const socket = rec(rec(listener['address'])['socket_address']);
  return `${text(socket['address'])}:${String(socket['port_value'] ?? '')}`;
}
function hcms(listener: Rec): readonly Rec[] {
  return [...list(listener['filter_chains']), ...(isRecord(listener['default_filter_chain']) ? [listener['default_filter_chain']] : [])].flatMap((chain) => list(chain['filters']).map((f) => rec(f['typed_config'])).filter((c) => text(c['@type']).endsWith('HttpConnectionManager')));
}

function tlsOf(cluster: Rec): string {
  const matches = list(cluster['transport_socket_matches']);
  if (matches.some((m) => text(m['name']).includes('tlsMode-istio'))) return 'mutual TLS where the endpoint has a sidecar';
  if (!isRecord(cluster['transport_socket'])) return 'plain text';
  const common = rec(rec(rec(cluster['transport_socket'])['typed_config'])['common_tls_context']);
  return common['tls_certificate_sds_secret_configs'] !== undefined || common['tls_certificates'] !== undefined ? 'mutual TLS' : 'TLS';
}

/** What one sidecar runs, from Envoy's /config_dump (JSON with the original field names). Unknown parts are left out. */
export function parseConfigDump(body: unknown): ConfigDump {
  const listeners: DumpListener[] = [];
  const routes: DumpRoute[] = [];
  const clusters: DumpCluster[] = [];
  let version = '';
  for (const section of list(rec(body)['configs'])) {
    const type = text(section['@type']);
    if (type.endsWith('BootstrapConfigDump')) {
      const node = rec(rec(section['bootstrap'])['node']);
      version = text(rec(node['metadata'])['ISTIO_VERSION']) || text(node['user_agent_version']);
    }
    const dynamicListeners = list(section['dynamic_listeners']).map((l) => rec(rec(l['active_state'])['listener']));
    for (const listener of [...dynamicListeners, ...list(section['static_listeners']).map((l) => rec(l['listener']))]) {
      if (text(listener['name']) === '' && !isRecord(listener['address'])) continue;
      const managers = hcms(listener);
      for (const manager of managers) if (isRecord(manager['route_config'])) routes.push(...routesOf(manager['route_config']));
      listeners.push({ name: text(listener['name']), address: addressOf(listener), direction: text(listener['traffic_direction']) || 'UNSPECIFIED', chains: list(listener['filter_chains']).length + (isRecord(listener['default_filter_chain']) ? 1 : 0), routes: [...new Set(managers.map((m) => text(rec(m['rds'])['route_config_name']) || text(rec(m['route_config'])['name'])).filter((name) => name !== ''))] });
    }
    for (const held of [...list(section['dynamic_route_configs']), ...list(section['static_route_configs'])]) routes.push(...routesOf(rec(held['route_config'])));
    for (const held of [...list(section['dynamic_active_clusters']), ...list(section['static_clusters'])]) {
      const cluster = rec(held['cluster']);
      clusters.push({ name: text(cluster['name']), type: text(cluster['type']) || (isRecord(cluster['cluster_type']) ? text(cluster['cluster_type']['name']) : 'STATIC'), tls: tlsOf(cluster), object: originOf(cluster['metadata']) });
    }
  }
  return { version, listeners, routes: dedupe(routes), clusters };
}

/** Inline routes stand in static_route_configs too. */
function dedupe(routes: readonly DumpRoute[]): readonly DumpRoute[] {
  const seen = new Set<string>();
  return routes.filter((route) => {
    const key = JSON.stringify([route.config, route.host, route.name, route.match, route.to]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
