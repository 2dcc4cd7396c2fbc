import { expect, test } from 'vitest';
import { istio, manyServices, shopService } from '#shared/fixtures';
import { changeSnapshot, indexSnapshot, meshConfigOf } from '#shared/mesh';
import type { KubeObject, MeshSnapshot } from '#shared/mesh';
import type { Route, VirtualHost } from '#shared/xds';
import { affected, compileProxy, Compiler, proxyNode } from './index.ts';
import type { ProxyNode } from './index.ts';

const node = (pod: string, namespace: string, options: { readonly type?: string; readonly istioFilters?: boolean; readonly labels?: Record<string, string> } = {}): ProxyNode => {
  const made = proxyNode(`${options.type ?? 'sidecar'}~10.9.9.9~${pod}.${namespace}~${namespace}.svc.cluster.local`, { LABELS: options.labels ?? {} }, { istioFilters: options.istioFilters ?? true });
  if (made === undefined) throw new Error('bad node');
  return made;
};
const shop = [...shopService({ name: 'web', namespace: 'shop', ip: '10.96.0.1', podIp: '10.1.0.1' }), ...shopService({ name: 'cart', namespace: 'shop', ip: '10.96.0.2', podIp: '10.1.0.2' }), ...shopService({ name: 'bank', namespace: 'pay', ip: '10.96.0.3', podIp: '10.1.0.3' })];
const web = node('web-v1-abc-1', 'shop');
const hostOf = (snapshot: MeshSnapshot, proxy: ProxyNode, name: string, table = '80'): VirtualHost | undefined => compileProxy(snapshot, proxy).route.get(table)?.virtual_hosts?.find((host) => host.name === name);
const routesOf = (objects: readonly KubeObject[], proxy: ProxyNode = web, name = 'cart.shop.svc.cluster.local:80'): readonly Route[] => hostOf(indexSnapshot([...shop, ...objects]), proxy, name)?.routes ?? [];

test('a rule of another namespace acts by exportTo; a private one of the own namespace goes before a public one', () => {
  const rule = (name: string, namespace: string, exportTo: readonly string[]) => istio('VirtualService', name, namespace, { hosts: ['cart.shop.svc.cluster.local'], exportTo, http: [{ name, route: [{ destination: { host: 'cart.shop.svc.cluster.local' } }] }] });
  const names = (proxy: ProxyNode, ...objects: readonly KubeObject[]) => routesOf(objects, proxy).map((route) => route.name);
  expect(names(web, rule('a', 'pay', ['.']))).toEqual(['default']);
  expect(names(node('bank-v1-abc-1', 'pay'), rule('a', 'pay', ['.']))).toEqual(['a']);
  expect(names(web, rule('a', 'pay', ['shop']), rule('b', 'shop', ['*']))).toEqual(['a']);
  expect(names(web, rule('a', 'pay', ['*']), rule('z', 'shop', ['.']))).toEqual(['z']);
  expect(names(web, rule('a', 'pay', ['*']), rule('z', 'shop', ['*']))).toEqual(['a']); // the first by name, ages being equal
});

test('matches of other callers, ports and gateways are left out, and nothing follows a match that takes everything', () => {
  const routes = routesOf([istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [
    { name: 'labels', match: [{ sourceLabels: { app: 'nobody' } }], route: [{ destination: { host: 'cart' } }] }, { name: 'port', match: [{ port: 81 }], route: [{ destination: { host: 'cart' } }] },
    { name: 'gateway', match: [{ gateways: ['edge'] }], route: [{ destination: { host: 'cart' } }] }, { name: 'own', match: [{ sourceLabels: { app: 'web' }, uri: { prefix: '/x' } }, { name: 'all' }], route: [{ destination: { host: 'cart' } }] },
    { name: 'never', route: [{ destination: { host: 'cart' } }] },
  ] })]);
  expect(routes.map((route) => [route.name, route.match.prefix])).toEqual([['own', '/x'], ['own.all', '/']]);
});

