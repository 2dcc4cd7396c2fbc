import { expect, test } from 'vitest';
import { proxyNode } from '#shared/compiler';
import { istio, shopService } from '#shared/fixtures';
import { changeSnapshot, indexSnapshot, meshConfigOf } from '#shared/mesh';
import type { KubeObject, MeshChange } from '#shared/mesh';
import { createMetrics } from '../metrics.ts';
import { PushServer } from '../push/push-server.ts';
import { kindOfType, SERVED_KINDS } from '../push/encoded.ts';
import type { ServedKind } from '../push/encoded.ts';
import { AdsConnection } from './connection.ts';

type Sent = { readonly kind: ServedKind; readonly nonce: string; readonly names: readonly string[]; readonly removed: readonly string[] };
const subsets = istio('DestinationRule', 'cart', 'shop', { host: 'cart', subsets: [{ name: 'v1', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } }] });
const rule = (timeout: string): KubeObject => istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart', subset: 'v1' } }], timeout }] });
const base = [...shopService({ name: 'web', namespace: 'shop', ip: '10.96.0.1', podIp: '10.1.0.1' }), ...shopService({ name: 'cart', namespace: 'shop', ip: '10.96.0.2', podIp: '10.1.0.2' })];
const CART_V2 = 'outbound|80|v2|cart.shop.svc.cluster.local';

/** A proxy's stream by hand: nothing is acknowledged unless the test says so. */
function bed(mode: 'sotw' | 'delta', objects: readonly KubeObject[] = [...base, subsets, rule('1s')]) {
  const sent: Sent[] = [];
  const push = new PushServer({ snapshot: indexSnapshot(objects), metrics: createMetrics(), secrets: { secret: () => undefined }, startedAt: 't' });
  const proxy = proxyNode('sidecar~10.1.0.1~web-v1-abc-1.shop~shop.svc.cluster.local', {}, { istioFilters: true });
  if (proxy === undefined) throw new Error('bad node');
  const kindOf = (typeUrl: string): ServedKind => kindOfType(typeUrl) ?? 'secret';
  const converged: number[] = [];
  const failures: string[] = [];
  const connection = new AdsConnection({
    id: 'c', proxy, address: '', proxyVersion: '', connectedAt: '', istiod: 'i', source: push, now: () => new Date(0),
    events: { pushed: () => undefined, rejected: () => undefined, stale: () => undefined, answered: () => undefined, failed: (kind, message, isNew) => void (isNew && failures.push(`${kind} ${message}`)), converged: (at) => void converged.push(at) },
    sender: mode === 'delta'
      ? { mode, send: (r) => void sent.push({ kind: kindOf(r.type_url), nonce: r.nonce ?? '', names: (r.resources ?? []).map((item) => item.name), removed: r.removed_resources ?? [] }) }
      : { mode, send: (r) => void sent.push({ kind: kindOf(r.type_url), nonce: r.nonce ?? '', names: [...new Set((r.resources ?? []).map((_, i) => String(i)))], removed: [] }) },
  });
  push.add(connection);
  const names = mode === 'sotw' ? 'names' : 'subscribe';
  const ack = (entry: Sent, error?: string): void => connection.ask(entry.kind, {
    nonce: entry.nonce, error: error === undefined ? undefined : { code: 13, message: error }, ...(mode === 'sotw' ? { names: entry.kind === 'route' ? ['80'] : entry.kind === 'endpoint' ? [...push.compiler.endpoints(push.snapshot, proxy).keys()] : [] } : {}),
  });
  const ackAll = (): void => {
    for (let i = 0; i < sent.length; i++) if (sent[i] !== undefined && !acked.has(i)) {
      acked.add(i);
      const entry = sent[i];
      if (entry !== undefined) ack(entry);
    }
  };
  const acked = new Set<number>();
  connection.ask('cluster', { nonce: '', error: undefined, [names]: [] });
  connection.ask('endpoint', { nonce: '', error: undefined, [names]: [...push.compiler.endpoints(push.snapshot, proxy).keys()] });
  connection.ask('listener', { nonce: '', error: undefined, [names]: [] });
  connection.ask('route', { nonce: '', error: undefined, [names]: ['80'] });
  ackAll();
  const change = (...changes: readonly MeshChange[]): void => push.update(changeSnapshot(push.snapshot, changes), 0);
  return { sent, push, connection, ack, ackAll, change, converged, failures };
}

