import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { RouteConfiguration } from '#shared/xds';
import {
  applyOps, backOffMs, compileChains, compileFault, compileRetry, compileRouteTable, createBalancer, describeReason, eligibleHosts, evaluateOutbound, faultApplies, loadRegexEngine, matchFilterChain, matchRoute, matchVirtualHost,
  pickAvoiding, pickDestination, pickWeighted, retryForRequest, tlsViewOf, transportSocketFor, usesRegex, wireText, wouldRetry,
} from './index.ts';
import type { RequestView, Trace } from './index.ts';

beforeAll(() => loadRegexEngine());
const request = (over: Partial<RequestView> = {}): RequestView => ({ method: 'GET', path: '/', authority: 'a', scheme: 'http', headers: [], ...over });
const dice = (): number => 0.5;
const tableOf = (match: object, more: object = {}): ReturnType<typeof compileRouteTable> =>
  compileRouteTable({ name: 't', virtual_hosts: [{ name: 'v', domains: ['*'], routes: [{ match: { prefix: '/', ...match }, route: { cluster: 'c' }, ...more }] }] });
const matches = (match: object, over: Partial<RequestView>): boolean => matchRoute(tableOf(match), request(over), dice) !== undefined;

test('virtual hosts: exact, longest suffix, longest prefix, any; case blind, exact about port and trailing dot', () => {
  const hosts = { exact: ['x.b.c'], suffix: ['*.b.c'], prefix: ['y.*'], any: ['*'] };
  const config = (ignore: boolean): RouteConfiguration => ({ name: 't', ignore_port_in_host_matching: ignore, virtual_hosts: Object.entries(hosts).map(([name, domains]) => ({ name, domains })) });
  const find = (host: string, ignore = false): string | undefined => matchVirtualHost(compileRouteTable(config(ignore)), host)?.name;
  expect(['x.b.c', 'z.b.c', 'b.c', 'y.b.c', 'y.q', 'X.B.C', 'x.b.c:80', 'x.b.c.'].map((host) => find(host))).toEqual(['exact', 'suffix', 'any', 'suffix', 'prefix', 'exact', 'any', 'any']);
  expect(find('x.b.c:80', true)).toBe('exact');
  expect(find('[::1]:80', true)).toBe('any');
  expect(() => compileRouteTable({ name: 't', virtual_hosts: [{ name: 'a', domains: ['h'] }, { name: 'b', domains: ['H'] }] })).toThrow('Duplicate entry of domain H');
});

test('paths: prefix, exact, whole-path regex, case, query cut off', () => {
  const on = (match: object, paths: readonly string[]): readonly boolean[] => paths.map((path) => matches(match, { path }));
  expect(on({ prefix: '/api' }, ['/api', '/apix', '/API', '/api?x=1', '/x/api'])).toEqual([true, true, false, true, false]);
  expect(on({ prefix: undefined, path: '/ping', case_sensitive: false }, ['/PING?q', '/ping/'])).toEqual([true, false]);
  expect(on({ prefix: undefined, safe_regex: { regex: '/a[0-9]+' } }, ['/a1', '/a12', '/a1x', '/xa1', '/a1?q=1'])).toEqual([true, true, false, false, true]);
  expect(on({ prefix: undefined, path_separated_prefix: '/api/dev' }, ['/api/dev', '/api/dev/x', '/api/dev?x', '/api/developer'])).toEqual([true, true, true, false]);
});

test('headers: any repeated line, missing is no match even inverted, presence, pseudo headers', () => {
  const exact = (more: object = {}): object => ({ headers: [{ name: 'X-A', string_match: { exact: 'v' }, ...more }] });
  expect(matches(exact(), { headers: ['x-a', 'w', 'x-a', 'v'] })).toBe(true);
  expect(matches(exact(), { headers: ['x-a', 'v,w'] })).toBe(false);
  expect(matches(exact({ invert_match: true }), {})).toBe(false);
  expect(matches(exact({ invert_match: true, treat_missing_header_as_empty: true }), {})).toBe(true);
  expect(matches(exact({ invert_match: true }), { headers: ['x-a', 'w'] })).toBe(true);
  expect(matches({ headers: [{ name: 'x', present_match: false }] }, { headers: ['x', '1'] })).toBe(false);
  expect(matches({ headers: [{ name: ':method', string_match: { exact: 'POST' } }] }, { method: 'POST' })).toBe(true);
  expect(matches({ headers: [{ name: 'host', string_match: { suffix: '.C', ignore_case: true } }] }, { authority: 'b.c' })).toBe(true);
  expect(matches({ headers: [{ name: 'x', string_match: { exact: 'ü' } }] }, { headers: ['x', wireText('ü')] })).toBe(true);
});