test('every part says which object and field it comes from', () => {
  const rule = istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [{ match: [{ uri: { exact: '/a' } }, { uri: { exact: '/b' } }], route: [{ destination: { host: 'cart' } }] }, { route: [{ destination: { host: 'cart' } }] }] });
  const snapshot = indexSnapshot([...shop, rule, istio('DestinationRule', 'cart', 'shop', { host: 'cart', subsets: [{ name: 'v1', labels: { version: 'v1' } }] }), istio('PeerAuthentication', 'lock', 'shop', { mtls: { mode: 'STRICT' } })]);
  const compiled = compileProxy(snapshot, web);
  const paths = compiled.route.get('80')?.virtual_hosts?.flatMap((host) => (host.routes ?? []).map((route) => route.metadata?.filter_metadata?.['pharos']));
  expect(paths).toContainEqual({ object: 'networking.istio.io/VirtualService/shop/cart', path: 'spec.http[0].match[1]' });
  expect(paths).toContainEqual({ object: 'networking.istio.io/VirtualService/shop/cart', path: 'spec.http[1]' });
  expect(paths).toContainEqual({ object: '/Service/pay/bank', path: 'spec.ports[0]' });
  expect(paths?.every((path) => path !== undefined)).toBe(true);
  const clusters = [...compiled.cluster.values()].filter((cluster) => cluster.name.includes('|'));
  expect(clusters.every((cluster) => cluster.metadata?.filter_metadata?.['pharos'] !== undefined)).toBe(true);
  expect(compiled.cluster.get('outbound|80|v1|cart.shop.svc.cluster.local')?.metadata?.filter_metadata).toMatchObject({ istio: { config: '/apis/networking.istio.io/v1/namespaces/shop/destination-rule/cart' }, pharos: { path: 'spec.subsets[0]' } });
  expect(compiled.listener.get('virtualInbound')?.filter_chains?.at(-1)?.metadata?.filter_metadata?.['pharos']).toEqual({ object: 'security.istio.io/PeerAuthentication/shop/lock', path: 'spec.mtls.mode' });
});

test('a mode of mutual TLS that nobody knows is none: the wider policy decides', () => {
  const mesh = istio('PeerAuthentication', 'default', 'istio-system', { mtls: { mode: 'STRICT' } });
  const inbound = (...objects: readonly KubeObject[]): object | undefined => compileProxy(indexSnapshot([...shop, mesh, ...objects]), web).listener.get('virtualInbound');
  const unset = inbound();
  expect(JSON.stringify(unset)).toContain('istio-system/default');
  for (const mode of ['MUTUAL', 'strict', '', 'toString']) {
    expect(inbound(istio('PeerAuthentication', 'lock', 'shop', { mtls: { mode } }))).toEqual(unset);
    expect(inbound(istio('PeerAuthentication', 'lock', 'shop', { selector: { matchLabels: { app: 'web' } }, mtls: { mode }, portLevelMtls: { 8080: { mode } } }))).toBeDefined();
  }
});

test('a delegate’s rules take the root’s conditions and settings; those that contradict it are dropped', () => {
  const root = istio('VirtualService', 'root', 'shop', { hosts: ['cart'], http: [{ match: [{ uri: { prefix: '/shop' } }], delegate: { name: 'leaf', namespace: 'pay' }, timeout: '7s' }] });
  const leaf = istio('VirtualService', 'leaf', 'pay', { http: [
    { match: [{ uri: { prefix: '/shop/pay' } }], route: [{ destination: { host: 'bank' } }] }, { match: [{ uri: { prefix: '/other' } }], route: [{ destination: { host: 'bank' } }] }, { match: [{ headers: { x: { exact: '1' } } }], route: [{ destination: { host: 'bank' } }], timeout: '1s' },
  ] });
  const routes = routesOf([root, leaf]);
  expect(routes.map((route) => [route.match.prefix, route.route?.timeout, route.route?.cluster])).toEqual([['/shop/pay', '7s', 'outbound|80||bank.pay.svc.cluster.local'], ['/shop', '1s', 'outbound|80||bank.pay.svc.cluster.local']]);
  expect(routes[0]?.metadata?.filter_metadata).toMatchObject({ istio: { config: '/apis/networking.istio.io/v1/namespaces/shop/virtual-service/root' }, pharos: { object: 'networking.istio.io/VirtualService/pay/leaf', path: 'spec.http[0].match[0]' } });
});

