import { request as httpsRequest } from 'node:https';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { isKubeError } from '#server/lib';
import { createCsr, parseCertificate } from '#server/wire';
import { isRecord } from '#shared/base';
import { istio, shopService } from '#shared/fixtures';
import type { KubeObject } from '#shared/mesh';
import { TestAdsClient } from '../lib/ads-client.ts';
import type { AdsOptions } from '../lib/ads-client.ts';
import { startControllerBed } from '../lib/controller-bed.ts';
import type { ControllerBed } from '../lib/controller-bed.ts';

// istiod's role alone: a real API server, and clients made of @grpc/grpc-js.
let bed: ControllerBed;
const open: TestAdsClient[] = [];

const ads = (options: Partial<AdsOptions> & { readonly mode: 'sotw' | 'delta' }, pod = 'web-v1-abc-1', namespace = 'shop'): TestAdsClient => {
  const made = new TestAdsClient({ port: bed.controller.ports.grpc, node: { id: `sidecar~10.1.0.1~${pod}.${namespace}~${namespace}.svc.cluster.local`, metadata: { NAMESPACE: namespace, NAME: pod, ISTIO_VERSION: '1.31.0' } }, ...options });
  open.push(made);
  return made;
};
const page = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${bed.controller.ports.monitoring}${path}`)).json();
const syncOf = async (pod: string): Promise<Record<string, unknown>> => {
  const list = await page('/debug/syncz');
  const found = Array.isArray(list) ? list.find((item: unknown) => isRecord(item) && String(item['proxy']).startsWith(pod)) : undefined;
  return isRecord(found) ? found : {};
};
const versionOf = (made: unknown): string => (isRecord(made) && isRecord(made['metadata']) ? String(made['metadata']['resourceVersion']) : '');
const rule = (weights: readonly [number, number]): KubeObject => istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart', subset: 'v1' }, weight: weights[0] }, { destination: { host: 'cart', subset: 'v2' }, weight: weights[1] }] }] });
/** A condition that comes true in time even on a busy machine. */
const eventually = <T>(read: () => T): ReturnType<typeof expect.poll<T>> => expect.poll(read, { timeout: 20_000 });
const CART_RULE = '/apis/networking.istio.io/v1/namespaces/shop/virtualservices/cart';
const shares = (made: TestAdsClient): string => [...JSON.stringify(made.held.route.get('80')?.value ?? {}).matchAll(/"weight":(\d+)/g)].map((match) => match[1]).join('/');

const setWeights = (weights: readonly [number, number]): Promise<unknown> => bed.client.request({ method: 'PATCH', path: CART_RULE, contentType: 'application/merge-patch+json', body: { spec: rule(weights)['spec'] } });
/** A first rule that everybody has acknowledged: whatever earlier tests left on its way has arrived before it. */
async function settled(clients: readonly TestAdsClient[], weights: readonly [number, number]): Promise<void> {
  const version = versionOf(await bed.create(rule(weights)));
  for (const made of clients) await made.until('the first rule', () => shares(made) === weights.join('/'));
  await eventually(async () => {
    const list = await page('/debug/syncz');
    return Array.isArray(list) && list.every((item: unknown) => isRecord(item) && BigInt(String(item['acked_revision'])) >= BigInt(version));
  }).toBe(true);
}

beforeAll(async () => {
  const namespace = (name: string, labels = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  const account = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'shop' } });
  const services = ['web', 'cart'].flatMap((name, i) => shopService({ name, namespace: 'shop', ip: `127.107.1.${i + 1}`, podIp: `10.1.0.${i + 1}` }));
  bed = await startControllerBed({ first: [namespace('shop', { 'istio-injection': 'enabled' }), namespace('legacy'), account('web'), account('cart'), ...services] });
});
afterEach(async () => {
  for (const made of open.splice(0)) made.stop();
  // What a failed test leaves must not fail the next one.
  await bed.client.request({ method: 'DELETE', path: CART_RULE }).catch((error: unknown) => {
    if (!isKubeError(error, 404)) throw error;
  });
});
afterAll(() => bed?.stop());

test.each(['sotw', 'delta'] as const)('%s: a proxy gets everything, then only what changed', async (mode) => {
  await bed.create(istio('DestinationRule', 'cart', 'shop', { host: 'cart', subsets: [{ name: 'v1', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } }] }));
  const made = ads({ mode }).start();
  await made.until('routes and endpoints', () => made.held.route.has('80') && made.held.endpoint.has('outbound|80|v1|cart.shop.svc.cluster.local'));
  expect([...made.held.listener.keys()]).toContain('virtualInbound');
  expect(JSON.stringify(made.held.endpoint.get('outbound|80||cart.shop.svc.cluster.local')?.value)).toContain('10.1.0.2');
  await settled([made], [14, 86]);
  const before = made.log.length;
  const version = versionOf(await setWeights([90, 10]));
  await made.until('the new weights', () => shares(made) === '90/10');
  expect(made.log.slice(before).map((entry) => [entry.kind, entry.names])).toEqual([['route', ['80']]]);
  await eventually(async () => BigInt(String((await syncOf('web'))['acked_revision'])) >= BigInt(version)).toBe(true);
  const sync = await syncOf('web');
  expect([sync['route_sent'], sync['cluster_sent']]).toEqual([sync['route_acked'], sync['cluster_acked']]);
  await Promise.all([bed.client.request({ method: 'DELETE', path: '/apis/networking.istio.io/v1/namespaces/shop/destinationrules/cart' }), bed.client.request({ method: 'DELETE', path: '/apis/networking.istio.io/v1/namespaces/shop/virtualservices/cart' })]);
  await made.until('the subsets to go', () => !made.held.cluster.has('outbound|80|v2|cart.shop.svc.cluster.local') && shares(made) === '');
});

test('a refusal is kept and shown, holds up the acknowledged revision, and is over when the next configuration is accepted', async () => {
  await bed.create(istio('DestinationRule', 'cart', 'shop', { host: 'cart', subsets: [{ name: 'v1', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } }] }));
  const made = ads({ mode: 'delta', refuse: (kind, values) => (kind === 'route' && JSON.stringify(values).includes('"weight":66') ? 'weights of 66 are not liked' : undefined) }).start();
  await made.until('routes', () => made.held.route.has('80'));
  const version = versionOf(await bed.create(rule([34, 66])));
  await eventually(async () => JSON.stringify(await syncOf('web'))).toContain('weights of 66 are not liked');
  expect(BigInt(String((await syncOf('web'))['acked_revision']))).toBeLessThan(BigInt(version));
  expect(await (await fetch(`http://127.0.0.1:${bed.controller.ports.monitoring}/metrics`)).text()).toContain('pilot_total_xds_rejects{type="rds"}');
  await bed.client.request({ method: 'PATCH', path: '/apis/networking.istio.io/v1/namespaces/shop/virtualservices/cart', contentType: 'application/merge-patch+json', body: { spec: { http: [{ route: [{ destination: { host: 'cart' } }] }] } } });
  await eventually(async () => [(await syncOf('web'))['last_nack'], BigInt(String((await syncOf('web'))['acked_revision'])) >= BigInt(version)]).toEqual([undefined, true]);
  for (const kind of ['virtualservices', 'destinationrules']) await bed.client.request({ method: 'DELETE', path: `/apis/networking.istio.io/v1/namespaces/shop/${kind}/cart` });
});