test('query parameters: the first of a repeated key, not decoded', () => {
  const q = (path: string): boolean => matches({ query_parameters: [{ name: 'd', string_match: { exact: '1' } }] }, { path });
  expect(['/?d=1', '/?d=2&d=1', '/?x&d=1#f', '/?dd=1', '/', '/?d=%31'].map(q)).toEqual([true, false, true, false, false, false]);
});

test('bad configurations are refused with the field', () => {
  expect(() => tableOf({ prefix: undefined, safe_regex: { regex: '(a' } })).toThrow('virtual_hosts[0].routes[0].match.safe_regex.regex');
  expect(() => tableOf({ prefix: undefined, safe_regex: { regex: '(?=a)b' } })).toThrow('Invalid regex');
  expect(() => tableOf({}, { route: { weighted_clusters: { clusters: [{ name: 'a', weight: 0 }] } } })).toThrow('must be greater than 0');
  expect(() => tableOf({}, { route: { weighted_clusters: { clusters: [{ name: 'a', weight: -1 }, { name: 'b', weight: 5 }] } } })).toThrow('negative');
  expect(() => tableOf({}, { request_headers_to_add: [{ header: { key: 'host', value: 'x' } }] })).toThrow('may not be modified');
  expect(() => tableOf({}, { route: { cluster: 'c', timeout: '-1s' } })).toThrow('timeout');
  expect(() => compileFault({ abort: { http_status: 1000 } }, 'f')).toThrow('f.abort.http_status');
  expect(usesRegex({ a: [{ safe_regex: { regex: 'x' } }] })).toBe(true);
});

test('weights: shares are exact over all numbers, weight 0 is never drawn', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 8 }).filter((weights) => weights.some((w) => w > 0)), (weights) => {
    const total = weights.reduce((a, b) => a + b, 0);
    const counts = weights.map(() => 0);
    for (let i = 0; i < total; i++) {
      const picked = pickWeighted(weights, total, (i + 0.5) / total);
      counts[picked] = (counts[picked] ?? 0) + 1;
    }
    expect(counts).toEqual(weights);
  }));
});

