// The controllers against the real API server; the kubelet is played by the test, which writes pod status.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubeClient, createLog, createReflector, isKubeError, kubeConfig } from '#server/lib';
import type { KubeClient, Reflector } from '#server/lib';
import { isRecord } from '#shared/base';
import { startCluster } from '../start-cluster.ts';
import type { Cluster } from '../start-cluster.ts';
import { createContext } from './context.ts';
import { collectPods, expireEvents, watchNodes } from './periodic.ts';

let cluster: Cluster;
let client: KubeClient;
let kubelet: Reflector;
/** Pods named here are not made ready. */
const sick = new Set<string>();
const dir = mkdtempSync(`${tmpdir()}/pharos-controllers-`);
type Json = Record<string, unknown>;
const record = (v: unknown): Json => (isRecord(v) ? v : {});
const records = (v: unknown): readonly Json[] => (Array.isArray(v) ? v.filter(isRecord) : []);
const get = async (path: string): Promise<Json> => record(await client.request({ method: 'GET', path }));
const items = async (path: string): Promise<readonly Json[]> => records((await get(path))['items']);
const create = async (path: string, body: Json): Promise<Json> => record(await client.request({ method: 'POST', path, body }));
const patch = async (path: string, body: Json): Promise<Json> => record(await client.request({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }));
const remove = (path: string, body: Json = {}): Promise<unknown> => client.request({ method: 'DELETE', path, body: { apiVersion: 'v1', kind: 'DeleteOptions', ...body } });
const meta = (object: Json): Json => record(object['metadata']);
const nameOf = (object: Json): string => String(meta(object)['name']);
const until = async <T>(what: string, read: () => Promise<T | undefined | false>): Promise<T> => {
  for (let i = 0; i < 1500; i++) {
    const found = await read();
    if (found !== undefined && found !== false) return found;
    await sleep(10);
  }
  throw new Error(`not within its time: ${what}`);
};
const isMissing = async (path: string): Promise<boolean> => {
  try {
    await get(path);
    return false;
  } catch (error) {
    if (isKubeError(error, 404)) return true;
    throw error;
  }
};
const core = '/api/v1/namespaces/default';
const apps = '/apis/apps/v1/namespaces/default';
let ips = 1;

/** What a kubelet does with a pod that is bound to it: runs it, or lets it go. */
async function tend(pod: Json): Promise<void> {
  const path = `/api/v1/namespaces/${String(meta(pod)['namespace'])}/pods/${nameOf(pod)}`;
  try {
    if (meta(pod)['deletionTimestamp'] !== undefined) await remove(path, { gracePeriodSeconds: 0 });
    else if (record(pod['status'])['podIP'] === undefined && !sick.has(String(record(meta(pod)['labels'])['app']))) {
      const podIP = `127.47.9.${(ips++ % 250) + 1}`;
      await patch(`${path}/status`, { status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: [...records(record(pod['status'])['conditions']), { type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }] } });
    }
  } catch (error) {
    if (!isKubeError(error, 404) && !isKubeError(error, 409) && !isKubeError(error, 0)) throw error;
  }
}

beforeAll(async () => {
  const log = createLog('test');
  cluster = await startCluster({ dataDir: `${dir}/cluster`, host: '127.0.0.1', port: 0, serviceCidr: '127.111.0.0/16', kubeletToken: 't', log });
  writeFileSync(`${dir}/kubeconfig`, cluster.adminKubeconfig);
  client = createKubeClient(await kubeConfig({ kubeconfigPath: `${dir}/kubeconfig` }));
  await create('/api/v1/nodes', { metadata: { name: 'n1' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
  await patch('/api/v1/nodes/n1/status', { status: { allocatable: { cpu: '4', memory: '8Gi', pods: '500' }, conditions: [{ type: 'Ready', status: 'True' }] } });
  kubelet = createReflector(client, { group: '', version: 'v1', plural: 'pods', fieldSelector: 'spec.nodeName=n1' }, { onChange: (event, object) => void (event === 'DELETED' ? undefined : tend(object)) });
});
afterAll(async () => {
  kubelet.stop();
  client.close();
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

const deployment = (name: string, spec: Json = {}, podSpec: Json = {}): Json => ({
  metadata: { name }, spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'a', image: 'x:1', ports: [{ name: 'web', containerPort: 8000 }] }], ...podSpec } }, ...spec },
});
const rolledOut = (name: string): Promise<Json> => until(`rollout of ${name}`, async () => {
  const object = await get(`${apps}/deployments/${name}`);
  const { spec, status } = { spec: record(object['spec']), status: record(object['status']) };
  const n = spec['replicas'];
  return status['observedGeneration'] === meta(object)['generation'] && status['updatedReplicas'] === n && status['replicas'] === n && status['availableReplicas'] === n ? object : undefined;
});
const setsOf = async (name: string): Promise<readonly { name: string; replicas: unknown; revision: unknown }[]> => (await items(`${apps}/replicasets?labelSelector=app%3D${name}`))
  .map((set) => ({ name: nameOf(set), replicas: record(set['spec'])['replicas'], revision: record(meta(set)['annotations'])['deployment.kubernetes.io/revision'] })).toSorted((a, b) => Number(a.revision) - Number(b.revision));