test.each(['sotw', 'delta'] as const)('%s: everything is sent in order and the revision follows the acknowledgements', (mode) => {
  const { sent, push, connection, change, ackAll, converged } = bed(mode);
  expect(sent.map((entry) => entry.kind)).toEqual(['cluster', 'endpoint', 'listener', 'route']);
  expect(connection.ackedRevision).toBe(push.revision);
  const before = push.revision;
  change({ event: 'MODIFIED', object: rule('2s') });
  expect(sent.slice(4).map((entry) => entry.kind)).toEqual(['route']);
  expect([connection.ackedRevision, push.revision > before]).toEqual([before, true]);
  ackAll();
  expect([connection.ackedRevision, converged.length]).toEqual([push.revision, 1]);
  change({ event: 'ADDED', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other', resourceVersion: String(push.revision + 5) } } });
  expect([sent.length, connection.ackedRevision]).toEqual([5, push.revision]); // it concerns no proxy, so all have it
});

test('clusters that go are taken away only when the routes that named them are gone', () => {
  const { sent, change, ack } = bed('delta');
  change({ event: 'DELETED', object: subsets }, { event: 'DELETED', object: rule('1s') });
  const [first] = sent.slice(4);
  expect(sent.slice(4).filter((entry) => entry.removed.includes(CART_V2) && entry.kind === 'cluster')).toEqual([]);
  const route = sent.find((entry, i) => i >= 4 && entry.kind === 'route');
  expect(route?.names).toEqual(['80']);
  for (const entry of sent.slice(4).filter((other) => other.kind !== 'route')) ack(entry);
  expect(sent.some((entry, i) => i >= 4 && entry.kind === 'cluster' && entry.removed.includes(CART_V2))).toBe(false);
  if (route !== undefined) ack(route);
  expect(sent.at(-1)).toMatchObject({ kind: 'cluster', removed: expect.arrayContaining([CART_V2]) });
  expect(first).toBeDefined();
});

test('while a response is under way, changes wait and are sent as one', () => {
  const { sent, push, connection, change, ackAll } = bed('delta');
  change({ event: 'MODIFIED', object: rule('2s') });
  change({ event: 'MODIFIED', object: rule('3s') });
  change({ event: 'MODIFIED', object: rule('4s') });
  expect(sent.length).toBe(5);
  ackAll();
  expect([sent.length, connection.ackedRevision]).toEqual([6, push.revision]);
  expect(JSON.stringify(push.compiler.routes(push.snapshot, connection.proxy).get('80'))).toContain('"timeout":"4s"');
});

test('a refusal holds the revision until something is accepted; an old nonce changes nothing', () => {
  const { sent, push, connection, change, ack } = bed('delta');
  const before = connection.ackedRevision;
  change({ event: 'MODIFIED', object: rule('2s') });
  const refused = sent.at(-1);
  if (refused !== undefined) ack(refused, 'no');
  expect([connection.ackedRevision, connection.subscription('route')?.nack?.message]).toEqual([before, 'no']);
  change({ event: 'ADDED', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other', resourceVersion: String(push.revision + 5) } } });
  expect(connection.ackedRevision).toBe(before);
  change({ event: 'MODIFIED', object: rule('1s') }); // back to what the proxy had: it is told so
  const again = sent.at(-1);
  expect(again?.kind).toBe('route');
  if (refused !== undefined) ack(refused); // late
  expect(connection.ackedRevision).toBe(before);
  if (again !== undefined) ack(again);
  expect([connection.ackedRevision, connection.subscription('route')?.nack]).toEqual([push.revision, undefined]);
});

test('a changed cluster gets its endpoints again; a name nobody has gets an empty answer; what is asked for again is sent again', async () => {
  const { sent, connection, change, ackAll } = bed('delta');
  change({ event: 'MODIFIED', object: istio('DestinationRule', 'cart', 'shop', { host: 'cart', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } }, subsets: [{ name: 'v1', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } }] }) });
  await Promise.resolve();
  const endpoints = sent.slice(4).filter((entry) => entry.kind === 'endpoint').flatMap((entry) => entry.names);
  expect(endpoints).toEqual(expect.arrayContaining([CART_V2]));
  expect(endpoints).not.toContain('outbound|80||web.shop.svc.cluster.local');
  ackAll();
  connection.ask('endpoint', { nonce: '', error: undefined, subscribe: ['outbound|1||nobody', CART_V2] });
  expect(sent.at(-1)).toMatchObject({ kind: 'endpoint', names: expect.arrayContaining(['outbound|1||nobody', CART_V2]) });
});

const CART = 'outbound|80||cart.shop.svc.cluster.local';
const negative = (name: string): KubeObject => istio('DestinationRule', name, 'shop', { host: name, trafficPolicy: { connectionPool: { tcp: { tcpKeepalive: { time: '-1s' } } } } });

test.each(['sotw', 'delta'] as const)('%s: a cluster that cannot be encoded stays as it was sent; the others go on, and the revision waits', (mode) => {
  const { sent, push, connection, change, ackAll, failures } = bed(mode);
  const before = connection.subscription('cluster')?.sent.get(CART);
  const revision = connection.ackedRevision;
  change({ event: 'MODIFIED', object: negative('cart') }, { event: 'ADDED', object: istio('DestinationRule', 'web', 'shop', { host: 'web', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } }) });
  const clusters = sent.slice(4).filter((entry) => entry.kind === 'cluster');
  expect([clusters.length, clusters.flatMap((entry) => entry.removed)]).toEqual([1, []]);
  ackAll();
  expect(connection.subscription('cluster')?.sent.get(CART)).toBe(before);
  expect(connection.ackedRevision).toBe(revision);
  expect(connection.subscription('cluster')?.failure?.message).toContain(CART);
  expect(failures).toEqual([expect.stringContaining(`cluster istiod cannot send all of it: ${CART}: `)]);
  change({ event: 'DELETED', object: negative('cart') });
  ackAll();
  expect([connection.subscription('cluster')?.failure, connection.ackedRevision]).toEqual([undefined, push.revision]);
});