test('header operations: removal before addition, most specific level first, formatters', () => {
  const table = compileRouteTable({
    name: 't', request_headers_to_add: [{ header: { key: 'x-level', value: 'table' } }],
    virtual_hosts: [{ name: 'v', domains: ['*'], routes: [{
      match: { prefix: '/' }, request_headers_to_remove: ['x-old'],
      request_headers_to_add: [{ header: { key: 'x-old', value: 'new' } }, { header: { key: 'x-set', value: '%REQ(X-A)%-100%%' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }, { header: { key: 'x-none', value: '%REQ(missing)%' } }, { header: { key: 'x-a', value: 'no' }, append_action: 'ADD_IF_ABSENT' }],
      route: { weighted_clusters: { clusters: [{ name: 'c', weight: 1, request_headers_to_add: [{ header: { key: 'x-level', value: 'cluster' } }] }] } },
    }] }],
  });
  const found = matchRoute(table, request(), dice);
  const action = found?.route.action;
  const destination = action?.kind === 'forward' ? pickDestination(action, 0) : undefined;
  const headers = ['x-old', '1', 'x-a', 'v', 'x-set', 'a', 'x-set', 'b'];
  for (const ops of destination?.requestOps ?? []) applyOps(ops, headers, { format: (command, argument) => (command === 'REQ' && argument.toLowerCase() === 'x-a' ? 'v' : undefined) });
  expect(headers).toEqual(['x-a', 'v', 'x-level', 'cluster', 'x-old', 'new', 'x-set', 'v-100%', 'x-level', 'table']);
});

test('rewrites and redirects', () => {
  const rewritten = (match: object, action: object, path: string): string | undefined => {
    const found = matchRoute(tableOf(match, { route: { cluster: 'c', ...action } }), request({ path }), dice);
    return found?.route.action.kind === 'forward' ? (found.route.action.rewritePath?.(path) ?? path) : undefined;
  };
  expect(rewritten({ prefix: '/api/v1/' }, { prefix_rewrite: '/v2/' }, '/api/v1/x?q=1')).toBe('/v2/x?q=1');
  expect(rewritten({ prefix: undefined, path: '/api' }, { prefix_rewrite: '/v2/' }, '/api?q')).toBe('/v2/?q');
  expect(rewritten({}, { regex_rewrite: { pattern: { regex: '^/a/(\\w+)' }, substitution: '/\\1/a$' } }, '/a/b/c?x')).toBe('/b/a$/c?x');
  const redirect = (config: object, over: Partial<RequestView> = {}): string | undefined => {
    const found = matchRoute(tableOf({ prefix: '/old' }, { route: undefined, redirect: config }), request({ path: '/old/x?q=1', authority: 'h:80', ...over }), dice);
    return found?.route.action.kind === 'redirect' ? `${found.route.action.status} ${found.route.action.location(request({ path: '/old/x?q=1', authority: 'h:80', ...over }))}` : undefined;
  };
  expect(redirect({ path_redirect: '/new', response_code: 'PERMANENT_REDIRECT' })).toBe('308 http://h:80/new?q=1');
  expect(redirect({ https_redirect: true })).toBe('301 https://h/old/x?q=1');
  expect(redirect({ prefix_rewrite: '/n', port_redirect: 8080, host_redirect: 'z' })).toBe('301 http://z:8080/n/x?q=1');
});

test('retries: the conditions of Envoy, Istio\'s default list, back-off doubling up to its maximum', () => {
  const istio = compileRetry({ retry_on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes', num_retries: 2, retriable_status_codes: [503] }, '');
  const response = (status: number, headers: readonly string[] = []) => ({ kind: 'response', status, headers }) as const;
  expect([response(503), response(500), response(200, ['grpc-status', '14']), response(503, ['x-envoy-ratelimited', '1'])].map((o) => wouldRetry(istio, o))).toEqual([true, false, true, false]);
  expect(wouldRetry(istio, { kind: 'reset', requestSent: true })).toBe(false);
  expect(wouldRetry(istio, { kind: 'connect-failure' })).toBe(true);
  const before = compileRetry({ retry_on: 'reset-before-request' }, '');
  expect([true, false].map((requestSent) => wouldRetry(before, { kind: 'reset', requestSent }))).toEqual([false, true]);
  expect(wouldRetry(compileRetry({ retry_on: '5xx' }, ''), { kind: 'overflow' })).toBe(false);
  expect([1, 2, 3, 9].map((n) => backOffMs(istio, n, () => 1))).toEqual([25, 50, 100, 250]);
  const overlaid = retryForRequest(istio, ['x-envoy-retry-on', '5xx', 'x-envoy-max-retries', '7']);
  expect([overlaid?.retriesMax, overlaid?.on.has('5xx'), overlaid?.on.has('unavailable')]).toEqual([7, true, true]);
  expect(retryForRequest(undefined, ['x-envoy-max-retries', '7'])).toBeUndefined();
});

test('faults: shares by denominator, gates by cluster and header', () => {
  const fault = compileFault({ delay: { fixed_delay: '0.2s', percentage: { numerator: 125_000, denominator: 'MILLION' } }, abort: { http_status: 503, percentage: { numerator: 10 } }, upstream_cluster: 'c', headers: [{ name: 'x', string_match: { exact: '1' } }] }, 'f');
  expect([fault?.delay, fault?.abort?.share]).toEqual([{ ms: 200, share: 0.125 }, 0.1]);
  if (fault === undefined) throw new Error('no fault');
  expect([faultApplies(fault, request({ headers: ['x', '1'] }), 'c', dice), faultApplies(fault, request(), 'c', dice), faultApplies(fault, request({ headers: ['x', '1'] }), 'd', dice)]).toEqual([true, false, false]);
});

test('balancing: round robin by weight, two random choices, unhealthy hosts, panic, previous hosts', () => {
  const host = (address: string, over: object = {}) => ({ address, weight: 1, health: 'HEALTHY', priority: 0, active: 0, ...over });
  const hosts = [host('a'), host('b'), host('c')];
  const turns = createBalancer('ROUND_ROBIN', hosts, () => 0);
  expect([1, 2, 3, 4].map(() => turns.pick(dice)?.address)).toEqual(['a', 'b', 'c', 'a']);
  const weighted = createBalancer('ROUND_ROBIN', [host('a', { weight: 3 }), host('b')], dice);
  expect([1, 2, 3, 4].map(() => weighted.pick(dice)?.address)).toEqual(['a', 'a', 'b', 'a']);
  const numbers = [0.1, 0.9];
  const least = createBalancer('LEAST_REQUEST', [host('a', { active: 5 }), host('b'), host('c', { active: 1 })], dice);
  expect(least.pick(() => numbers.shift() ?? 0)?.address).toBe('c');
  expect(eligibleHosts([host('a'), host('b', { health: 'UNHEALTHY' })], 0).hosts.map((h) => h.address)).toEqual(['a']);
  expect(eligibleHosts([host('a', { health: 'UNHEALTHY' })], 0)).toEqual({ hosts: [], panic: false });
  expect(eligibleHosts([host('a', { health: 'UNHEALTHY' }), host('b', { health: 'UNHEALTHY' }), host('c')], 50).hosts.length).toBe(3);
  expect(eligibleHosts([host('a', { health: 'UNHEALTHY' }), host('p', { priority: 1 })], 0).hosts.map((h) => h.address)).toEqual(['p']);
  const two = createBalancer('ROUND_ROBIN', hosts, () => 0);
  expect(pickAvoiding(two, dice, hosts.slice(0, 2), 5)?.address).toBe('c');
});

const istioChains = (strict: boolean) => compileChains({ name: 'virtualInbound', address: {}, filter_chains: [
  { name: 'catchall', filter_chain_match: { transport_protocol: 'raw_buffer' } }, { name: 'catchall-tls', filter_chain_match: { transport_protocol: 'tls' } },
  { name: 'mtls-9080', filter_chain_match: { destination_port: 9080, transport_protocol: 'tls', ...(strict ? {} : { application_protocols: ['istio', 'istio-http/1.1'] }) } },
  ...(strict ? [] : [{ name: 'plain-9080', filter_chain_match: { destination_port: 9080, transport_protocol: 'raw_buffer' } }]),
] });

test('filter chains: under STRICT plain text to the port finds none, though a catch-all takes plain text', () => {
  const plain = { destinationPort: 9080, transport: 'raw_buffer', applicationProtocols: ['http/1.1'], serverName: '' } as const;
  const tls = { destinationPort: 9080, transport: 'tls', applicationProtocols: ['istio-http/1.1', 'istio'], serverName: 'outbound_.9080_._.x' } as const;
  expect([matchFilterChain(istioChains(false), plain)?.name, matchFilterChain(istioChains(false), tls)?.name]).toEqual(['plain-9080', 'mtls-9080']);
  const trace: Trace = [];
  expect([matchFilterChain(istioChains(true), plain, trace)?.name, matchFilterChain(istioChains(true), tls)?.name]).toEqual([undefined, 'mtls-9080']);
  expect(trace.map(describeReason)).toEqual(['No filter chain matches port 9080, plain text offering http/1.1: the connection is closed.']);
  expect(matchFilterChain(istioChains(true), { ...plain, destinationPort: 1 })?.name).toBe('catchall');
  const sni = compileChains({ name: 'g', address: {}, filter_chains: [{ name: 'e', filter_chain_match: { server_names: ['a.b'] } }, { name: 'w', filter_chain_match: { server_names: ['*.b'] } }] });
  expect(['A.b', 'c.b', 'x.y.b', 'b'].map((serverName) => matchFilterChain(sni, { ...tls, serverName })?.name)).toEqual(['e', 'w', 'w', undefined]);
});

test('the whole way of a request is explained, and costs the decision nothing', () => {
  const upstreamTls = { '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', sni: 's', common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'default' }], combined_validation_context: { default_validation_context: { match_subject_alt_names: [{ exact: 'spiffe://td/ns/d/sa/r' }] } } } };
  const cluster = { name: 'c2', type: 'EDS', common_lb_config: { healthy_panic_threshold: {} }, transport_socket_matches: [{ name: 'm', match: { tlsMode: 'istio' }, transport_socket: { name: 'tls', typed_config: upstreamTls } }] } as const;
  const endpoint = (address: string, health_status: string) => ({ endpoint: { address: { socket_address: { address, port_value: 80 } } }, health_status, metadata: { filter_metadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } } });
  const manager = { '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', rds: { route_config_name: '80' } };
  const route = (name: string, value: string, action: object) => ({ name, match: { prefix: '/', headers: [{ name: 'end-user', string_match: { exact: value } }] }, route: action, metadata: { filter_metadata: { pharos: { object: 'VirtualService/d/r', path: `http[0]` } } } });
  const decision = evaluateOutbound({
    listeners: new Map([['0.0.0.0_80', { name: '0.0.0.0_80', address: {}, filter_chains: [{ filters: [{ name: 'h', typed_config: manager }] }] }]]),
    routes: new Map([['80', { name: '80', virtual_hosts: [{ name: 'r', domains: ['*'], routes: [route('no', 'ann', { cluster: 'c1' }), route('yes', 'jason', { weighted_clusters: { clusters: [{ name: 'c1', weight: 10 }, { name: 'c2', weight: 90 }] }, timeout: '3s' })] }] }]]),
    clusters: new Map([['c2', cluster]]), endpoints: new Map([['c2', { cluster_name: 'c2', endpoints: [{ lb_endpoints: [endpoint('10.0.0.1', 'HEALTHY'), endpoint('10.0.0.2', 'UNHEALTHY')] }] }]]),
  }, { request: request({ headers: ['end-user', 'jason'] }), port: 80 }, dice);
  expect(decision).toMatchObject({ listener: '0.0.0.0_80', virtualHost: 'r', route: 'yes', cluster: 'c2', timeoutMs: 3000, answer: undefined });
  expect(decision.endpoints).toEqual([{ address: '10.0.0.1:80', eligible: true, health: 'HEALTHY', tls: 'mutual' }, { address: '10.0.0.2:80', eligible: false, health: 'UNHEALTHY', tls: 'mutual' }]);
  expect(decision.reasons.map(describeReason)).toEqual([
    'Port 80 is served by listener 0.0.0.0_80.', 'Filter chain  matches port 80, plain text offering http/1.1.', 'No virtual host names a: r takes every host.',
    'path begins with "/": yes.', 'header end-user is "ann": no.', 'path begins with "/": yes.', 'header end-user is "jason": yes.', 'Route yes is the first that matches.',
    'c2 was drawn with weight 90 of 100.', 'The answer must be complete within 3000 ms.', 'Endpoint 10.0.0.1:80 may take the request.', 'Endpoint 10.0.0.2:80 is unhealthy.',
    'Endpoint 10.0.0.1:80 is reached with mutual TLS; the server must be spiffe://td/ns/d/sa/r.', 'Endpoint 10.0.0.2:80 is reached with mutual TLS; the server must be spiffe://td/ns/d/sa/r.',
  ]);
  expect(decision.reasons.find((reason) => reason.code === 'route-chosen')?.source).toEqual({ object: 'VirtualService/d/r', path: 'http[0]' });
  expect(tlsViewOf(transportSocketFor(cluster, undefined)).kind).toBe('plain');
});