const conditionOf = (object: Json, type: string): Json | undefined => records(record(object['status'])['conditions']).find((c) => c['type'] === type);

test('a Deployment rolls, rolls back with the old ReplicaSet renumbered, pauses and keeps its history short', async () => {
  await create(`${apps}/deployments`, deployment('web', { revisionHistoryLimit: 1 }));
  const first = await rolledOut('web');
  expect([conditionOf(first, 'Available')?.['status'], conditionOf(first, 'Progressing')?.['reason'], record(meta(first)['annotations'])['deployment.kubernetes.io/revision']]).toEqual(['True', 'NewReplicaSetAvailable', '1']);
  const image = (tag: string): Promise<Json> => patch(`${apps}/deployments/web`, { spec: { template: { spec: { containers: [{ name: 'a', image: `x:${tag}` }] } } } });
  await image('2');
  await rolledOut('web');
  expect((await setsOf('web')).map((set) => [set.replicas, set.revision])).toEqual([[0, '1'], [2, '2']]);
  await patch(`${apps}/deployments/web`, { spec: { template: { spec: { containers: [{ name: 'a', image: 'x:1', ports: [{ name: 'web', containerPort: 8000 }] }] } } } });
  await rolledOut('web');
  expect((await setsOf('web')).map((set) => [set.replicas, set.revision])).toEqual([[0, '2'], [2, '3']]);
  await patch(`${apps}/deployments/web`, { spec: { paused: true } });
  await image('3');
  await until('the paused condition', async () => conditionOf(await get(`${apps}/deployments/web`), 'Progressing')?.['reason'] === 'DeploymentPaused');
  await patch(`${apps}/deployments/web`, { spec: { replicas: 3 } });
  await until('three pods of the old template', async () => (await setsOf('web')).some((set) => set.replicas === 3 && set.revision === '3'));
  await patch(`${apps}/deployments/web`, { spec: { paused: null } });
  await rolledOut('web');
  await until('one old set', async () => (await setsOf('web')).length === 2);
  await remove(`${apps}/deployments/web`);
  await until('no pods', async () => (await items(`${core}/pods?labelSelector=app%3Dweb`)).length === 0);
});

test('a rollout that cannot become ready keeps the old pods and exceeds its deadline', async () => {
  await create(`${apps}/deployments`, deployment('stuck', { progressDeadlineSeconds: 2, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } }));
  await rolledOut('stuck');
  sick.add('stuck');
  await patch(`${apps}/deployments/stuck`, { spec: { template: { spec: { containers: [{ name: 'a', image: 'x:bad' }] } } } });
  const object = await until('the deadline', async () => {
    const found = await get(`${apps}/deployments/stuck`);
    return conditionOf(found, 'Progressing')?.['reason'] === 'ProgressDeadlineExceeded' ? found : undefined;
  });
  expect(record(object['status'])).toMatchObject({ availableReplicas: 2, replicas: 3, updatedReplicas: 1 });
  sick.delete('stuck');
  await remove(`${apps}/deployments/stuck`, { propagationPolicy: 'Foreground' });
  await until('the end', async () => isMissing(`${apps}/deployments/stuck`));
  expect(await setsOf('stuck')).toEqual([]);
});

test('Recreate never runs old and new pods together', async () => {
  await create(`${apps}/deployments`, deployment('one', { replicas: 1, strategy: { type: 'Recreate' } }));
  await rolledOut('one');
  let most = 0;
  const watch = createReflector(client, { group: '', version: 'v1', plural: 'pods', namespace: 'default', labelSelector: 'app=one' }, { onChange: () => void (most = Math.max(most, watch.list().length)) });
  await watch.synced;
  await patch(`${apps}/deployments/one`, { spec: { template: { spec: { containers: [{ name: 'a', image: 'x:2' }] } } } });
  await rolledOut('one');
  watch.stop();
  expect(most).toBe(1);
  await remove(`${apps}/deployments/one`);
});