test.each(['sotw', 'delta'] as const)('%s: a proxy that takes its time has one response under way and then gets the newest state, never a queue', async (mode) => {
  const [slow, other] = [ads({ mode }).start(), ads({ mode }, 'cart-v1-abc-1').start()];
  for (const made of [slow, other]) await made.until('routes', () => made.held.route.has('80'));
  await settled([slow, other], [11, 89]);
  slow.acknowledges = false;
  await setWeights([99, 1]);
  await slow.until('the first change', () => shares(slow) === '99/1');
  const routes = (): readonly (readonly string[])[] => slow.log.filter((entry) => entry.kind === 'route').map((entry) => entry.names);
  const before = routes().length;
  for (let i = 2; i <= 6; i++) {
    await setWeights([100 - i, i]);
    await other.until(`weight ${i} at the quick one`, () => shares(other) === `${100 - i}/${i}`);
  }
  expect(routes().length).toBe(before);
  expect((await syncOf('web'))['route_sent']).not.toBe((await syncOf('web'))['route_acked']);
  slow.catchUp();
  await slow.until('the newest weights', () => shares(slow) === '94/6');
  expect(routes().slice(before)).toEqual([['80']]);
  await bed.client.request({ method: 'DELETE', path: CART_RULE });
});

test('a mesh config that asks for a fraction of a retry changes nothing: istiod goes on, proxies keep their routes and get the next ones', async () => {
  const path = '/api/v1/namespaces/istio-system/configmaps/istio';
  const map = await bed.client.request({ method: 'GET', path });
  const before = isRecord(map) && isRecord(map['data']) ? String(map['data']['mesh']) : '';
  const setMesh = (mesh: string): Promise<unknown> => bed.client.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: { data: { mesh } } });
  const web = ads({ mode: 'delta' }).start();
  await settled([web], [60, 40]);
  const retries = (): string => /"num_retries":(\d+)/.exec(JSON.stringify(web.held.route.get('80')?.value ?? {}))?.[1] ?? '';
  await setMesh(`${before}defaultHttpRetryPolicy:\n  attempts: 5\n`);
  await web.until('retries of the mesh config', () => retries() === '5');
  await setMesh(`${before}defaultHttpRetryPolicy:\n  attempts: 2.5\n`);
  await web.until('the default instead', () => retries() === '2');
  await setMesh(`${before}defaultHttpRetryPolicy:\n  attempts: 5000000000\n`);
  const version = versionOf(await setWeights([30, 70]));
  await web.until('the next rule', () => shares(web) === '30/70');
  await eventually(async () => [(await syncOf('web'))['last_nack'], BigInt(String((await syncOf('web'))['acked_revision'])) >= BigInt(version)]).toEqual([undefined, true]);
  await setMesh(before);
});

