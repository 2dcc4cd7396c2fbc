// A stock Envoy as sidecar and as gateway of our istiod, in both forms of ADS. PHAROS_ENVOY names the binary (`.ci/run` gets one from PyPI).
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readManifests } from '#server/samples';
import { alternativeNames, createCsr } from '#server/wire';
import { isRecord } from '#shared/base';
import { groupOf, kindOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { TestAdsClient } from '../lib/ads-client.ts';
import { startControllerBed } from '../lib/controller-bed.ts';
import type { ControllerBed } from '../lib/controller-bed.ts';
import { call, EnvoyBed } from '../lib/envoy-bed.ts';
import type { Answer, Identity } from '../lib/envoy-bed.ts';
import { freePort } from '../lib/proxy-bed.ts';
import { until } from '../lib/until.ts';

const binary = process.env['PHAROS_ENVOY'] ?? '';
const PORT = 9080;
/** Addresses that no mesh of this machine uses (docs/architecture.md), other ones in each run. */
const PREFIX = `127.${120 + Math.floor(Math.random() * 100)}.${Math.floor(Math.random() * 250)}`;
const PODS = [['productpage', 'v1'], ['details', 'v1'], ['reviews', 'v1'], ['reviews', 'v2'], ['reviews', 'v3'], ['ratings', 'v1']] as const;
const addressOf = (i: number): string => `${PREFIX}.${i + 10}`;
const VIP = { reviews: '127.107.9.1', ratings: '127.107.9.2', details: '127.107.9.3', productpage: '127.107.9.4' } as const;
type App = keyof typeof VIP;
/** The delay of the sample's fault, shortened: 7 s are long for a test. */
const DELAY_MS = 600;
/** Requests of a measured split, and the standard deviations within which it may lie. */
const SAMPLES = 400;
const DEVIATIONS = 5;

const isObject = (v: unknown): v is KubeObject => isRecord(v) && typeof v['apiVersion'] === 'string' && typeof v['kind'] === 'string' && isRecord(v['metadata']) && typeof v['metadata']['name'] === 'string';
const sample = (file: string, change: (text: string) => string = (text) => text): readonly KubeObject[] => {
  const list: unknown = JSON.parse(change(JSON.stringify(readManifests(file))));
  return (Array.isArray(list) ? list : []).filter(isObject).map((object) => ({ ...object, metadata: { ...object.metadata, namespace: 'default' } }));
};

let bed: ControllerBed;
let gatewayPort = 0;
const upstreams: Server[] = [];

/** A certificate as a sidecar gets it: a CSR to our CA with the service account's token. */
async function identityOf(namespace: string, account: string): Promise<Identity> {
  const config = await bed.client.request({ method: 'GET', path: '/api/v1/namespaces/default/configmaps/istio-ca-root-cert' });
  const rootPem = isRecord(config) && isRecord(config['data']) ? String(config['data']['root-cert.pem']) : '';
  const { csrPem, privateKeyPem } = createCsr({});
  const client = new TestAdsClient({ port: bed.controller.ports.grpcTls, mode: 'delta', node: {}, tls: { ca: rootPem, serverName: 'istiod.istio-system.svc' } });
  const chain = await client.csr(csrPem, await bed.token(namespace, account)).finally(() => client.stop());
  return { chainPem: chain.join(''), keyPem: privateKeyPem, rootPem };
}
/** A pod of the sample: mutual TLS as its sidecar would end it, and an answer that says who called whom. */
async function startPod(address: string, app: string, version: string): Promise<void> {
  const { chainPem, keyPem, rootPem } = await identityOf('default', `bookinfo-${app}`);
  const server = createServer({ cert: chainPem, key: keyPem, ca: rootPem, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['istio', 'http/1.1'] }, (incoming, response) => {
    const caller = incoming.socket instanceof TLSSocket ? incoming.socket.getPeerX509Certificate() : undefined;
    response.end(JSON.stringify({ app, version, caller: caller === undefined ? '' : alternativeNames(caller.raw).uris[0], path: incoming.url }));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(PORT, address, resolve));
  upstreams.push(server);
}
async function apply(...objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    await bed.create(object).catch(async (error: unknown) => {
      if (!(error instanceof Error && error.message.includes('already exists'))) throw error;
      await bed.client.request({ method: 'PATCH', path: pathOf(object), contentType: 'application/merge-patch+json', body: { spec: object['spec'] } });
    });
  }
}
const pathOf = (object: KubeObject): string => {
  const { group, version } = groupOf(object.apiVersion);
  return `/apis/${group}/${version}/namespaces/${object.metadata.namespace ?? ''}/${kindOf(group, object.kind)?.plural ?? ''}/${object.metadata.name}`;
};
const remove = (...objects: readonly KubeObject[]): Promise<unknown> => Promise.all(objects.map((object) => bed.client.request({ method: 'DELETE', path: pathOf(object) })));

async function prepare(): Promise<void> {
  gatewayPort = await freePort();
  const account = (name: string, namespace = 'default'): KubeObject => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
  const services = (Object.keys(VIP)).filter((app): app is App => app in VIP).map((app): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: app, namespace: 'default' }, spec: { clusterIP: VIP[app], selector: { app }, ports: [{ name: 'http', port: PORT }] } }));
  const pods = PODS.map(([app, version], i): KubeObject => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: `${app}-${version}-abc`, namespace: 'default', labels: { app, version, 'security.istio.io/tlsMode': 'istio', 'sidecar.istio.io/inject': 'false' } },
    spec: { serviceAccountName: `bookinfo-${app}`, containers: [{ name: app, image: 'x', ports: [{ containerPort: PORT }] }] }, status: { phase: 'Running', podIP: addressOf(i), podIPs: [{ ip: addressOf(i) }], conditions: [{ type: 'Ready', status: 'True' }] },
  }));
  const slices = services.map(({ metadata: { name } }): KubeObject => ({
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } }, addressType: 'IPv4', ports: [{ name: 'http', port: PORT }],
    endpoints: PODS.flatMap(([app, version], i) => (app === name ? [{ addresses: [addressOf(i)], conditions: { ready: true }, targetRef: { kind: 'Pod', name: `${app}-${version}-abc`, namespace: 'default' } }] : [])),
  }));
  const gateway: KubeObject = {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'gateway-abc', namespace: 'istio-system', labels: { istio: 'ingressgateway', app: 'istio-ingressgateway', 'sidecar.istio.io/inject': 'false' } },
    spec: { serviceAccountName: 'istio-ingressgateway', containers: [{ name: 'istio-proxy', image: 'x' }] }, status: { phase: 'Running', podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }], conditions: [{ type: 'Ready', status: 'True' }] },
  };
  bed = await startControllerBed({
    first: [...[...new Set(PODS.map(([app]) => app))].map((app) => account(`bookinfo-${app}`)), account('istio-ingressgateway', 'istio-system'), ...services, ...pods, ...slices, gateway],
    controllers: false,
    mesh: `accessLogFile: /dev/stdout\nproxyListenPort: ${await freePort()}\nproxyInboundListenPort: ${await freePort()}\ndefaultConfig:\n  tracing:\n    sampling: 100\n`,
  });
  for (const [i, [app, version]] of PODS.entries()) await startPod(addressOf(i), app, version);
  await apply(...sample('bookinfo-gateway.yaml', (text) => text.replace('"number":8080', `"number":${gatewayPort}`)), ...sample('destination-rule-all.yaml'), ...sample('virtual-service-reviews-90-10.yaml'));
}

