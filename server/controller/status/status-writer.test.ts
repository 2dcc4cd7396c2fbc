import { expect, test } from 'vitest';
import { createLog } from '#server/lib';
import type { KubeClient, KubeRequest } from '#server/lib';
import type { KubeObject } from '#shared/mesh';
import { conditionFor, createStatusWriter } from './status-writer.ts';

const object = (apiVersion: string, kind: string, more: object = {}): KubeObject => ({ apiVersion, kind, metadata: { name: 'x', namespace: 'shop', generation: 3, resourceVersion: '7' }, spec: {}, ...more });

test('kinds that act have no condition, the others of Istio and the Gateway API have one', () => {
  for (const kind of ['VirtualService', 'DestinationRule', 'Gateway', 'PeerAuthentication']) expect(conditionFor(object(kind === 'PeerAuthentication' ? 'security.istio.io/v1' : 'networking.istio.io/v1', kind)), kind).toBe(undefined);
  for (const [group, kind] of [['networking.istio.io/v1', 'Sidecar'], ['networking.istio.io/v1alpha3', 'EnvoyFilter'], ['security.istio.io/v1', 'RequestAuthentication'], ['telemetry.istio.io/v1', 'Telemetry'], ['extensions.istio.io/v1alpha1', 'WasmPlugin']] as const) expect(conditionFor(object(group, kind)), kind).toEqual({ type: 'Reconciled' });
  for (const kind of ['Gateway', 'GatewayClass', 'HTTPRoute']) expect(conditionFor(object('gateway.networking.k8s.io/v1', kind)), kind).toEqual({ type: 'Accepted' });
  expect(conditionFor(object('v1', 'Pod'))).toBe(undefined);
});

test('a route has its conditions by parent, other conditions stay, and what was told once is not told again', async () => {
  const asked: KubeRequest[] = [];
  const client: KubeClient = {
    connection: { server: new URL('https://x'), namespace: 'default', prepare: () => Promise.resolve() }, close: () => undefined, text: () => Promise.reject(new Error('not used')), stream: () => Promise.reject(new Error('not used')),
    request: (request) => {
      asked.push(request);
      return Promise.resolve({});
    },
  };
  const log = createLog('status-test');
  log.level = 'fatal';
  const writer = createStatusWriter({ client, log, now: () => new Date(0) });
  const told = { type: 'Accepted', status: 'False', reason: 'NotImplemented', message: 'The object is valid and stored; Pharos does not act on HTTPRoute yet.', lastTransitionTime: '1970-01-01T00:00:00Z', observedGeneration: 3 };
  const route = object('gateway.networking.k8s.io/v1', 'HTTPRoute', { spec: { parentRefs: [{ name: 'a' }, { name: 'b' }] } });
  const parents = ['a', 'b'].map((name) => ({ parentRef: { name }, controllerName: 'istio.io/gateway-controller', conditions: [told] }));
  writer.onObject('ADDED', route);
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(1);
  expect(asked[0]).toMatchObject({ path: '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/x/status', body: { metadata: { resourceVersion: '7' }, status: { parents } } });
  const other = { type: 'Programmed', status: 'True', reason: 'Programmed' };
  writer.onObject('MODIFIED', { ...route, status: { parents } });
  writer.onObject('ADDED', object('networking.istio.io/v1', 'Sidecar', { status: { conditions: [other] } }));
  await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(2);
  expect(asked[1]).toMatchObject({ path: '/apis/networking.istio.io/v1/namespaces/shop/sidecars/x/status', body: { status: { conditions: [other, { type: 'Reconciled', reason: 'NotImplemented' }] } } });
  await writer.stop();
  expect(asked).toHaveLength(2);
});
