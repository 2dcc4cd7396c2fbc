import { expect, test } from 'vitest';
import { proxyNode } from '#shared/compiler';
import { istio, shopService } from '#shared/fixtures';
import { changeSnapshot, indexSnapshot } from '#shared/mesh';
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
  const connection = new AdsConnection({
    id: 'c', proxy, address: '', proxyVersion: '', connectedAt: '', istiod: 'i', source: push, now: () => new Date(0),
    events: { pushed: () => undefined, rejected: () => undefined, stale: () => undefined, answered: () => undefined, converged: (at) => void converged.push(at) },
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
  return { sent, push, connection, ack, ackAll, change, converged };
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

test('every served kind has an order', () => {
  expect(SERVED_KINDS).toEqual(['cluster', 'endpoint', 'listener', 'route', 'secret']);
});