test('pods are adopted and released by their labels, and a scale is acted on at once', async () => {
  await create(`${core}/pods`, { metadata: { name: 'orphan', labels: { app: 'set' } }, spec: { containers: [{ name: 'a', image: 'x:1' }] } });
  await create(`${apps}/replicasets`, { ...deployment('set'), spec: { ...record(deployment('set')['spec']) } });
  await until('two pods, one of them adopted', async () => {
    const pods = await items(`${core}/pods?labelSelector=app%3Dset`);
    return pods.length === 2 && pods.every((pod) => records(meta(pod)['ownerReferences']).length === 1);
  });
  await patch(`${core}/pods/orphan`, { metadata: { labels: { app: 'free' } } });
  await until('release and a new pod', async () => meta(await get(`${core}/pods/orphan`))['ownerReferences'] === undefined && (await items(`${core}/pods?labelSelector=app%3Dset`)).length === 2);
  const start = performance.now();
  await patch(`${apps}/replicasets/set`, { spec: { replicas: 3 } });
  await until('the third pod', async () => (await items(`${core}/pods?labelSelector=app%3Dset`)).length === 3);
  expect(performance.now() - start).toBeLessThan(2000);
  await remove(`${apps}/replicasets/set`);
  await remove(`${core}/pods/orphan`);
});