test('/debug/syncz can wait for a revision: it answers with the last acknowledgement, or with the end of its time', async () => {
  const slow = ads({ mode: 'delta' }).start();
  await slow.until('routes', () => slow.held.route.has('80'));
  await settled([slow], [12, 88]);
  slow.acknowledges = false;
  const revision = versionOf(await setWeights([81, 19]));
  await slow.until('the change', () => shares(slow) === '81/19');
  const ask = async (ms: number): Promise<boolean> => {
    const found = await page(`/debug/syncz?revision=${revision}&wait=${ms}`);
    return Array.isArray(found) && found.every((item: unknown) => isRecord(item) && BigInt(String(item['acked_revision'])) >= BigInt(revision));
  };
  expect(await ask(50)).toBe(false);
  const patient = ask(10_000);
  slow.catchUp();
  expect(await patient).toBe(true);
  expect(await ask(10_000)).toBe(true);
});

test('refusals are kept for each proxy and each type', async () => {
  const refuse = (kind: string, values: readonly Record<string, unknown>[]): string | undefined => (kind === 'route' && JSON.stringify(values).includes('"weight":77') ? 'no 77 here' : undefined);
  const [picky, easy] = [ads({ mode: 'sotw', refuse }).start(), ads({ mode: 'sotw' }, 'cart-v1-abc-1').start()];
  for (const made of [picky, easy]) await made.until('routes', () => made.held.route.has('80'));
  const version = versionOf(await bed.create(rule([23, 77])));
  await eventually(async () => (await syncOf('web'))['last_nack']).toMatchObject({ type: 'route', message: 'no 77 here' });
  await eventually(async () => BigInt(String((await syncOf('cart'))['acked_revision'])) >= BigInt(version)).toBe(true);
  const [refused, taken] = [await syncOf('web'), await syncOf('cart')];
  expect([refused['route_sent'] === refused['route_acked'], refused['cluster_sent'] === refused['cluster_acked']]).toEqual([false, true]);
  expect([taken['last_nack'], taken['route_sent'] === taken['route_acked']]).toEqual([undefined, true]);
  expect(await (await fetch(`http://127.0.0.1:${bed.controller.ports.monitoring}/metrics`)).text()).toContain('pilot_xds_rds_reject{node="web-v1-abc-1.shop"}');
  await bed.client.request({ method: 'DELETE', path: CART_RULE });
  await eventually(async () => (await syncOf('web'))['last_nack']).toBe(undefined);
});

