import { expect, test } from 'vitest';
import { podSpecOf } from '../pod/pod-schema.ts';
import type { ContainerSpec, PodSpec } from '../pod/pod-schema.ts';
import { Backoff, goSeconds } from './backoff.ts';
import { containerEnvironment, fieldValue, resourceValue } from './environment.ts';
import type { PodFacts } from './environment.ts';
import { expandVariables, shellWords } from './expand.ts';
import { lookupImage } from './images.ts';
import type { KnownImage } from './images.ts';
import { serviceVariables } from './service-variables.ts';

const specOf = (spec: object): PodSpec => {
  const parsed = podSpecOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec });
  if (parsed === undefined) throw new Error('not a pod');
  return parsed;
};
const containerOf = (container: object): ContainerSpec => {
  const [first] = specOf({ containers: [{ name: 'app', ...container }] }).containers;
  if (first === undefined) throw new Error('no container');
  return first;
};
const images: readonly KnownImage[] = [
  { pattern: 'pharos/curl:*', command: ['node', 'part.ts', 'curl'], args: 'append', env: { A: '1' } }, { pattern: 'pharos/proxyv2:*', command: ['node', 'part.ts', 'proxy'], args: 'append', env: {} },
  { pattern: 'tool', command: ['tool', 'default'], args: 'replace', env: {} },
];
const facts = (spec: object, over: Partial<PodFacts> = {}): PodFacts => ({
  name: 'web', namespace: 'shop', uid: 'u', labels: { app: 'web', 'a/b': 'x"y' }, annotations: { note: 'two\nlines' }, spec: specOf(spec), podIP: '127.44.0.2', hostIP: '127.0.0.1', allocatable: { cpu: 4, memory: 2 ** 30 }, ...over,
});

test('references are expanded once and unknown ones stay', () => {
  const of = (name: string): string | undefined => new Map([['A', 'x'], ['B', '$(A)']]).get(name);
  expect(expandVariables('$(A) $(B) $(C) $$(A) $A $(', of)).toBe('x $(A) $(C) $(A) $A $(');
});

test('a command line is split as a shell does', () => {
  expect(shellWords(`python3 -m http.server "a b" 'c "d"' e\\ f "g\\"h" ''`)).toEqual(['python3', '-m', 'http.server', 'a b', 'c "d"', 'e f', 'g"h', '']);
  expect(() => shellWords('a "b')).toThrow('not closed');
});

test('images: table, registry prefix, annotation, and the sentence that helps', () => {
  const run = (container: object, annotations: Record<string, string> = {}): unknown => {
    const found = lookupImage(images, containerOf(container), annotations);
    return found.ok ? [...found.run.argv, ...(found.run.noop ? ['(noop)'] : [])] : found.message;
  };
  expect(run({ image: 'docker.io/pharos/curl:dev', args: ['-v'] })).toEqual(['node', 'part.ts', 'curl', '-v']);
  expect(run({ image: 'pharos/curl:dev', command: ['sleep'], args: ['5'] })).toEqual(['sleep', '5']);
  expect(run({ image: 'tool' })).toEqual(['tool', 'default']);
  expect(run({ image: 'tool', args: ['other'] })).toEqual(['tool', 'other']);
  expect(run({ name: 'istio-init', image: 'pharos/proxyv2:dev', args: ['istio-iptables'] })).toContain('(noop)');
  expect(run({ image: 'nginx' }, { 'pharos.dev/command': '["a b", "c"]' })).toEqual(['a b', 'c']);
  expect(run({ image: 'nginx' }, { 'pharos.dev/command': 'a b' })).toEqual(['a', 'b']);
  expect(run({ image: 'nginx:1.27' })).toMatch(/image "nginx:1.27" is not one this machine can run.*pharos\.dev\/command.*pharos\/curl:\*/);
  expect(run({ image: 'nginx' }, { 'pharos.dev/command': '["a", 1]' })).toMatch(/takes a JSON list/);
});