test('slices follow pods: named ports, readiness, labels and more than a hundred endpoints', async () => {
  await create(`${core}/services`, { metadata: { name: 'many', labels: { team: 'a' } }, spec: { selector: { app: 'many' }, ports: [{ name: 'http', port: 80, targetPort: 'web' }] } });
  await create(`${apps}/deployments`, deployment('many', { replicas: 103 }));
  const slices = await until('103 endpoints', async () => {
    const found = await items('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dmany');
    return found.flatMap((slice) => records(slice['endpoints'])).filter((endpoint) => record(endpoint['conditions'])['ready'] === true).length === 103 ? found : undefined;
  });
  expect(slices.map((slice) => records(slice['endpoints']).length).toSorted((a, b) => b - a)).toEqual([100, 3]);
  expect(slices[0]).toMatchObject({ addressType: 'IPv4', ports: [{ name: 'http', port: 8000, protocol: 'TCP' }], metadata: { labels: { team: 'a', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } } });
  const [pod] = await items(`${core}/pods?labelSelector=app%3Dmany&limit=1`);
  await patch(`${core}/pods/${nameOf(pod ?? {})}/status`, { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
  await until('one not ready', async () => (await items('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dmany'))
    .flatMap((slice) => records(slice['endpoints'])).some((endpoint) => record(endpoint['targetRef'])['name'] === nameOf(pod ?? {}) && record(endpoint['conditions'])['ready'] === false));
  await remove(`${apps}/deployments/many`);
  await remove(`${core}/services/many`);
  await until('no slices', async () => (await items('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dmany')).length === 0);
}, 60_000);

test('garbage: lost owners, a kept one, orphaning, and a circle', async () => {
  const make = (name: string, owners: readonly Json[] = []): Promise<Json> => create(`${core}/configmaps`, { metadata: { name, ownerReferences: owners } });
  const owner = (object: Json, block = false): Json => ({ apiVersion: 'v1', kind: 'ConfigMap', name: nameOf(object), uid: meta(object)['uid'], ...(block ? { blockOwnerDeletion: true } : {}) });
  const [a, b, c] = [await make('a'), await make('b'), await make('c')];
  await make('of-a', [owner(a)]);
  await make('of-a-and-b', [owner(a), owner(b)]);
  await make('of-nobody', [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'another' }]);
  await until('the one whose owner never was', () => isMissing(`${core}/configmaps/of-nobody`));
  await remove(`${core}/configmaps/a`);
  await until('the dependent', () => isMissing(`${core}/configmaps/of-a`));
  await until('one owner left', async () => records(meta(await get(`${core}/configmaps/of-a-and-b`))['ownerReferences']).length === 1);
  await make('of-c', [owner(c, true)]);
  await remove(`${core}/configmaps/c`, { propagationPolicy: 'Orphan' });
  await until('the owner gone', () => isMissing(`${core}/configmaps/c`));
  expect(meta(await get(`${core}/configmaps/of-c`))['ownerReferences']).toBeUndefined();
  const [x, y] = [await make('x'), await make('y')];
  await patch(`${core}/configmaps/x`, { metadata: { ownerReferences: [owner(y, true)] } });
  await patch(`${core}/configmaps/y`, { metadata: { ownerReferences: [owner(x, true)] } });
  await remove(`${core}/configmaps/x`, { propagationPolicy: 'Foreground' });
  await until('both of the circle', async () => (await isMissing(`${core}/configmaps/x`)) && (await isMissing(`${core}/configmaps/y`)));
}, 60_000);

test('a namespace gets its account and certificate, again when they are deleted, and ends with all it holds', async () => {
  await create('/api/v1/namespaces', { metadata: { name: 'shop' } });
  const account = '/api/v1/namespaces/shop/serviceaccounts/default';
  const authority = '/api/v1/namespaces/shop/configmaps/kube-root-ca.crt';
  await until('account and certificate', async () => !(await isMissing(account)) && !(await isMissing(authority)));
  const text = record((await get(authority))['data'])['ca.crt'];
  expect(String(text)).toContain('BEGIN CERTIFICATE');
  const uid = meta(await get(account))['uid'];
  await remove(account);
  await until('a new account', async () => !(await isMissing(account)) && meta(await get(account))['uid'] !== uid);
  await patch(authority, { data: { 'ca.crt': 'wrong', more: 'x' } });
  await until('the certificate restored', async () => JSON.stringify((await get(authority))['data']) === JSON.stringify({ 'ca.crt': text }));
  await create('/apis/apps/v1/namespaces/shop/deployments', deployment('q'));
  await until('pods', async () => (await items('/api/v1/namespaces/shop/pods')).length === 2);
  await create('/api/v1/namespaces/shop/configmaps', { metadata: { name: 'held', finalizers: ['example.com/held'] } });
  await remove('/api/v1/namespaces/shop');
  const object = await until('what it waits for', async () => {
    const found = await get('/api/v1/namespaces/shop');
    return conditionOf(found, 'NamespaceFinalizersRemaining')?.['status'] === 'True' ? found : undefined;
  });
  expect(String(conditionOf(object, 'NamespaceFinalizersRemaining')?.['message'])).toContain('example.com/held in 1 resource instances');
  await patch('/api/v1/namespaces/shop/configmaps/held', { metadata: { finalizers: null } });
  await until('the end', () => isMissing('/api/v1/namespaces/shop'));
});

test('a pod that fits nowhere says why, and is bound when a node takes it', async () => {
  await patch('/api/v1/nodes/n1', { spec: { unschedulable: true } });
  await create(`${core}/pods`, { metadata: { name: 'late' }, spec: { containers: [{ name: 'a', image: 'x:1' }] } });
  const waiting = await until('the condition', async () => {
    const found = await get(`${core}/pods/late`);
    return conditionOf(found, 'PodScheduled')?.['reason'] === 'Unschedulable' ? found : undefined;
  });
  expect(conditionOf(waiting, 'PodScheduled')?.['message']).toMatch(/^0\/1 nodes are available: 1 node\(s\) were unschedulable\./);
  await patch('/api/v1/nodes/n1', { spec: { unschedulable: null } });
  const bound = await until('the binding', async () => {
    const found = await get(`${core}/pods/late`);
    return record(found['spec'])['nodeName'] === 'n1' ? found : undefined;
  });
  expect(conditionOf(bound, 'PodScheduled')?.['status']).toBe('True');
  await until('its events', async () => {
    const reasons = (await items(`${core}/events`)).filter((event) => record(event['involvedObject'])['name'] === 'late').map((event) => event['reason']);
    return reasons.includes('FailedScheduling') && reasons.includes('Scheduled');
  });
  await remove(`${core}/pods/late`);
});

test('a template that is refused says so in the status and is tried again', async () => {
  await create(`${apps}/deployments`, deployment('refused', { replicas: 1 }, { serviceAccountName: 'not-there' }));
  const object = await until('the failure', async () => {
    const found = await get(`${apps}/deployments/refused`);
    return conditionOf(found, 'ReplicaFailure')?.['status'] === 'True' ? found : undefined;
  });
  expect(conditionOf(object, 'ReplicaFailure')?.['message']).toContain('serviceaccount "not-there" not found');
  await create(`${core}/serviceaccounts`, { metadata: { name: 'not-there' } });
  expect(conditionOf(await rolledOut('refused'), 'ReplicaFailure')).toBeUndefined();
  await remove(`${apps}/deployments/refused`);
});

test('a Service of type LoadBalancer gets its cluster IP as address, and loses it with the type', async () => {
  await create(`${core}/services`, { metadata: { name: 'front' }, spec: { type: 'LoadBalancer', selector: { app: 'front' }, ports: [{ port: 80 }] } });
  const object = await until('the address', async () => {
    const found = await get(`${core}/services/front`);
    return records(record(record(found['status'])['loadBalancer'])['ingress']).length === 1 ? found : undefined;
  });
  expect(record(record(object['status'])['loadBalancer'])['ingress']).toEqual([{ ip: record(object['spec'])['clusterIP'], ipMode: 'VIP' }]);
  await patch(`${core}/services/front`, { spec: { type: 'ClusterIP' } });
  await until('no address', async () => records(record(record((await get(`${core}/services/front`))['status'])['loadBalancer'])['ingress']).length === 0);
  await remove(`${core}/services/front`);
});

test('by the clock: old Events go, a node without heartbeat is unknown, pods of a lost node are removed', async () => {
  const { context, stop } = createContext(client, createLog('test'));
  const event = (name: string, lastTimestamp: string): Promise<Json> => create(`${core}/events`, { metadata: { name }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'x' }, reason: 'Test', message: 'm', type: 'Normal', lastTimestamp });
  await event('old', new Date(Date.now() - 2 * 3_600_000).toISOString());
  await event('new', new Date().toISOString());
  expireEvents(context);
  await until('the old event', () => isMissing(`${core}/events/old`));
  expect(await isMissing(`${core}/events/new`)).toBe(false);
  await create('/api/v1/nodes', { metadata: { name: 'lost' } });
  await patch('/api/v1/nodes/lost/status', { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
  watchNodes(context, { everyMs: 20, lostMs: 100 });
  await until('unknown', async () => conditionOf(await get('/api/v1/nodes/lost'), 'Ready')?.['status'] === 'Unknown');
  await create(`${core}/pods`, { metadata: { name: 'stranded' }, spec: { nodeName: 'lost', containers: [{ name: 'a', image: 'x:1' }] } });
  await remove('/api/v1/nodes/lost');
  await context.collection('', 'v1', 'nodes').cache.synced;
  await until('the node to be gone from the cache', () => Promise.resolve(context.collection('', 'v1', 'nodes').cache.get('', 'lost') === undefined));
  collectPods(context);
  await until('the pod', () => isMissing(`${core}/pods/stranded`));
  await stop();
});

test('a node that is not ready, not heard of or cordoned takes no pods; when it is well again they are bound', async () => {
  const taints = async (): Promise<readonly string[]> => records(record((await get('/api/v1/nodes/n2'))['spec'])['taints']).map((taint) => `${String(taint['key'])}:${String(taint['effect'])}`);
  const ready = (status: string): Promise<Json> => patch('/api/v1/nodes/n2/status', { status: { conditions: [{ type: 'Ready', status }] } });
  const made = await create('/api/v1/nodes', { metadata: { name: 'n2', labels: { only: 'n2' } }, spec: { taints: [{ key: 'mine', value: 'yes', effect: 'PreferNoSchedule' }] } });
  expect(records(record(made['spec'])['taints']).at(-1)).toEqual({ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' });
  await create(`${core}/pods`, { metadata: { name: 'waits' }, spec: { nodeSelector: { only: 'n2' }, containers: [{ name: 'a', image: 'x:1' }] } });
  const said = await until('why the pod waits', async () => conditionOf(await get(`${core}/pods/waits`), 'PodScheduled')?.['message']);
  expect(said).toContain('1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }');
  await ready('True');
  await until('the pod to be bound', async () => record((await get(`${core}/pods/waits`))['spec'])['nodeName'] === 'n2');
  expect(await taints()).toEqual(['mine:PreferNoSchedule']);
  await ready('Unknown');
  await until('the taint of a lost node', async () => (await taints()).join() === 'mine:PreferNoSchedule,node.kubernetes.io/unreachable:NoSchedule');
  await patch('/api/v1/nodes/n2', { spec: { unschedulable: true } });
  await ready('True');
  await until('the taint of a cordoned node', async () => (await taints()).join() === 'mine:PreferNoSchedule,node.kubernetes.io/unschedulable:NoSchedule');
  await patch('/api/v1/nodes/n2', { spec: { unschedulable: null } });
  await until('no taint but its own', async () => (await taints()).join() === 'mine:PreferNoSchedule');
  await remove('/api/v1/nodes/n2');
});