/** A subset that no DestinationRule has. */
const NOWHERE: KubeObject = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'details', namespace: 'default' }, spec: { hosts: ['details'], http: [{ route: [{ destination: { host: 'details', subset: 'v9' } }] }] } };
type Who = { readonly type: 'sidecar' | 'router'; readonly ip: string; readonly pod: string; readonly namespace: string; readonly account: string; readonly labels: Readonly<Record<string, string>> };
const PRODUCTPAGE: Who = { type: 'sidecar', ip: addressOf(0), pod: 'productpage-v1-abc', namespace: 'default', account: 'bookinfo-productpage', labels: { app: 'productpage', version: 'v1' } };
const GATEWAY: Who = { type: 'router', ip: '127.0.0.1', pod: 'gateway-abc', namespace: 'istio-system', account: 'istio-ingressgateway', labels: { istio: 'ingressgateway', app: 'istio-ingressgateway' } };
async function startEnvoy(who: Who, mode: 'sotw' | 'delta'): Promise<EnvoyBed> {
  return EnvoyBed.start({
    binary, mode, identity: await identityOf(who.namespace, who.account), istiodPort: bed.controller.ports.grpcTls, token: await bed.token(who.namespace, who.account), nodeId: `${who.type}~${who.ip}~${who.pod}.${who.namespace}~${who.namespace}.svc.cluster.local`,
    // PLAIN_ENVOY: a stock Envoy has none of Istio's own filters.
    metadata: { NAME: who.pod, NAMESPACE: who.namespace, SERVICE_ACCOUNT: who.account, CLUSTER_ID: 'Kubernetes', ISTIO_VERSION: '1.31.0', LABELS: who.labels, INSTANCE_IPS: who.ip, PLAIN_ENVOY: 'true' },
  });
}
/** What istiod and Envoy know of refusals. */
async function expectNoRefusal(envoy: EnvoyBed, who: Who): Promise<void> {
  const id = `${who.pod}.${who.namespace}`;
  const sync = await until(`${id} to have acknowledged everything`, async () => {
    const list: unknown = await (await fetch(`http://127.0.0.1:${bed.controller.ports.monitoring}/debug/syncz`)).json();
    const found: unknown = Array.isArray(list) ? list.find((item: unknown) => isRecord(item) && item['proxy'] === id) : undefined;
    if (isRecord(found) && found['last_nack'] !== undefined) throw new Error(JSON.stringify(found['last_nack']));
    return isRecord(found) && ['cluster', 'listener', 'route', 'endpoint'].every((kind) => found[`${kind}_sent`] !== '' && found[`${kind}_sent`] === found[`${kind}_acked`]) ? found : undefined;
  });
  expect(sync['last_nack']).toBeUndefined();
  const refused = await envoy.stats('update_rejected');
  expect(refused.size).toBeGreaterThan(2);
  expect([...refused].filter(([, count]) => count > 0)).toEqual([]);
  expect(await (await fetch(`http://127.0.0.1:${bed.controller.ports.monitoring}/metrics`)).text()).not.toMatch(/^pilot_total_xds_rejects\{.*\} [1-9]/m);
}
const said = (answer: Answer): Record<string, unknown> => {
  expect(answer.status, answer.body).toBe(200);
  const body: unknown = JSON.parse(answer.body);
  return isRecord(body) ? body : {};
};