test('mutual TLS: workload before namespace before mesh, ports before all; clients infer from namespace and mesh alone', () => {
  const at = (objects: readonly KubeObject[]) => {
    const compiled = compileProxy(indexSnapshot([...shop, ...objects]), node('cart-v1-abc-1', 'shop'));
    const chains = compiled.listener.get('virtualInbound')?.filter_chains?.filter((chain) => chain.filter_chain_match?.destination_port === 8080) ?? [];
    const matches = compileProxy(indexSnapshot([...shop, ...objects]), web).cluster.get('outbound|80||cart.shop.svc.cluster.local')?.transport_socket_matches;
    const mode = chains.length === 2 ? 'PERMISSIVE' : chains[0]?.transport_socket === undefined ? 'DISABLE' : 'STRICT';
    const endpoint = compileProxy(indexSnapshot([...shop, ...objects]), web).endpoint.get('outbound|80||cart.shop.svc.cluster.local')?.endpoints?.[0]?.lb_endpoints?.[0];
    return [mode, matches === undefined ? 'plain' : 'auto', endpoint?.metadata?.filter_metadata?.['envoy.transport_socket_match'] === undefined ? 'plain' : 'mutual'].join(' ');
  };
  const policy = (name: string, namespace: string, spec: object, created = '2026-01-01T00:00:00Z') => istio('PeerAuthentication', name, namespace, spec, { creationTimestamp: created });
  const cart = { selector: { matchLabels: { app: 'cart' } } };
  expect(at([])).toBe('PERMISSIVE auto mutual');
  expect(at([policy('mesh', 'istio-system', { mtls: { mode: 'STRICT' } })])).toBe('STRICT auto mutual');
  expect(at([policy('mesh', 'istio-system', { mtls: { mode: 'STRICT' } }), policy('ns', 'shop', { mtls: { mode: 'DISABLE' } })])).toBe('DISABLE plain mutual');
  expect(at([policy('ns', 'shop', { mtls: { mode: 'STRICT' } }), policy('w', 'shop', { ...cart, mtls: { mode: 'DISABLE' } })])).toBe('DISABLE auto plain');
  expect(at([policy('w', 'shop', { ...cart, mtls: { mode: 'STRICT' }, portLevelMtls: { 8080: { mode: 'PERMISSIVE' } } })])).toBe('PERMISSIVE auto mutual');
  expect(at([policy('w', 'shop', { ...cart, mtls: { mode: 'UNSET' } }), policy('ns', 'shop', { mtls: { mode: 'STRICT' } })])).toBe('STRICT auto mutual');
  expect(at([policy('young', 'shop', { mtls: { mode: 'DISABLE' } }, '2026-02-01T00:00:00Z'), policy('z-old', 'shop', { mtls: { mode: 'STRICT' } })])).toBe('STRICT auto mutual');
});