test('a delta client that comes back with what it holds is sent only what differs', async () => {
  const first = ads({ mode: 'delta' }).start();
  await first.until('routes', () => first.held.route.has('80') && first.held.endpoint.size > 0);
  const again = ads({ mode: 'delta' });
  again.start([]);
  const versions = Object.fromEntries([...first.held.cluster].filter(([name]) => !name.includes('web')).map(([name, item]) => [name, item.version]));
  again.resume('cluster', { ...versions, 'outbound|1||gone': 'x' });
  await again.until('an answer', () => again.log.length > 0);
  expect(again.log[0]?.names.every((name) => name.includes('web'))).toBe(true);
  expect(again.log[0]?.removed).toEqual(['outbound|1||gone']);
});

test('certificates: the name is the caller’s; no token, a token for others and a broken request are refused', async () => {
  const root = (await bed.client.request({ method: 'GET', path: '/api/v1/namespaces/shop/configmaps/istio-ca-root-cert' }));
  const ca = isRecord(root) && isRecord(root['data']) ? String(root['data']['root-cert.pem']) : '';
  const secure = { port: bed.controller.ports.grpcTls, tls: { ca, serverName: 'istiod.istio-system.svc' } };
  const made = ads({ mode: 'delta', ...secure });
  const { csrPem, privateKeyPem } = createCsr({ uri: 'spiffe://cluster.local/ns/kube-system/sa/admin' });
  const chain = await made.csr(csrPem, await bed.token('shop', 'web'));
  const leaf = parseCertificate(chain[0] ?? '');
  expect(leaf.uris).toEqual(['spiffe://cluster.local/ns/shop/sa/web']);
  expect(chain.at(-1)?.trim()).toBe(ca.trim());
  expect(Math.round((leaf.notAfter.getTime() - Date.now()) / 3_600_000)).toBe(24);
  await expect(made.csr(csrPem, undefined)).rejects.toMatchObject({ code: 16 });
  await expect(made.csr(csrPem, 'nonsense')).rejects.toMatchObject({ code: 16 });
  await expect(made.csr(csrPem, await bed.token('shop', 'web', 'somebody-else'))).rejects.toMatchObject({ code: 16 });
  await expect(made.csr('broken', await bed.token('shop', 'web'))).rejects.toMatchObject({ code: 3 });
  // The certificate is as good as a token; neither lets a caller be a proxy of another namespace.
  const own = { ...secure, tls: { ...secure.tls, cert: chain[0] ?? '', key: privateKeyPem } };
  const web = ads({ mode: 'sotw', ...own }).start();
  await web.until('clusters', () => web.held.cluster.size > 0);
  const thief = ads({ mode: 'sotw', ...own }, 'bank-1', 'pay').start();
  await eventually(() => thief.error).toMatchObject({ code: 7 });
  const nobody = ads({ mode: 'sotw', ...secure }).start();
  await eventually(() => nobody.error).toMatchObject({ code: 16 });
  const byToken = ads({ mode: 'delta', ...secure, token: await bed.token('shop', 'web') }).start();
  await byToken.until('clusters', () => byToken.held.cluster.size > 0);
});

