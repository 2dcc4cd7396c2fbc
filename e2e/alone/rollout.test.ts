// Rollouts, scales, waits, descriptions and logs with the real kubectl: what it prints here is what it prints on a real cluster.
import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startClusterAndRunner } from '../lib/cluster-and-runner.ts';
import type { ClusterAndRunner } from '../lib/cluster-and-runner.ts';
import { findKubectl } from '../lib/kubectl.ts';
import { until } from '../lib/until.ts';

let mesh: ClusterAndRunner;
let binary: string;
beforeAll(async () => {
  binary = await findKubectl();
  mesh = await startClusterAndRunner();
});
afterAll(async () => {
  await mesh.stop();
});

type Said = { readonly code: number; readonly out: string; readonly err: string };
const env = (): NodeJS.ProcessEnv => ({ ...process.env, KUBECONFIG: mesh.kubeconfig });
const kubectl = (...args: readonly string[]): Promise<Said> => new Promise((resolve) => {
  execFile(binary, args, { env: env(), timeout: 60_000 }, (error, out, err) => resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, err }));
});
const said = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await kubectl(...args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${out}${err}`);
  return out.trim();
};
/** Columns of each line, with what differs from run to run (ages, hashes, addresses) masked. */
const table = (text: string): readonly string[] => text.trim().split('\n').map((line) => line.trim().replaceAll(/\s{2,}/g, ' | ').replaceAll(/\b\d+m?\d*s\b/g, 'AGE').replaceAll(/-[a-z0-9]{9,10}(?:-[a-z0-9]{5})?\b/g, '-HASH').replaceAll(/127\.\d+\.\d+\.\d+/g, 'IP'));

const SERVER = `const s = require('http').createServer((q, r) => r.end('v' + process.env.V)); s.listen(8000, process.env.HOST, () => console.log('up', process.env.V)); process.on('SIGTERM', () => { s.close(); s.closeAllConnections(); });`;
function manifest(): string {
  const path = `${mesh.dir}/web.json`;
  const container = { name: 'app', image: 'test/node:1', args: ['-e', SERVER], env: [{ name: 'V', value: '1' }], ports: [{ containerPort: 8000 }], readinessProbe: { httpGet: { path: '/', port: 8000 }, periodSeconds: 1 } };
  const objects = [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { terminationGracePeriodSeconds: 3, containers: [container] } } } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 8000 }] } },
  ];
  writeFileSync(path, objects.map((object) => JSON.stringify(object)).join('\n'));
  return path;
}

test('apply, rollout status, get and describe', async () => {
  expect(await said('apply', '-f', manifest())).toBe('deployment.apps/web created\nservice/web created');
  expect((await said('rollout', 'status', 'deploy/web')).split('\n').at(-1)).toBe('deployment "web" successfully rolled out');
  expect(table(await said('get', 'deploy,rs,pods'))).toEqual([
    'NAME | READY | UP-TO-DATE | AVAILABLE | AGE', 'deployment.apps/web | 2/2 | 2 | 2 | AGE', '', 'NAME | DESIRED | CURRENT | READY | AGE', 'replicaset.apps/web-HASH | 2 | 2 | 2 | AGE', '',
    'NAME | READY | STATUS | RESTARTS | AGE', 'pod/web-HASH | 1/1 | Running | 0 | AGE', 'pod/web-HASH | 1/1 | Running | 0 | AGE',
  ]);
  expect(table(await said('get', 'pods', '-o', 'wide'))[1]).toBe('web-HASH | 1/1 | Running | 0 | AGE | IP | laptop | <none> | <none>');
  expect(table(await said('get', 'nodes'))[1]).toMatch(/^laptop \| Ready \| control-plane \| AGE \| v1\./);
  const deployment = await said('describe', 'deploy', 'web');
  for (const line of [/^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m, /^ +Available +True +MinimumReplicasAvailable$/m, /^ +Progressing +True +NewReplicaSetAvailable$/m, /^NewReplicaSet: +web-\w+ \(2\/2 replicas created\)$/m, /Scaled up replica set web-\w+ from 0 to 2$/m]) expect(deployment).toMatch(line);
  await until('the events of the pods', async () => ((await said('describe', 'pod', '-l', 'app=web')).match(/Started container app/g)?.length === 2 ? true : undefined));
  expect(await said('describe', 'svc', 'web')).toMatch(/^Endpoints: +127\.[\d.]+:8000,127\.[\d.]+:8000$/m);
});

test('set image, restart, history, undo, pause, scale and wait', async () => {
  expect(await said('set', 'image', 'deploy/web', 'app=test/node:2')).toBe('deployment.apps/web image updated');
  const status = await said('rollout', 'status', 'deploy/web');
  expect(status).toContain('Waiting for deployment "web" rollout to finish: 1 out of 2 new replicas have been updated...');
  expect(status.split('\n').at(-1)).toBe('deployment "web" successfully rolled out');
  expect(await said('rollout', 'restart', 'deploy/web')).toBe('deployment.apps/web restarted');
  await said('rollout', 'status', 'deploy/web');
  expect(await said('rollout', 'undo', 'deploy/web')).toBe('deployment.apps/web rolled back');
  await said('rollout', 'status', 'deploy/web');
  expect((await said('rollout', 'history', 'deploy/web')).split('\n').slice(1).map((line) => line.trim())).toEqual(['REVISION  CHANGE-CAUSE', '1         <none>', '3         <none>', '4         <none>']);
  expect(await said('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe('test/node:2');
  await said('rollout', 'pause', 'deploy/web');
  expect((await kubectl('rollout', 'restart', 'deploy/web')).err).toContain("can't restart paused deployment (run rollout resume first)");
  await said('rollout', 'resume', 'deploy/web');
  expect(await said('scale', 'deploy/web', '--replicas=3')).toBe('deployment.apps/web scaled');
  expect(await said('wait', '--for=condition=Available', 'deploy/web', '--timeout=30s')).toBe('deployment.apps/web condition met');
  await said('rollout', 'status', 'deploy/web');
  expect((await said('wait', '--for=condition=Ready', 'pod', '-l', 'app=web', '--timeout=30s')).split('\n')).toHaveLength(3);
  expect(await said('wait', '--for=jsonpath={.status.readyReplicas}=3', 'deploy/web', '--timeout=30s')).toBe('deployment.apps/web condition met');
});

test('logs: of a deployment, with prefix and tail, followed, and of the run before', async () => {
  expect((await kubectl('logs', 'deploy/web')).out).toBe('up 1\n');
  expect((await said('logs', '-l', 'app=web', '--prefix', '--tail=1')).split('\n').toSorted().map((line) => line.replace(/web-\w+-\w+/, 'POD'))).toEqual(['[pod/POD/app] up 1', '[pod/POD/app] up 1', '[pod/POD/app] up 1']);
  const pod = (await said('get', 'pods', '-o', 'name')).split('\n')[0] ?? '';
  const followed = spawn(binary, ['logs', '-f', '-c', 'app', pod, '--timestamps'], { env: env(), stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  followed.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  await until('the line', () => Promise.resolve(/^\d{4}-\d\d-\d\dT[\d:.]+Z up 1$/m.test(text) ? true : undefined));
  await said('delete', pod);
  await until('the end of the log', () => Promise.resolve(followed.exitCode === null ? undefined : true));
  expect((await kubectl('logs', 'deploy/web', '-c', 'nope')).err).toMatch(/container nope is not valid for pod web-/);
  writeFileSync(`${mesh.dir}/crash.json`, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'crash' }, spec: { containers: [{ name: 'app', image: 'test/sh:1', args: ['-c', 'echo hello; exit 1'] }] } }));
  await said('apply', '-f', `${mesh.dir}/crash.json`);
  expect(await until('CrashLoopBackOff', async () => table(await said('get', 'pod', 'crash')).find((line) => line.includes('CrashLoopBackOff')))).toBe('crash | 0/1 | CrashLoopBackOff | 1 (AGE ago) | AGE');
  expect(await said('logs', 'crash', '--previous')).toBe('hello');
  expect(await said('delete', 'pod', 'crash')).toMatch(/^pod "crash" deleted/);
});

test('delete in the foreground waits for the pods', async () => {
  expect(await said('delete', 'deploy', 'web', '--cascade=foreground')).toMatch(/^deployment\.apps "web" deleted/);
  expect((await kubectl('get', 'pods,rs')).err).toContain('No resources found in default namespace.');
});
