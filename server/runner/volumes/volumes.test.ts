import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { podSpecOf } from '../pod/pod-schema.ts';
import { writeAtomically } from './atomic-writer.ts';
import { PodVolumes } from './pod-volumes.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-volumes-`);
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const payload = (files: Record<string, string>) => new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode: 0o644 }]));

test('files change all at once, and stale ones go', () => {
  const at = `${dir}/atomic`;
  expect(writeAtomically(at, payload({ a: '1', 'sub/b': '2' }))).toBe(true);
  expect(writeAtomically(at, payload({ a: '1', 'sub/b': '2' }))).toBe(false);
  expect([readFileSync(`${at}/a`, 'utf8'), readFileSync(`${at}/sub/b`, 'utf8')]).toEqual(['1', '2']);
  expect(writeAtomically(at, payload({ c: '3' }))).toBe(true);
  expect(readdirSync(at).filter((name) => !name.startsWith('..'))).toEqual(['c']);
  expect(readdirSync(at).filter((name) => name.startsWith('..2'))).toHaveLength(1);
  expect(() => writeAtomically(at, payload({ '../x': 'no' }))).toThrow('leads out');
});

test('config maps, tokens, downward files and nested mounts appear under the root and follow changes', async () => {
  const pod = podSpecOf({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: {
      containers: [{ name: 'app', volumeMounts: [{ name: 'inner', mountPath: '/var/run/secrets/istio/crl' }, { name: 'all', mountPath: '/var/run/secrets/istio' }, { name: 'scratch', mountPath: '/tmp/x', subPath: 'deep' }, { name: 'info', mountPath: '/etc/info' }] }],
      volumes: [
        { name: 'all', projected: { sources: [{ configMap: { name: 'ca', items: [{ key: 'root', path: 'ca.crt' }] } }, { serviceAccountToken: { path: 'token', audience: 'istio-ca', expirationSeconds: 600 } }, { secret: { name: 'none', optional: true } }] } },
        { name: 'inner', configMap: { name: 'none', optional: true } }, { name: 'scratch', emptyDir: {} }, { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
    },
  });
  if (pod === undefined) throw new Error('not a pod');
  let ca: Map<string, Buffer> | undefined;
  const needs: string[] = [];
  const volumes = new PodVolumes({
    dir: `${dir}/vol`, facts: () => ({ name: 'p', namespace: 'n', uid: 'u', labels: { app: 'x' }, annotations: {}, spec: pod, podIP: '1', hostIP: '2', allocatable: { cpu: 1, memory: 1 } }),
    sources: { configMap: (_ns, name) => (name === 'ca' ? ca : undefined), secret: () => undefined }, onError: () => {},
    requestToken: (need) => { needs.push(`${need.audience} ${need.expirationSeconds}`); return Promise.resolve({ token: 'secret-token', expiresInMs: 600_000 }); },
  });
  await expect(volumes.setUp()).rejects.toThrow('MountVolume.SetUp failed for volume "all" : configmap "ca" not found');
  ca = new Map([['root', Buffer.from('CA')]]);
  await volumes.setUp();
  expect(needs).toEqual(['istio-ca 600']); // once, though the set-up was tried twice
  const root = `${dir}/root`;
  const [app] = pod.containers;
  if (app === undefined) throw new Error('no container');
  volumes.mount(app, root, new Map());
  volumes.mount(app, root, new Map());
  const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
  expect([read('/var/run/secrets/istio/ca.crt'), read('/var/run/secrets/istio/token'), read('/etc/info/labels')]).toEqual(['CA', 'secret-token', 'app="x"']);
  expect(statSync(`${root}/var/run/secrets/istio/token`).mode & 0o777).toBe(0o600);
  expect([existsSync(`${root}/var/run/secrets/istio/crl`), existsSync(`${dir}/vol/scratch/deep`), lstatSync(`${root}/tmp/x`).isSymbolicLink()]).toEqual([true, true, true]);
  ca = new Map([['root', Buffer.from('CA2')]]);
  volumes.refresh();
  expect(read('/var/run/secrets/istio/ca.crt')).toBe('CA2');
  expect([volumes.uses('ConfigMap', 'ca'), volumes.uses('ConfigMap', 'other'), volumes.uses('Secret', 'none')]).toEqual([true, false, true]);
  volumes.stop();
});

test('a token is renewed before it ends, and a failed renewal leaves the old one', async () => {
  const pod = podSpecOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'app' }], volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }] } });
  if (pod === undefined) throw new Error('not a pod');
  let asked = 0;
  const errors: string[] = [];
  const volumes = new PodVolumes({
    dir: `${dir}/renew`, facts: () => ({ name: 'p', namespace: 'n', uid: 'u', labels: {}, annotations: {}, spec: pod, podIP: '1', hostIP: '2', allocatable: { cpu: 1, memory: 1 } }), sources: { configMap: () => undefined, secret: () => undefined },
    onError: (text) => void errors.push(text), requestToken: () => { asked += 1; return asked > 2 ? Promise.reject(new Error('away')) : Promise.resolve({ token: `token-${asked}`, expiresInMs: 100 }); },
  });
  await volumes.setUp();
  const token = (): string => readFileSync(`${dir}/renew/t/token`, 'utf8');
  expect(token()).toBe('token-1');
  await expect.poll(token).toBe('token-2');
  await expect.poll(() => errors.length).toBe(1);
  expect([token(), errors[0]]).toEqual(['token-2', 'token of t/0 was not renewed: away']);
  volumes.stop();
});