test('pods of a labelled namespace get a sidecar; labels and annotations opt out; a wrong annotation is refused', async () => {
  const pod = (name: string, namespace: string, metadata: object = {}): Promise<unknown> => bed.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels: { app: name }, ...metadata }, spec: { containers: [{ name: 'app', image: 'x', ports: [{ containerPort: 8080 }] }] } });
  const hasSidecar = (made: unknown): boolean => JSON.stringify(made).includes('"name":"istio-proxy"');
  const made = await pod('in', 'shop');
  expect(hasSidecar(made)).toBe(true);
  expect(made).toMatchObject({ metadata: { labels: { 'security.istio.io/tlsMode': 'istio', 'service.istio.io/canonical-name': 'in', 'service.istio.io/canonical-revision': 'latest' }, annotations: { 'prometheus.io/port': '15020' } } });
  expect(hasSidecar(await pod('out-by-label', 'shop', { labels: { 'sidecar.istio.io/inject': 'false' } }))).toBe(false);
  expect(hasSidecar(await pod('out-by-annotation', 'shop', { annotations: { 'sidecar.istio.io/inject': 'false' } }))).toBe(false);
  expect(hasSidecar(await pod('not-here', 'legacy'))).toBe(false);
  expect(hasSidecar(await pod('on-request', 'legacy', { labels: { 'sidecar.istio.io/inject': 'true' } }))).toBe(true);
  await expect(pod('bad', 'shop', { annotations: { 'sidecar.istio.io/proxyCPU': 'lots' } })).rejects.toThrow(/sidecar.istio.io\/proxyCPU/);
});

