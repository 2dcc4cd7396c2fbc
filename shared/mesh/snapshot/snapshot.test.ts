import { expect, test } from 'vitest';
import type { KubeObject, MeshSnapshot } from '../index.ts';
import { byAge, changeSnapshot, EMPTY_SNAPSHOT, indexSnapshot, meshConfigOf } from '../index.ts';

let version = 100;
const meta = (name: string, more: object = {}): KubeObject['metadata'] => ({ name, namespace: 'shop', resourceVersion: String(version++), uid: name, ...more });
const service = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: meta(name), spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] } });
const pod = (name: string, labels: object, status: object = {}): KubeObject => ({
  apiVersion: 'v1', kind: 'Pod', metadata: meta(name, { labels: { 'pod-template-hash': 'abc', ...labels }, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-v1-abc', uid: 'u', controller: true }] }),
  spec: { containers: [{ name: 'app', image: 'x', ports: [{ containerPort: 8080, name: 'web' }] }], serviceAccountName: 'web' }, status: { podIP: '10.1.0.1', ...status },
});
const slice = (name: string, ready = true): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: meta(`${name}-1`, { labels: { 'kubernetes.io/service-name': name } }), addressType: 'IPv4',
  endpoints: [{ addresses: ['10.1.0.1'], conditions: { ready }, targetRef: { kind: 'Pod', name: 'web-v1-abc-1', namespace: 'shop' } }], ports: [{ name: 'http', port: 8080 }],
});
const rule = (name: string, created: string): KubeObject => ({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: meta(name, { creationTimestamp: created }), spec: { hosts: ['web'] } });
const WEB = 'web.shop.svc.cluster.local';
const start = (): MeshSnapshot => indexSnapshot([service('web'), pod('web-v1-abc-1', { app: 'web', 'security.istio.io/tlsMode': 'istio' }), slice('web'), rule('b', '2026-01-02T00:00:00Z'), rule('a', '2026-01-01T00:00:00Z')]);

test('objects become services, endpoints and rules', () => {
  const snapshot = start();
  expect(snapshot.services.get(WEB)).toMatchObject({ namespace: 'shop', addresses: ['10.0.0.1'], ports: [{ port: 80, protocol: 'HTTP', targetPort: 8080 }] });
  expect(snapshot.endpoints.get(WEB)).toMatchObject([{ address: '10.1.0.1', ready: true, serviceAccount: 'web', tlsMode: 'istio', workload: 'web-v1' }]);
  expect(snapshot.endpoints.get(WEB)?.[0]?.ports.get('http')).toBe(8080);
  expect(byAge.virtualServices(snapshot.virtualServices).map((object) => object.metadata.name)).toEqual(['a', 'b']);
  expect(snapshot.revision).toBe(version - 1);
});

test('a change keeps every part it leaves alone', () => {
  const before = start();
  const after = changeSnapshot(before, [{ event: 'MODIFIED', object: rule('a', '2026-01-01T00:00:00Z') }]);
  expect(after.virtualServices).not.toBe(before.virtualServices);
  for (const part of ['services', 'endpoints', 'slices', 'pods', 'destinationRules', 'gateways', 'peerAuthentications', 'namespaces'] as const) expect(after[part]).toBe(before[part]);
  expect(before.revision).toBeLessThan(after.revision);
});

test('a pod that only reports its state changes nothing; one that gets a label changes its endpoints', () => {
  const before = start();
  const reported = changeSnapshot(before, [{ event: 'MODIFIED', object: pod('web-v1-abc-1', { app: 'web', 'security.istio.io/tlsMode': 'istio' }, { phase: 'Running' }) }]);
  expect([reported.pods, reported.endpoints]).toEqual([before.pods, before.endpoints]);
  expect(reported.pods).toBe(before.pods);
  const labelled = changeSnapshot(before, [{ event: 'MODIFIED', object: pod('web-v1-abc-1', { app: 'web', version: 'v2' }) }]);
  expect(labelled.endpoints.get(WEB)).toMatchObject([{ labels: { version: 'v2' }, tlsMode: 'disabled' }]);
  expect(labelled.services).toBe(before.services);
});

test('the order of arrival does not matter', () => {
  const objects = [slice('web'), pod('web-v1-abc-1', { app: 'web' }), service('web')];
  const one = indexSnapshot(objects);
  const steps = objects.reduce((snapshot, object) => changeSnapshot(snapshot, [{ event: 'ADDED', object }]), EMPTY_SNAPSHOT);
  expect(steps).toEqual(one);
  const gone = changeSnapshot(steps, objects.map((object) => ({ event: 'DELETED', object })));
  expect([gone.services.size, gone.pods.size, gone.endpoints.size, gone.slices.size]).toEqual([0, 0, 0, 0]);
});

test('an object of the wrong shape is left out and told', () => {
  const told: string[] = [];
  const bad: KubeObject = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: meta('bad'), spec: { hosts: 'web' } };
  const snapshot = indexSnapshot([bad], { onRejected: (ref) => told.push(`${ref.kind} ${ref.name}`) });
  expect([snapshot.virtualServices.size, told]).toEqual([0, ['VirtualService bad']]);
});

test('mesh config has Istio’s defaults', () => {
  expect(meshConfigOf({})).toMatchObject({ trustDomain: 'cluster.local', rootNamespace: 'istio-system', enableAutoMtls: true, accessLogFile: '', outboundTrafficPolicy: 'ALLOW_ANY', defaultRetryAttempts: 2 });
  expect(meshConfigOf({ defaultConfig: { tracing: { sampling: 100, otlp: { address: 'j:4318' } } }, outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } })).toMatchObject({ outboundTrafficPolicy: 'REGISTRY_ONLY', defaultConfig: { samplingPercent: 100, otlpEndpoint: 'http://j:4318' } });
});