test('destination rules: subsets, settings of ports and subsets, several rules for a host', () => {
  const cluster = (objects: readonly KubeObject[], subset = '') => compileProxy(indexSnapshot([...shop, ...objects]), web).cluster.get(`outbound|80|${subset}|cart.shop.svc.cluster.local`);
  const rule = (name: string, spec: object, created = '2026-01-01T00:00:00Z') => istio('DestinationRule', name, 'shop', { host: 'cart', ...spec }, { creationTimestamp: created });
  expect(cluster([rule('a', { trafficPolicy: { loadBalancer: { simple: 'RANDOM' }, connectionPool: { tcp: { maxConnections: 7 } } } })])).toMatchObject({ lb_policy: 'RANDOM', circuit_breakers: { thresholds: [{ max_connections: 7 }] } });
  const byPort = rule('a', { trafficPolicy: { loadBalancer: { simple: 'RANDOM' }, portLevelSettings: [{ port: { number: 80 }, connectionPool: { http: { maxRequestsPerConnection: 1 } } }] } });
  expect(cluster([byPort])?.lb_policy).toBe('LEAST_REQUEST'); // the entry for the port replaces all of it
  const subsets = rule('a', { trafficPolicy: { loadBalancer: { simple: 'RANDOM' } }, subsets: [{ name: 'v1', labels: { version: 'v1' }, trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN' } } }] });
  expect(cluster([subsets], 'v1')?.lb_policy).toBe('ROUND_ROBIN');
  const two = [rule('old', { subsets: [{ name: 'v1', labels: { version: 'v1' } }] }), rule('young', { trafficPolicy: { loadBalancer: { simple: 'RANDOM' } }, subsets: [{ name: 'v2', labels: { version: 'v2' } }] }, '2026-02-01T00:00:00Z')];
  expect([cluster(two)?.lb_policy, cluster(two, 'v1')?.type, cluster(two, 'v2')?.type]).toEqual(['RANDOM', 'EDS', 'EDS']);
  expect(cluster([rule('a', { trafficPolicy: { tls: { mode: 'DISABLE' } } })])?.transport_socket_matches).toBeUndefined();
});

test('Istio’s own filters are in the order of Istio, and left out for a stock Envoy', () => {
  const filters = (istioFilters: boolean, listener: string) => {
    const compiled = compileProxy(indexSnapshot(shop, { mesh: meshConfigOf({ accessLogFile: '/dev/stdout', defaultConfig: { tracing: { sampling: 100 } } }, { otlpEndpoint: 'http://jaeger-collector.istio-system:4318' }) }), node('web-v1-abc-1', 'shop', { istioFilters }));
    const chain = compiled.listener.get(listener)?.filter_chains?.find((known) => known.filters?.some((filter) => filter.name.endsWith('http_connection_manager')));
    const manager: unknown = chain?.filters?.at(-1)?.typed_config;
    return JSON.parse(JSON.stringify(manager));
  };
  const names = (manager: { http_filters: readonly { name: string }[] }) => manager.http_filters.map((filter) => filter.name.replace('envoy.filters.http.', ''));
  expect(names(filters(true, '0.0.0.0_80'))).toEqual(['istio.metadata_exchange', 'grpc_stats', 'istio.alpn', 'fault', 'cors', 'istio.stats', 'router']);
  expect(names(filters(true, 'virtualInbound'))).toEqual(['istio.metadata_exchange', 'grpc_stats', 'fault', 'cors', 'istio.stats', 'router']);
  expect(names(filters(false, '0.0.0.0_80'))).toEqual(['grpc_stats', 'fault', 'cors', 'router']);
  expect(filters(true, '0.0.0.0_80')).toMatchObject({
    access_log: [{ typed_config: { path: '/dev/stdout' } }],
    tracing: { random_sampling: { value: 100 }, provider: { typed_config: { http_service: { http_uri: { cluster: 'outbound|4318||jaeger-collector.istio-system.svc.cluster.local', uri: 'http://jaeger-collector.istio-system:4318/v1/traces' } }, service_name: 'web-v1-abc-1.shop' } } },
  });
});

test('gateways: routes of several rules for a host are joined, those that take everything last; an unknown host has no route', () => {
  const gateway = istio('Gateway', 'edge', 'shop', { selector: { edge: 'yes' }, servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop/*.example.com'], tls: { httpsRedirect: false } }] });
  const bound = (name: string, spec: object, namespace = 'shop') => istio('VirtualService', name, namespace, { hosts: ['a.example.com'], gateways: ['shop/edge'], http: [spec] });
  const router = node('edge-1', 'istio-system', { type: 'router', labels: { edge: 'yes' } });
  const objects = [...shop, gateway, bound('one', { name: 'all', route: [{ destination: { host: 'web' } }] }), bound('two', { name: 'some', match: [{ uri: { prefix: '/cart' } }], route: [{ destination: { host: 'cart' } }] }), bound('three', { name: 'foreign', route: [{ destination: { host: 'bank' } }] }, 'pay')];
  const compiled = compileProxy(indexSnapshot(objects), router);
  expect([...compiled.listener.keys()]).toEqual(['0.0.0.0_80']);
  const [host, ...others] = compiled.route.get('http.80')?.virtual_hosts ?? [];
  expect(others).toEqual([]);
  expect([host?.domains, host?.routes?.map((route) => route.name)]).toEqual([['a.example.com'], ['some', 'all']]);
  const empty = compileProxy(indexSnapshot([...shop, gateway]), router);
  expect(empty.route.get('http.80')?.virtual_hosts).toEqual([{ name: 'blackhole:80', domains: ['*'], routes: [] }]);
});

test('a sniffed port has a listener and a table of its own; UDP has none', () => {
  const objects = [...shopService({ name: 'odd', namespace: 'shop', ip: '10.96.0.9', podIp: '10.1.0.9', port: 9000, portName: 'odd' }), ...shopService({ name: 'db', namespace: 'shop', ip: '10.96.0.10', podIp: '10.1.0.10', port: 5432, portName: 'tcp-db' })];
  const compiled = compileProxy(indexSnapshot([...shop, ...objects]), web);
  expect([...compiled.listener.keys()].sort()).toEqual(['0.0.0.0_80', '10.96.0.10_5432', '10.96.0.9_9000', 'virtualInbound', 'virtualOutbound']);
  expect(compiled.route.get('odd.shop.svc.cluster.local:9000')?.virtual_hosts).toMatchObject([{ domains: ['*'] }]);
  expect(compiled.cluster.get('outbound|9000||odd.shop.svc.cluster.local')?.typed_extension_protocol_options).toBeDefined();
});

test('no domain stands twice in a table', () => {
  const rule = istio('VirtualService', 'both', 'shop', { hosts: ['cart', 'web', 'web.shop'], http: [{ route: [{ destination: { host: 'cart' } }] }] });
  const domains = compileProxy(indexSnapshot([...shop, rule]), web).route.get('80')?.virtual_hosts?.flatMap((host) => host.domains) ?? [];
  expect(new Set(domains).size).toBe(domains.length);
});

test('a change makes anew only what it concerns, and quickly', () => {
  const objects = manyServices(1200);
  const before = indexSnapshot(objects);
  const compiler = new Compiler();
  const proxies = [node('svc-0-v1-abc-1', 'ns-0'), node('svc-1-v1-abc-1', 'ns-1')];
  const first = proxies.map((proxy) => compiler.compile(before, proxy));
  const counts = compiler.counts;
  const rule = istio('VirtualService', 'svc-7', 'ns-7', { hosts: ['svc-7'], http: [{ route: [{ destination: { host: 'svc-7' } }], timeout: '9s' }] });
  const after = changeSnapshot(before, [{ event: 'MODIFIED', object: rule }]);
  expect([...affected(before, after)]).toEqual(['route']);
  const second = proxies.map((proxy) => compiler.compile(after, proxy));
  expect(compiler.counts).toEqual({ ...counts, virtualHosts: counts.virtualHosts + 2 }); // one for each namespace
  for (const [i, result] of second.entries()) {
    for (const kind of ['cluster', 'endpoint', 'listener'] as const) expect(result[kind]).toBe(first[i]?.[kind]);
    const changed = (result.route.get('80')?.virtual_hosts ?? []).filter((host, n) => host !== first[i]?.route.get('80')?.virtual_hosts?.[n]);
    expect(changed.map((host) => host.routes?.[0]?.route?.timeout)).toEqual(['9s']);
  }
  expect(second[0]?.route).toEqual(new Compiler().routes(after, proxies[0] ?? web));
});

test('the result depends on the objects alone, not on the order or the way they came', () => {
  const objects = [...shop, istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart' } }] }] }), istio('DestinationRule', 'cart', 'shop', { host: 'cart', subsets: [{ name: 'v1', labels: { version: 'v1' } }] })];
  const one = compileProxy(indexSnapshot(objects), web);
  expect(compileProxy(indexSnapshot(objects.toReversed()), web)).toEqual(one);
  expect([...compileProxy(indexSnapshot(objects.toReversed()), web).cluster.keys()]).toEqual([...one.cluster.keys()]);
});