test('webhooks: what is no review is refused with a status, counted, and harms nobody', async () => {
  const post = (path: string, body: string | Buffer, type = 'application/json'): Promise<string> => new Promise((resolve, reject) => {
    const sent = httpsRequest({ host: '127.0.0.1', port: bed.controller.ports.webhook, path, method: 'POST', rejectUnauthorized: false, headers: { 'content-type': type } }, (answer) => {
      let text = '';
      answer.on('data', (part: Buffer) => void (text += part.toString())).on('end', () => resolve(`${answer.statusCode} ${text}`)).on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
  expect(await post('/validate', '{"kind":')).toBe('400 the body is no AdmissionReview with a request');
  expect(await post('/inject', Buffer.from([0xff, 0xfe, 0x7b]))).toBe('400 the body is no AdmissionReview with a request');
  expect(await post('/inject', '{}', 'text/plain')).toBe('415 invalid Content-Type, want application/json');
  expect(await post('/validate', Buffer.alloc(9 * 1024 * 1024, 0x20))).toBe('413 a review is at most 8388608 bytes');
  expect(await post('/else', '{}')).toBe('404 there is nothing at /else');
  const metrics = await (await fetch(`http://127.0.0.1:${bed.controller.ports.monitoring}/metrics`)).text();
  expect(Number(/^galley_validation_http_error(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1] ?? 0)).toBeGreaterThanOrEqual(4);
});

test('resource annotations: any of the four replaces the whole block', async () => {
  const made = await bed.create({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'sized', namespace: 'shop', annotations: { 'sidecar.istio.io/proxyCPU': '50m', 'sidecar.istio.io/proxyMemory': '64Mi', 'sidecar.istio.io/proxyCPULimit': '500m', 'sidecar.istio.io/proxyMemoryLimit': '256Mi' } },
    spec: { serviceAccountName: 'web', containers: [{ name: 'app', image: 'x' }] },
  }, { dryRun: 'All' });
  expect(JSON.stringify(made)).toContain('"resources":{"requests":{"cpu":"50m","memory":"64Mi"},"limits":{"cpu":"500m","memory":"256Mi"}}');
  expect(isRecord(made) && isRecord(made['metadata']) && isRecord(made['metadata']['annotations']) ? JSON.parse(String(made['metadata']['annotations']['sidecar.istio.io/status'])) : {}).toMatchObject({ initContainers: ['istio-proxy'], containers: null, revision: 'default' });
});

test('what istiod refuses is refused, what it warns of is warned of, and a kind nobody acts on says so', async () => {
  await expect(bed.create(istio('VirtualService', 'bad', 'shop', { hosts: ['*'], http: [{ route: [{ destination: { host: 'cart' } }] }] }))).rejects.toThrow(/wildcard host \* is not allowed for virtual services bound to the mesh gateway/);
  const later: readonly (readonly [string, KubeObject])[] = [
    ['security.istio.io/v1/namespaces/shop/authorizationpolicies', { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata: { name: 'later', namespace: 'shop' }, spec: { rules: [{}] } }],
    ['networking.istio.io/v1/namespaces/shop/serviceentries', istio('ServiceEntry', 'later', 'shop', { hosts: ['example.com'], ports: [{ number: 443, name: 'https', protocol: 'HTTPS' }], resolution: 'DNS' })],
    ['gateway.networking.k8s.io/v1/namespaces/shop/gateways', { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', metadata: { name: 'later', namespace: 'shop' }, spec: { gatewayClassName: 'istio', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] } }],
  ];
  for (const [path, object] of later) {
    await bed.create(object);
    await eventually(async () => JSON.stringify(await bed.client.request({ method: 'GET', path: `/apis/${path}/later` }))).toContain(`Pharos does not act on ${object.kind} yet`);
  }
  const own = JSON.stringify(await bed.create(rule([50, 50])));
  expect(own).not.toContain('does not act');
  await bed.client.request({ method: 'DELETE', path: CART_RULE });
});

test.each([
  ['a negative weight', [-1, 101], /weight -1 < 0/], ['weights that are nothing together', [0, 0], /total destination weight = 0/],
] as const)('%s is refused in the words of istiod, and nothing of it is sent', async (_what, weights, words) => {
  const made = ads({ mode: 'delta' }).start();
  await made.until('routes', () => made.held.route.has('80'));
  await settled([made], [13, 87]);
  const before = made.log.length;
  await expect(setWeights(weights)).rejects.toThrow(words);
  await setWeights([60, 60]); // no need to add up to 100: the sum is the whole, as istiod and Envoy have it
  await made.until('weights of 60 and 60', () => shares(made) === '60/60');
  expect(made.log.slice(before).filter((entry) => entry.kind === 'route').map((entry) => entry.names)).toEqual([['80']]);
  await bed.client.request({ method: 'DELETE', path: CART_RULE });
});

test('an unknown host and an unknown subset are taken as istiod takes them: the route says where it would go, and no proxy refuses it', async () => {
  const made = ads({ mode: 'delta' }).start();
  await made.until('routes', () => made.held.route.has('80'));
  const version = versionOf(await bed.create(istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [{ match: [{ uri: { prefix: '/a' } }], route: [{ destination: { host: 'nobody' } }] }, { route: [{ destination: { host: 'cart', subset: 'v9' } }] }] })));
  await made.until('the routes', () => JSON.stringify(made.held.route.get('80')?.value).includes('outbound|80|v9|cart.shop.svc.cluster.local'));
  expect(JSON.stringify(made.held.route.get('80')?.value)).toMatch(/outbound\|80\|\|nobody(\.shop\.svc\.cluster\.local)?"/);
  await eventually(async () => BigInt(String((await syncOf('web'))['acked_revision'])) >= BigInt(version)).toBe(true);
  expect((await syncOf('web'))['last_nack']).toBe(undefined);
  await bed.client.request({ method: 'DELETE', path: CART_RULE });
});

test('debug pages and metrics', async () => {
  const made = ads({ mode: 'delta' }).start();
  await made.until('routes', () => made.held.route.has('80'));
  expect(await page('/debug/registryz')).toEqual(expect.arrayContaining([expect.objectContaining({ hostname: 'cart.shop.svc.cluster.local' })]));
  expect(await page('/debug/connections')).toMatchObject({ totalClients: 1 });
  expect(JSON.stringify(await page('/debug/config_dump?proxyID=web-v1-abc-1.shop'))).toContain('ListenersConfigDump');
  expect((await fetch(`http://127.0.0.1:${bed.controller.ports.http}/debug/config_dump?proxyID=nobody`)).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${bed.controller.ports.http}/ready`)).status).toBe(200);
  const metrics = await (await fetch(`http://127.0.0.1:${bed.controller.ports.monitoring}/metrics`)).text();
  for (const name of ['pilot_xds_pushes{type="cds"}', 'pilot_proxy_convergence_time_count', 'pilot_services 4', 'citadel_server_success_cert_issuance_count', 'sidecar_injection_success_total', 'pilot_push_triggers{type="config"}']) expect(metrics).toContain(name);
});

test('the API server away: what is known goes on being served; back again, changes come through', async () => {
  const made = ads({ mode: 'delta' }).start();
  await made.until('routes', () => made.held.route.has('80'));
  await bed.restartCluster(async () => {
    const late = ads({ mode: 'sotw' }).start();
    await late.until('routes from memory', () => late.held.route.has('80'));
  });
  await bed.create(istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart' } }], timeout: '7s' }] }));
  await made.until('the change', () => JSON.stringify(made.held.route.get('80')?.value).includes('"timeout":"7s"'), 30_000);
});

test('the controller ended and started again: clients come back, hold the same configuration, and are sent nothing twice', async () => {
  const [delta, sotw] = [ads({ mode: 'delta' }).start(), ads({ mode: 'sotw' }).start()];
  await bed.create(rule([70, 30]));
  for (const made of [delta, sotw]) await made.until('routes and endpoints', () => shares(made) === '70/30' && made.held.endpoint.has('outbound|80||cart.shop.svc.cluster.local'));
  const shown = (made: TestAdsClient): string => JSON.stringify((['cluster', 'endpoint', 'listener', 'route'] as const).map((kind) => [...made.held[kind]].map(([name, item]) => [name, item.value]).toSorted()));
  const versions = (kind: 'cluster' | 'listener'): Record<string, string> => Object.fromEntries([...delta.held[kind]].map(([name, item]) => [name, item.version]));
  await bed.restartController(async () => {
    await eventually(() => [delta.error !== undefined, sotw.error !== undefined]).toEqual([true, true]);
  });
  const again = ads({ mode: 'delta' });
  again.start([]);
  for (const kind of ['cluster', 'listener'] as const) again.resume(kind, versions(kind));
  await again.until('both answers', () => again.log.length === 2);
  expect(again.log.map((entry) => [entry.names, entry.removed])).toEqual([[[], []], [[], []]]);
  const fresh = ads({ mode: 'sotw' }).start();
  await fresh.until('everything', () => shares(fresh) === '70/30' && fresh.held.endpoint.size === sotw.held.endpoint.size);
  expect(shown(fresh)).toBe(shown(sotw));
  // The certificate authority is the same too.
  const root = await bed.client.request({ method: 'GET', path: '/api/v1/namespaces/shop/configmaps/istio-ca-root-cert' });
  const { csrPem } = createCsr({});
  const ca = isRecord(root) && isRecord(root['data']) ? String(root['data']['root-cert.pem']) : '';
  expect((await ads({ mode: 'delta', port: bed.controller.ports.grpcTls, tls: { ca, serverName: 'istiod.istio-system.svc' } }).csr(csrPem, await bed.token('shop', 'web'))).at(-1)?.trim()).toBe(ca.trim());
});
