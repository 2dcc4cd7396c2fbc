import { expect, test } from 'vitest';
import type { DestinationRule, KubeObject, Pod, VirtualService } from '../index.ts';
import { definitionOf, kindByPlural, kindOf, KINDS } from '../index.ts';

test('a kind is found by group and name and by its plural', () => {
  expect(kindOf('networking.istio.io', 'VirtualService')?.plural).toBe('virtualservices');
  expect(kindByPlural('', 'pods')?.kind).toBe('Pod');
  expect(kindByPlural('apps', 'pods')).toBeUndefined();
  expect(new Set(KINDS.map((kind) => `${kind.group}/${kind.plural}`)).size).toBe(KINDS.length);
});

test('types follow the schemas', () => {
  const rule: VirtualService = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'reviews' }, spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' }, weight: 90 }] }] } };
  // @ts-expect-error a destination needs a host
  const bad: NonNullable<NonNullable<VirtualService['spec']['http']>[number]['route']> = [{ destination: { subset: 'v1' } }];
  const policy: DestinationRule['spec']['trafficPolicy'] = { loadBalancer: { simple: 'ROUND_ROBIN' } };
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'a' }] } };
  const objects: readonly KubeObject[] = [rule, pod];
  expect([bad, policy, ...objects]).toHaveLength(4);
});

test('lists carry the keys strategic merge needs', () => {
  const spec = definitionOf('io.k8s.api.core.v1.PodSpec')?.properties ?? {};
  expect(spec['containers']?.['x-kubernetes-patch-merge-key']).toBe('name');
  expect(spec['volumes']?.['x-kubernetes-patch-strategy']).toBe('merge,retainKeys');
  expect(spec['tolerations']?.['x-kubernetes-list-type']).toBe('atomic');
  expect(definitionOf('io.k8s.api.core.v1.Container')?.properties?.['ports']?.['x-kubernetes-list-map-keys']).toEqual(['containerPort', 'protocol']);
});