test('environment: order, references, optional keys and what is missing', () => {
  const spec = { containers: [{ name: 'app' }] };
  const sources = {
    configMap: (namespace: string, name: string) => (namespace === 'shop' && name === 'c' ? new Map([['k', Buffer.from('v')], ['HOST', Buffer.from('h')]]) : undefined),
    secret: (_namespace: string, name: string) => (name === 's' ? new Map([['p', Buffer.from('pw')]]) : undefined),
  };
  const env = (container: object): Record<string, string> => Object.fromEntries(containerEnvironment(containerOf(container), facts(spec), sources, new Map([['HOST', 'given']])));
  expect(env({
    envFrom: [{ prefix: 'C_', configMapRef: { name: 'c' } }, { secretRef: { name: 'none', optional: true } }],
    env: [{ name: 'A', value: '1$(HOST)' }, { name: 'B', value: '$(A)$(LATER)' }, { name: 'LATER', value: 'x' }, { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'p' } } }, { name: 'N', valueFrom: { configMapKeyRef: { name: 'c', key: 'no', optional: true } } }, { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
  })).toEqual({ HOST: 'given', C_k: 'v', C_HOST: 'h', A: '1given', B: '1given$(LATER)', LATER: 'x', S: 'pw', IP: '127.44.0.2' });
  expect(() => env({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'gone', key: 'k' } } }] })).toThrow('configmap "gone" not found');
  expect(() => env({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] })).toThrow("couldn't find key k in Secret shop/s");
});

test('downward fields and resources', () => {
  const f = facts({ containers: [{ name: 'app', resources: { limits: { cpu: '1500m', memory: '100Mi' }, requests: { cpu: '100m' } } }, { name: 'none' }] });
  expect(fieldValue(f, "metadata.labels['app']")).toBe('web');
  expect(fieldValue(f, 'metadata.labels')).toBe('a/b="x\\"y"\napp="web"');
  expect(fieldValue(f, 'metadata.annotations')).toBe('note="two\\nlines"');
  const [app, none] = f.spec.containers;
  if (app === undefined || none === undefined) throw new Error('no container');
  expect([resourceValue(f, app, { resource: 'limits.cpu' }), resourceValue(f, app, { resource: 'requests.cpu', divisor: '1m' }), resourceValue(f, app, { resource: 'limits.memory', divisor: '1Mi' })]).toEqual(['2', '100', '100']);
  expect([resourceValue(f, none, { resource: 'limits.cpu' }), resourceValue(f, none, { resource: 'limits.memory' }), resourceValue(f, none, { resource: 'requests.memory' })]).toEqual(['4', String(2 ** 30), '0']);
});

test('service variables as the kubelet writes them', () => {
  expect(Object.fromEntries(serviceVariables({ name: 'my-db', clusterIP: '127.108.0.9', ports: [{ name: 'tcp-sql', port: 5432, protocol: 'TCP' }] }))).toEqual({
    MY_DB_SERVICE_HOST: '127.108.0.9', MY_DB_SERVICE_PORT: '5432', MY_DB_SERVICE_PORT_TCP_SQL: '5432', MY_DB_PORT: 'tcp://127.108.0.9:5432', MY_DB_PORT_5432_TCP: 'tcp://127.108.0.9:5432', MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432', MY_DB_PORT_5432_TCP_ADDR: '127.108.0.9',
  });
  expect(serviceVariables({ name: 'x', clusterIP: 'None', ports: [{ name: '', port: 1, protocol: 'TCP' }] }).size).toBe(0);
});

test('crash-loop back-off: at once, then 10 s doubled to 5 min, anew after 10 min of work', () => {
  const backoff = new Backoff();
  expect([0, 0, 0, 0, 0, 0, 0, 0].map((ran) => backoff.next(ran) / 1000)).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  expect(backoff.next(600_000)).toBe(0);
  expect([10_000, 80_000, 300_000].map(goSeconds)).toEqual(['10s', '1m20s', '5m0s']);
});
