import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import type { ContainerState, ContainerStatus } from '../container/status.ts';
import { PodAddresses } from './addresses.ts';
import { addressing } from './given-environment.ts';
import { podSpecOf } from './pod-schema.ts';
import type { PodSpec } from './pod-schema.ts';
import { phaseOf, podStatus, qosClass } from './pod-status.ts';
import type { PodView } from './pod-status.ts';
import { restoreContainers } from './restore.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-pod-`);
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const specOf = (spec: object): PodSpec => {
  const parsed = podSpecOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec });
  if (parsed === undefined) throw new Error('not a pod');
  return parsed;
};
const running: ContainerState = { kind: 'running', startedAt: 't' };
const waiting: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };
const ended = (exitCode: number): ContainerState => ({ kind: 'terminated', exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt: 't', finishedAt: 't', containerID: 'c' });
const status = (name: string, state: ContainerState, over: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name, image: 'i', imageID: 'i', containerID: 'c', state, lastState: undefined, restartCount: 0, ready: state.kind === 'running', started: state.kind === 'running', ...over,
});
const view = (spec: object, over: Partial<PodView> = {}): PodView => ({ spec: specOf(spec), init: [], containers: [], sandboxReady: true, initialized: true, podIP: '127.44.0.2', hostIP: '127.0.0.1', startTime: 't', generation: 1, failure: undefined, ...over });

test('phases as a kubelet sees them', () => {
  const two = { containers: [{ name: 'a' }, { name: 'b' }] };
  const never = { ...two, restartPolicy: 'Never' };
  const crashed = status('a', { kind: 'waiting', reason: 'CrashLoopBackOff' }, { lastState: { kind: 'terminated', exitCode: 1, reason: 'Error', startedAt: 't', finishedAt: 't', containerID: 'c' } });
  expect(phaseOf(view(two, { containers: [status('a', waiting), status('b', running)] }))).toBe('Pending');
  expect(phaseOf(view(two, { containers: [crashed, status('b', running)] }))).toBe('Running');
  expect(phaseOf(view(two, { containers: [crashed, crashed] }))).toBe('Running');
  expect(phaseOf(view(never, { containers: [status('a', ended(0)), status('b', ended(0))] }))).toBe('Succeeded');
  expect(phaseOf(view(never, { containers: [status('a', ended(0)), status('b', ended(3))] }))).toBe('Failed');
  expect(phaseOf(view({ ...two, initContainers: [{ name: 'i' }] }, { initialized: false, init: [status('i', running)], containers: [status('a', waiting), status('b', waiting)] }))).toBe('Pending');
  expect(phaseOf(view({ ...never, initContainers: [{ name: 'i' }] }, { initialized: false, init: [status('i', ended(1))], containers: [status('a', waiting), status('b', waiting)] }))).toBe('Failed');
});

test('conditions keep their time while they stay and leave those of others alone', () => {
  const spec = { containers: [{ name: 'a' }], initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }] };
  const first = podStatus(view(spec, { init: [status('istio-proxy', running)], containers: [status('a', running, { ready: false })] }), [{ type: 'PodScheduled', status: 'True' }], 'T1');
  expect(first['phase']).toBe('Running');
  expect(first['conditions']).toContainEqual({ type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [a]', lastProbeTime: null, lastTransitionTime: 'T1' });
  const second = podStatus(view(spec, { init: [status('istio-proxy', running)], containers: [status('a', running)] }), first['conditions'], 'T2');
  expect(second['conditions']).toEqual([
    { type: 'PodReadyToStartContainers', status: 'True', lastProbeTime: null, lastTransitionTime: 'T1' }, { type: 'Initialized', status: 'True', lastProbeTime: null, lastTransitionTime: 'T1' },
    { type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: 'T2' }, { type: 'ContainersReady', status: 'True', lastProbeTime: null, lastTransitionTime: 'T2' }, { type: 'PodScheduled', status: 'True' },
  ]);
});

test('quality of service', () => {
  const of = (resources: object): string => qosClass(specOf({ containers: [{ name: 'a', resources }] }));
  expect([of({}), of({ requests: { cpu: '1' } }), of({ limits: { cpu: 1, memory: '1Gi' } }), of({ limits: { cpu: 1, memory: '1Gi' }, requests: { cpu: '500m' } })]).toEqual(['BestEffort', 'Burstable', 'Guaranteed', 'Burstable']);
});

test('an address comes back only after all others, also over a restart', () => {
  const file = `${dir}/cursor`;
  const first = new PodAddresses({ prefix: '127.44', file });
  const a = first.take('a', undefined);
  first.release('a');
  const b = first.take('b', undefined);
  expect([a, b].every((address) => /^127\.44\.0\.\d+$/.test(address))).toBe(true);
  const second = new PodAddresses({ prefix: '127.44', file });
  second.reserve('old', a);
  expect(second.take('new', a)).not.toBe(a); // held for its owner
  expect(second.take('old', a)).toBe(a);
  expect([a, b]).not.toContain(second.take('c', undefined));
  expect(second.take('c', undefined)).toBe(second.take('c', undefined));
  expect(second.take('d', '10.0.0.1')).toMatch(/^127\.44\./);
});

test('where an app listens and how it gets out', () => {
  const plain = specOf({ containers: [{ name: 'app' }] });
  const meshed = specOf({ containers: [{ name: 'app' }, { name: 'istio-proxy' }] });
  const gateway = specOf({ containers: [{ name: 'istio-proxy' }] });
  expect(addressing(plain, {}, '127.44.0.2', '127.76')).toEqual({ podIP: '127.44.0.2', appIP: '127.44.0.2', sidecar: false, egress: true });
  expect(addressing(meshed, {}, '127.44.3.2', '127.76')).toEqual({ podIP: '127.44.3.2', appIP: '127.76.3.2', sidecar: true, egress: false });
  expect(addressing(meshed, { 'pharos.dev/app-address': '127.0.0.1' }, '127.44.3.2', '127.76').appIP).toBe('127.0.0.1');
  expect(addressing(gateway, {}, '127.44.0.2', '127.76')).toMatchObject({ sidecar: false, egress: false });
});

test('after a restart of the runner counts go on and the unseen end is unknown', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, status: { containerStatuses: [{ name: 'a', restartCount: 2, containerID: 'x', state: { running: { startedAt: 's' } } }, { name: 'b', restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } }] } };
  const before = restoreContainers(pod, 'now');
  expect(before.get('a')).toEqual({ restartCount: 3, lastState: { kind: 'terminated', exitCode: 255, reason: 'Unknown', startedAt: 's', finishedAt: 'now', containerID: 'x' } });
  expect(before.has('b')).toBe(false);
});