test('in a route table only the virtual host that cannot be encoded stays as it was; a new proxy gets the others', () => {
  const bad = istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart' } }], retries: { attempts: 5e9 } }] });
  const web = istio('VirtualService', 'web', 'shop', { hosts: ['web'], http: [{ route: [{ destination: { host: 'web' } }], timeout: '9s' }] });
  const { connection, change, ackAll } = bed('delta');
  change({ event: 'MODIFIED', object: bad }, { event: 'ADDED', object: web });
  ackAll();
  const hosts = JSON.stringify(connection.subscription('route')?.sent.get('80')?.route);
  expect(hosts).toContain('"timeout":"9s"');
  expect(hosts).toContain('"timeout":"1s"'); // cart as it was
  const fresh = bed('delta', [...base, bad, web]);
  const table = JSON.stringify(fresh.connection.subscription('route')?.sent.get('80')?.route);
  expect([table.includes('"timeout":"9s"'), table.includes('cart.shop.svc')]).toEqual([true, false]);
});

test('what cannot be compiled at all is said, nothing is taken away, and the question is answered once it can be', () => {
  const { sent, push, connection, ack, failures, change } = bed('delta');
  const { routes } = push.compiler;
  push.compiler.routes = () => {
    throw new Error('no rule for it');
  };
  change({ event: 'MODIFIED', object: rule('2s') });
  expect([sent.length, failures]).toEqual([4, ['route istiod cannot send all of it: no rule for it']]);
  connection.ask('route', { nonce: sent[3]?.nonce ?? '', error: undefined, subscribe: ['80'] });
  expect(sent.length).toBe(4);
  push.compiler.routes = routes;
  change({ event: 'MODIFIED', object: rule('3s') });
  const last = sent.at(-1);
  expect(last).toMatchObject({ kind: 'route', names: ['80'] });
  if (last !== undefined) ack(last);
  expect([connection.subscription('route')?.failure, connection.ackedRevision]).toEqual([undefined, push.revision]);
});

