import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { proxyNode } from '#shared/compiler';
import { istio, shopService } from '#shared/fixtures';
import { changeSnapshot, indexSnapshot } from '#shared/mesh';
import { AdsConnection } from '../ads/connection.ts';
import { createMetrics } from '../metrics.ts';
import { PushServer } from '../push/push-server.ts';
import { startHttpServer } from './http-server.ts';

const base = [...shopService({ name: 'web', namespace: 'shop', ip: '10.96.0.1', podIp: '10.1.0.1' }), ...shopService({ name: 'cart', namespace: 'shop', ip: '10.96.0.2', podIp: '10.1.0.2' })];
const syncz = z.array(z.object({ last_nack: z.optional(z.object({ type: z.string(), message: z.string(), at: z.string() })), acked_revision: z.string() }));

test('what cannot be sent is shown by /debug/syncz, and a page that cannot be made is an answer, not the end', async () => {
  const metrics = createMetrics();
  const push = new PushServer({ snapshot: indexSnapshot(base), metrics, secrets: { secret: () => undefined }, startedAt: 't' });
  const http = await startHttpServer({ host: '127.0.0.1', port: 0, push, registry: metrics.registry, notReady: () => undefined, beforeMetrics: () => undefined });
  onTestFinished(() => http.stop());
  const proxy = proxyNode('sidecar~10.1.0.1~web-v1-abc-1.shop~shop.svc.cluster.local', {}, { istioFilters: true });
  if (proxy === undefined) throw new Error('bad node');
  const nothing = (): undefined => undefined;
  const connection = new AdsConnection({
    id: 'c', proxy, address: '', proxyVersion: '', connectedAt: '', istiod: 'i', source: push, now: () => new Date(0), sender: { mode: 'delta', send: nothing },
    events: { pushed: nothing, rejected: nothing, stale: nothing, answered: nothing, converged: nothing, failed: nothing },
  });
  push.add(connection);
  connection.ask('route', { nonce: '', error: undefined, subscribe: ['80'] });
  connection.ask('route', { nonce: connection.subscription('route')?.nonceSent ?? '', error: undefined });
  const page = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${http.port}${path}`);
  const [before] = syncz.parse(await (await page('/debug/syncz')).json());
  expect(before?.last_nack).toBeUndefined();
  push.update(changeSnapshot(push.snapshot, [{ event: 'ADDED', object: istio('VirtualService', 'cart', 'shop', { hosts: ['cart'], http: [{ route: [{ destination: { host: 'cart' } }], retries: { attempts: 5e9 } }] }) }]), 0);
  const [after] = syncz.parse(await (await page('/debug/syncz')).json());
  expect(after).toEqual({ last_nack: { type: 'route', message: expect.stringContaining('num_retries'), at: '1970-01-01T00:00:00.000Z' }, acked_revision: before?.acked_revision });
  push.compiler.compile = () => {
    throw new Error('no rule for it');
  };
  const dump = await page('/debug/config_dump?proxyID=web-v1-abc-1.shop');
  expect([dump.status, await dump.text(), (await page('/ready')).status]).toEqual([500, 'no rule for it\n', 200]);
});
