import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '#shared/mesh';
import { startWorld } from '../lib/console-world.ts';
import type { World } from '../lib/console-world.ts';

// From a trace down to the rule that made it fail: spans of the trace store, access-log lines by pods/log, the sidecar's config dump by pods/proxy.

let world: World;
let app: { readonly url: string; stop(): Promise<void> };
const TRACE = '7c1e0000000000000000000094af0001';
const REQUEST = '0a1b2c3d-0000-4000-9000-00000000beef';
const POD = 'productpage-v1-5f6d7c8b9-abcde';
const CLUSTER = 'outbound|9080|v1|details.default.svc.cluster.local';
const start = Date.now() - 2000;

const rule: KubeObject = {
  apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'details', namespace: 'default' },
  spec: {
    hosts: ['details'], http: [
      { match: [{ headers: { 'end-user': { exact: 'jason' } } }], fault: { abort: { percentage: { value: 100 }, httpStatus: 500 } }, route: [{ destination: { host: 'details', subset: 'v1' } }] },
      { route: [{ destination: { host: 'details', subset: 'v1' } }] },
    ],
  },
};
const route = (index: number, more: object): object => ({ name: 'default', match: { prefix: '/', ...(index === 0 ? { headers: [{ name: 'end-user', string_match: { exact: 'jason' } }] } : {}) }, route: { cluster: CLUSTER }, metadata: { filter_metadata: { istio: { config: '/apis/networking.istio.io/v1/namespaces/default/virtual-service/details' }, pharos: { object: 'networking.istio.io/VirtualService/default/details', path: `spec.http[${index}]` } } }, ...more });
const dump = {
  configs: [
    { '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump', bootstrap: { node: { metadata: { ISTIO_VERSION: '1.28.0' } } } },
    { '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump', dynamic_active_clusters: [{ cluster: { name: CLUSTER, type: 'EDS', transport_socket_matches: [{ name: 'tlsMode-istio' }], metadata: { filter_metadata: { istio: { config: '/apis/networking.istio.io/v1/namespaces/default/destination-rule/details' } } } } }] },
    { '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump', dynamic_listeners: [{ name: '0.0.0.0_9080', active_state: { listener: { name: '0.0.0.0_9080', address: { socket_address: { address: '0.0.0.0', port_value: 9080 } }, traffic_direction: 'OUTBOUND', filter_chains: [{ filters: [{ name: 'hcm', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', rds: { route_config_name: '9080' } } }] }] } } }] },
    { '@type': 'type.googleapis.com/envoy.admin.v3.RoutesConfigDump', dynamic_route_configs: [{ route_config: { name: '9080', virtual_hosts: [{ name: 'details.default.svc.cluster.local:9080', domains: ['details.default.svc.cluster.local', 'details', 'details.default'], routes: [route(0, { typed_per_filter_config: { 'envoy.filters.http.fault': { '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault', abort: { http_status: 500, percentage: { numerator: 100 } } } } }), route(1, {})] }] } }] },
  ],
};
const line = `[${new Date(start + 5).toISOString()}] "GET /details/0 HTTP/1.1" 500 FI fault_filter_abort - "-" 0 18 0 - "-" "python" "${REQUEST}" "details:9080" "-" ${CLUSTER} - 10.0.0.3:9080 10.0.0.2:41234 - default`;

type Attributes = Readonly<Record<string, string | number | boolean>>;
const span = (id: string, parent: string, service: string, name: string, kind: number, from: number, ms: number, attributes: Attributes): object => ({
  resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
  scopeSpans: [{ spans: [{ traceId: TRACE, spanId: id, ...(parent === '' ? {} : { parentSpanId: parent }), name, kind, startTimeUnixNano: String(BigInt(start + from) * 1_000_000n), endTimeUnixNano: String(BigInt(start + from + ms) * 1_000_000n), attributes: Object.entries(attributes).map(([key, v]) => ({ key, value: typeof v === 'boolean' ? { boolValue: v } : { stringValue: String(v) } })), ...(attributes['error'] === true ? { status: { code: 2 } } : {}) }] }],
});
const sidecar = (pod: string, more: Attributes, namespace = 'default'): Attributes => ({ component: 'proxy', node_id: `sidecar~10.0.0.2~${pod}.${namespace}~${namespace}.svc.cluster.local`, 'guid:x-request-id': REQUEST, response_flags: '-', ...more });

beforeAll(async () => {
  world = await startWorld();
  await world.create(rule);
  world.logs.set(`default/${POD}/istio-proxy`, `some other line\n${line}\n{"level":"info"}\n`);
  world.logs.set(`default/${POD}/productpage`, 'INFO served\nERROR no details\n');
  for (const [path, body] of Object.entries({ '/config_dump': dump, '/clusters': { cluster_statuses: [{ name: CLUSTER, host_statuses: [{ address: { socket_address: { address: '10.0.0.3', port_value: 9080 } }, health_status: { eds_health_status: 'HEALTHY' }, stats: [{ name: 'rq_total', value: '7' }, { name: 'rq_error', value: '1' }] }] }] }, '/certs': { certificates: [{ ca_cert: [{ serial_number: 'ca', valid_from: '2026-01-01T00:00:00Z', expiration_time: '2036-01-01T00:00:00Z', subject_alt_names: [] }], cert_chain: [{ serial_number: 'leaf', valid_from: '2026-01-01T00:00:00Z', expiration_time: '2026-01-02T00:00:00Z', subject_alt_names: [{ uri: 'spiffe://cluster.local/ns/default/sa/bookinfo-productpage' }] }] }] }, '/server_info': { version: 'x', state: 'LIVE' } })) world.dumps.set(path, body);
  const spans = [
    span('a000000000000001', '', 'istio-ingressgateway.istio-system', 'productpage.default.svc.cluster.local:9080/*', 3, 0, 20, sidecar('istio-ingressgateway-5f6d7c8b9-abcde', { upstream_cluster: 'outbound|9080||productpage.default.svc.cluster.local', 'http.status_code': '200', 'http.url': 'http://localhost/productpage' }, 'istio-system')),
    span('a000000000000002', 'a000000000000001', 'productpage.default', 'productpage:9080/*', 2, 1, 18, sidecar(POD, { upstream_cluster: 'inbound|9080||', 'http.status_code': '200' })),
    span('a000000000000003', 'a000000000000002', 'productpage.default', 'details:9080/*', 3, 5, 1, sidecar(POD, { upstream_cluster: CLUSTER, 'http.status_code': '500', response_flags: 'FI', error: true, 'http.url': 'http://details:9080/details/0' })),
  ];
  const sent = await fetch(`${world.urls.otlp}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ resourceSpans: spans }) });
  expect(sent.status).toBe(200);
  app = await world.console();
});
afterAll(async () => {
  await app.stop();
  await world.stop();
});
async function get(path: string): Promise<unknown> {
  return (await fetch(app.url + path)).json();
}
async function until<T>(read: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const value = await read();
    if (good(value)) return value;
    await sleep(50);
  }
  throw new Error('it did not come');
}
const field = (value: unknown, key: string): unknown => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined);

test('traces are found by service, by errors and by the edge they ran over', async () => {
  const rows = await until(() => get('/api/traces?errors=true'), (v) => Array.isArray(field(v, 'value')) && field(field(v, 'value'), 'length') === 1);
  expect(rows).toMatchObject({ state: 'value', value: [{ id: TRACE, root: 'istio-ingressgateway.istio-system', spans: 3, errors: 1, code: '200', services: [{ name: 'productpage.default', spans: 2 }, { name: 'istio-ingressgateway.istio-system', spans: 1 }] }] });
  const edge = (source: string, target: string) => get(`/api/traces?source=${encodeURIComponent(source)}&target=${encodeURIComponent(target)}`);
  expect(await edge('wl:default/productpage-v1', 'wl:default/details-v1')).toMatchObject({ value: [{ id: TRACE }] });
  expect(await edge('wl:default/productpage-v1', 'svc:default/reviews')).toMatchObject({ value: [] });
  expect(await get('/api/traces/services')).toMatchObject({ value: expect.arrayContaining([{ service: 'productpage.default', operations: expect.arrayContaining(['details:9080/*']) }]) });
  // the caller's sidecar answered: the callee has no span of its own, yet it is the one that was called
  for (const target of ['wl:default/details-v1', 'svc:default/details']) expect(await get(`/api/traces?errors=true&target=${target}`)).toMatchObject({ value: [{ id: TRACE }] });
  for (const other of ['target=wl:default/reviews-v1', 'source=svc:default/reviews&target=wl:default/reviews-v1', 'errors=true&source=wl:istio-system/istio-ingressgateway&target=wl:default/productpage-v1']) expect(await get(`/api/traces?${other}`)).toMatchObject({ value: [] });
  expect(await edge('svc:default/details', 'wl:default/details-v1')).toMatchObject({ state: 'value' });
  expect(await get(`/api/traces?tags=${encodeURIComponent(`guid:x-request-id=${REQUEST}`)}&source=wl:default/productpage-v1`)).toMatchObject({ value: [{ id: TRACE }] });
  expect(await get(`/api/traces?tags=${encodeURIComponent('guid:x-request-id=another')}`)).toMatchObject({ value: [] });
  expect(await get(`/api/traces?tags=${encodeURIComponent('a=1 b')}`)).toMatchObject({ code: 'BAD_REQUEST' });
  expect(await get('/api/traces?minDuration=fast')).toMatchObject({ code: 'BAD_REQUEST' });
});

test('the hop that failed names the rule, the field, the log line and the edge', async () => {
  const detail = await until(() => get(`/api/traces/${TRACE}`), (v) => JSON.stringify(v).includes('.fault.abort'));
  const hops = field(field(detail, 'value'), 'hops');
  expect(hops).toMatchObject([
    { spanId: 'a000000000000001', from: 'istio-ingressgateway', to: 'productpage v1', byMesh: false, verdict: 'productpage v1 answered 200.' },
    { spanId: 'a000000000000002', to: 'productpage v1' },
    {
      spanId: 'a000000000000003', from: 'productpage v1', to: 'details', byMesh: true, verdict: 'A fault rule of the mesh answered 500; the request never reached details.', flags: [{ flag: 'FI', words: 'A fault rule answered the request.' }],
      log: { namespace: 'default', workload: 'productpage-v1', pod: POD, line }, route: 'default', cluster: CLUSTER,
      object: { group: 'networking.istio.io', kind: 'VirtualService', namespace: 'default', name: 'details', path: 'spec.http[0].fault.abort', text: 'rule 1 (end-user = jason): fault abort with 500 for 100 % of its requests' },
    },
  ]);
  expect(detail).toMatchObject({ value: { truncated: false, edges: ['wl:default/productpage-v1>wl:default/details-v1:http', 'wl:istio-system/istio-ingressgateway>wl:default/productpage-v1:http'], nodes: ['wl:default/details-v1', 'wl:default/productpage-v1', 'wl:istio-system/istio-ingressgateway'] } });
});

test('a trace that is gone and a sidecar that is away take away only themselves', async () => {
  expect(await get('/api/traces/ffff')).toMatchObject({ state: 'no-data', reason: expect.stringContaining('no such trace') });
  world.dumps.delete('/config_dump');
  world.logs.clear();
  await sleep(3500); // the dump is kept for three seconds
  const detail = await get(`/api/traces/${TRACE}`);
  expect(detail).toMatchObject({ state: 'value', value: { hops: [{}, {}, { byMesh: true, flags: [{ flag: 'FI' }] }] } });
  expect(JSON.stringify(detail)).not.toContain('fault.abort');
  world.dumps.set('/config_dump', dump);
  world.logs.set(`default/${POD}/istio-proxy`, `${line}\n`);
  world.logs.set(`default/${POD}/productpage`, 'INFO served\nERROR no details\n');
});

test('the proxy tab shows listeners, routes with their objects, clusters, endpoints and certificates', async () => {
  expect(await get(`/api/proxies/default/${POD}`)).toMatchObject({
    state: 'value', value: {
      version: '1.28.0', state: 'LIVE', listeners: [{ name: '0.0.0.0_9080', address: '0.0.0.0:9080', direction: 'OUTBOUND', routes: ['9080'] }],
      routes: [{ config: '9080', match: '/*, end-user = jason', object: 'VirtualService default/details spec.http[0]' }, { match: '/*' }],
      clusters: [{ host: 'details.default.svc.cluster.local', port: 9080, subset: 'v1', tls: expect.stringContaining('mutual TLS'), object: 'DestinationRule default/details' }],
      endpoints: [{ address: '10.0.0.3:9080', health: 'HEALTHY', requests: 7, errors: 1 }], certificates: [{ name: 'default', subject: 'spiffe://cluster.local/ns/default/sa/bookinfo-productpage' }, { name: 'ROOTCA' }],
    },
  });
  expect(await get('/api/proxies/default/reviews-v1-5f6d7c8b9-abcde')).toMatchObject({ state: expect.stringMatching(/error|no-data/) });
});

test('logs of a workload: all its containers, filtered, the sidecar\'s lines read', async () => {
  const logs = await get('/api/workloads/default/productpage-v1/logs?contains=details');
  expect(logs).toMatchObject({ state: 'value', value: expect.arrayContaining([{ pod: POD, container: 'productpage', text: 'ERROR no details' }]) });
  expect(JSON.stringify(logs)).toContain('"flags":"FI"');
  expect(JSON.stringify(logs)).not.toContain('INFO served');
});