/** The answer, if it is a good one; otherwise what it was and what Envoy says of it. */
function answered(answer: Answer, envoy: EnvoyBed): Answer {
  if (answer.status === 200) return answer;
  throw new Error(`${answer.status} ${answer.body}; ${envoy.accessLog.trim().split('\n').at(-1) ?? ''}; ${envoy.errors.slice(-2000)}`);
}

const fields = (v: unknown, ...path: readonly string[]): unknown => path.reduce((found: unknown, name) => (isRecord(found) ? found[name] : undefined), v);
const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);
/** What the inbound listener, as Envoy holds it, takes on the port of the application. */
async function inboundTransports(envoy: EnvoyBed): Promise<string> {
  const dump: unknown = JSON.parse(await envoy.admin('/config_dump?resource=dynamic_listeners'));
  const listener = list(fields(dump, 'configs')).find((item) => fields(item, 'name') === 'virtualInbound');
  const chains = list(fields(listener, 'active_state', 'listener', 'filter_chains')).filter((chain) => fields(chain, 'filter_chain_match', 'destination_port') === PORT);
  return chains.map((chain) => fields(chain, 'filter_chain_match', 'transport_protocol')).join();
}

async function checkSidecar(mode: 'sotw' | 'delta'): Promise<void> {
  const envoy = await startEnvoy(PRODUCTPAGE, mode);
  try {
    const ask = (app: App, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => envoy.captured(VIP[app], PORT, path, { host: `${app}:${PORT}`, ...headers });
    const dump = await until('listeners, routes and clusters', async () => {
      const text = await envoy.admin('/config_dump');
      return ['"0.0.0.0_9080"', '"virtualInbound"', '"virtualOutbound"', '"name": "9080"', '"outbound|9080|v2|reviews.default.svc.cluster.local"'].every((name) => text.includes(name)) ? text : undefined;
    });
    expect(dump).not.toContain('"error_state"');
    await until('endpoints', async () => answered(await ask('reviews', '/reviews/0'), envoy));
    const tally: Record<string, number> = {};
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let i = 0; i < SAMPLES / 8; i++) {
        const answer = said(await ask('reviews', '/reviews/0'));
        expect(answer).toMatchObject({ app: 'reviews', caller: 'spiffe://cluster.local/ns/default/sa/bookinfo-productpage' });
        tally[String(answer['version'])] = (tally[String(answer['version'])] ?? 0) + 1;
      }
    }));
    expect(tally['v3']).toBeUndefined();
    expect(Math.abs((tally['v2'] ?? 0) - SAMPLES * 0.1)).toBeLessThanOrEqual(DEVIATIONS * Math.sqrt(SAMPLES * 0.1 * 0.9));
    expect(await inboundTransports(envoy)).toBe('tls,raw_buffer');
    await apply(...sample('virtual-service-reviews-jason-v2.yaml'), ...sample('virtual-service-ratings-test-delay.yaml', (text) => text.replace('"7s"', `"${DELAY_MS}ms"`)), ...sample('peer-authentication-strict.yaml'));
    await until('jason to see version 2', async () => (said(await ask('reviews', '/reviews/0', { 'end-user': 'jason' }))['version'] === 'v2' ? true : undefined));
    for (let i = 0; i < 20; i++) expect(said(await ask('reviews', '/reviews/0'))['version']).toBe('v1');
    await until('the delay', async () => ((await ask('ratings', '/ratings/0', { 'end-user': 'jason' })).ms >= DELAY_MS ? true : undefined));
    expect([...(await envoy.stats('fault.delays_injected')).values()].some((count) => count > 0)).toBe(true);
    await until('STRICT to reach the inbound listener', async () => ((await inboundTransports(envoy)) === 'tls' ? true : undefined));
    await expectNoRefusal(envoy, PRODUCTPAGE);
    await apply(NOWHERE);
    await until('the unknown subset', async () => ((await ask('details', '/details/0')).status === 503 ? true : undefined));
    await until('its line in the log', async () => (/"GET \/details\/0 HTTP\/1.1" 503 NC cluster_not_found/.test(envoy.accessLog) ? true : undefined));
    await remove(NOWHERE, ...sample('virtual-service-reviews-jason-v2.yaml'), ...sample('virtual-service-ratings-test-delay.yaml'), ...sample('peer-authentication-strict.yaml'), ...sample('destination-rule-all.yaml'));
    await until('the subsets to go', async () => ((await envoy.admin('/clusters')).includes('outbound|9080|v2|') ? undefined : true));
    expect(said(await ask('reviews', '/reviews/0'))['app']).toBe('reviews');
    await expectNoRefusal(envoy, PRODUCTPAGE);
    expect(envoy.accessLog).toMatch(/"GET \/reviews\/0 HTTP\/1.1" 200 - via_upstream/);
  } finally {
    await envoy.stop();
    await apply(...sample('destination-rule-all.yaml'), ...sample('virtual-service-reviews-90-10.yaml'));
  }
}

async function checkGateway(mode: 'sotw' | 'delta'): Promise<void> {
  const envoy = await startEnvoy(GATEWAY, mode);
  try {
    const ask = (path: string): Promise<Answer> => call({ host: '127.0.0.1', port: gatewayPort, path, headers: { host: 'shop.example' } });
    const answer = await until('the page through the gateway', async () => answered(await ask('/productpage'), envoy));
    expect(said(answer)).toMatchObject({ app: 'productpage', caller: 'spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway', path: '/productpage' });
    expect((await ask('/nothing-here')).status).toBe(404);
    await expectNoRefusal(envoy, GATEWAY);
  } finally {
    await envoy.stop();
  }
}

if (binary === '') test('no real Envoy is at hand', () => void process.stdout.write('no real Envoy was tested: PHAROS_ENVOY is not set\n'));
else describe('a real Envoy', () => {
  beforeAll(prepare);
  afterAll(async () => {
    for (const server of upstreams) {
      server.closeAllConnections();
      server.close();
    }
    await bed?.stop();
  });
  test.each(['sotw', 'delta'] as const)('%s: a sidecar takes and acts on everything', checkSidecar);
  test.each(['sotw', 'delta'] as const)('%s: a gateway takes and acts on everything', checkGateway);
});