test('a refused route keeps the clusters that the proxy still routes to, also over later changes, until one is accepted', () => {
  const { sent, connection, change, ack } = bed('delta');
  const isGone = (): boolean => sent.some((entry) => entry.kind === 'cluster' && entry.removed.includes(CART_V2));
  const answer = (from: number, refuse: boolean): void => {
    for (let i = from; i < sent.length; i++) {
      const entry = sent[i];
      if (entry !== undefined) ack(entry, refuse && entry.kind === 'route' ? 'no' : undefined);
    }
  };
  change({ event: 'DELETED', object: subsets }, { event: 'DELETED', object: rule('1s') });
  answer(4, true);
  expect([connection.subscription('route')?.nack?.message, isGone()]).toEqual(['no', false]);
  const from = sent.length;
  change({ event: 'ADDED', object: istio('DestinationRule', 'web', 'shop', { host: 'web', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } }) });
  answer(from, true);
  expect(isGone()).toBe(false);
  const then = sent.length;
  change({ event: 'ADDED', object: rule('5s') }, { event: 'MODIFIED', object: { ...subsets, spec: { host: 'cart', subsets: [{ name: 'v1', labels: { version: 'v1' } }] } } });
  answer(then, false);
  expect([connection.subscription('route')?.nack, isGone()]).toEqual([undefined, true]);
});

test('clusters are not taken away with the acknowledgement of an older response while new routes are under way', () => {
  const { sent, change, ack } = bed('delta');
  change({ event: 'MODIFIED', object: istio('DestinationRule', 'cart', 'shop', { host: 'cart', trafficPolicy: { loadBalancer: { simple: 'RANDOM' } }, subsets: [{ name: 'v1', labels: { version: 'v1' } }, { name: 'v2', labels: { version: 'v2' } }] }) });
  const older = sent.findLast((entry) => entry.kind === 'cluster');
  change({ event: 'DELETED', object: subsets }, { event: 'DELETED', object: rule('1s') });
  const route = sent.findLast((entry) => entry.kind === 'route');
  if (older !== undefined) ack(older);
  expect(sent.some((entry) => entry.kind === 'cluster' && entry.removed.includes(CART_V2))).toBe(false);
  const second = sent.findLast((entry) => entry.kind === 'cluster');
  if (second !== undefined && second !== older) ack(second);
  if (route !== undefined) ack(route);
  expect(sent.at(-1)).toMatchObject({ kind: 'cluster', removed: expect.arrayContaining([CART_V2]) });
});

test('a mesh config whose retries are no count is said and has the default', () => {
  for (const attempts of [2.5, 5e9, -1, '3']) {
    const said: string[] = [];
    expect(meshConfigOf({ defaultHttpRetryPolicy: { attempts } }, { onProblem: (text) => said.push(text) }).defaultRetryAttempts).toBe(2);
    expect(said).toEqual([expect.stringContaining('defaultHttpRetryPolicy.attempts')]);
  }
  expect(meshConfigOf({ defaultHttpRetryPolicy: { attempts: 0 } }).defaultRetryAttempts).toBe(0);
});

test('every served kind has an order', () => {
  expect(SERVED_KINDS).toEqual(['cluster', 'endpoint', 'listener', 'route', 'secret']);
});
