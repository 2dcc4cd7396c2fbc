// The API server started by itself, used by the real kubectl and by @kubernetes/client-node. What kubectl prints here is what it prints on a real
// cluster; nothing needs a running pod (rollouts, logs and waits stand in rollout.test.ts).
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { ApiException, AppsV1Api, CoreV1Api, CustomObjectsApi, Exec, KubeConfig, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isRecord } from '#shared/base';
import { startCluster } from '#server/cluster';
import type { Cluster } from '#server/cluster';
import { createLog } from '#server/lib';
import { findKubectl } from '../lib/kubectl.ts';
import { until } from '../lib/until.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-cluster-`);
let cluster: Cluster;
let binary: string;
const config = new KubeConfig();
beforeAll(async () => {
  binary = await findKubectl();
  cluster = await startCluster({ dataDir: `${dir}/data`, host: '127.0.0.1', port: 0, serviceCidr: '127.108.0.0/16', kubeletToken: 'unused', log: createLog('test') });
  writeFileSync(`${dir}/kubeconfig`, cluster.adminKubeconfig);
  config.loadFromString(cluster.adminKubeconfig);
});
afterAll(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

type Said = { readonly code: number; readonly out: string; readonly err: string };
const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({ ...process.env, KUBECONFIG: `${dir}/kubeconfig`, KUBECACHEDIR: `${dir}/cache`, ...more });
function run(args: readonly string[], more: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {}): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(binary, [...args], { env: env(more.env), timeout: 30_000 }, (error, out, err) => resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, err }));
    child.stdin?.end(more.input ?? '');
  });
}
const kubectl = (...args: readonly string[]): Promise<Said> => run(args);
async function said(args: readonly string[], input?: string): Promise<string> {
  const { code, out, err } = await run(args, input === undefined ? {} : { input });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${out}${err}`);
  return out.trim();
}
const lines = async (...args: readonly string[]): Promise<readonly string[]> => (await said(args)).split('\n');
/** Lines with columns parted by ` | `; ages, hashes and addresses, which differ from run to run, masked. */
const table = (text: string): readonly string[] => text.trim().split('\n').map((line) => line.trim().replaceAll(/\s{2,}/g, ' | ').replaceAll(/\b\d+m?\d*s\b/g, 'AGE').replaceAll(/-[a-z0-9]{9,10}(?:-[a-z0-9]{5})?\b/g, '-HASH').replaceAll(/pod-template-hash=\w+/g, 'pod-template-hash=HASH').replaceAll(/127\.\d+\.\d+\.\d+/g, 'IP'));
const object = (apiVersion: string, kind: string, name: string, rest: object = {}, labels?: object): object => ({ apiVersion, kind, metadata: { name, ...(labels === undefined ? {} : { labels }) }, ...rest });

const SETTINGS = object('v1', 'ConfigMap', 'settings', { data: { color: 'blue' } }, { app: 'web' });
const DEPLOYMENT = object('apps/v1', 'Deployment', 'web', { spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'web:1', ports: [{ containerPort: 8000 }] }] } } } }, { app: 'web' });
const SERVICE = object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8000 }] } });
const ROUTE = object('networking.istio.io/v1', 'VirtualService', 'web', { spec: { hosts: ['web'], http: [{ route: [{ destination: { host: 'web' }, weight: 100 }] }] } });
/** A List of everything, as `kubectl get -o json` writes one. */
const all = (color = 'blue'): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [{ ...SETTINGS, data: { color } }, DEPLOYMENT, SERVICE, ROUTE] });

test('create namespace, apply of a List, get in each form', async () => {
  expect(await said(['create', 'namespace', 'demo'])).toBe('namespace/demo created');
  await said(['config', 'set-context', '--current', '--namespace=demo']);
  expect(await said(['apply', '-f', '-'], all())).toBe('configmap/settings created\ndeployment.apps/web created\nservice/web created\nvirtualservice.networking.istio.io/web created');
  expect(await said(['apply', '-f', '-'], all())).toBe('configmap/settings unchanged\ndeployment.apps/web unchanged\nservice/web unchanged\nvirtualservice.networking.istio.io/web unchanged');
  const wide = await until('two pods', async () => {
    const shown = table(await said(['get', 'deploy,rs,pods,svc,vs', '-o', 'wide']));
    return shown.filter((line) => line.startsWith('pod/')).length === 2 && shown[1]?.includes('| 2 | 0 |') === true ? shown : undefined;
  });
  expect(wide).toEqual([
    'NAME | READY | UP-TO-DATE | AVAILABLE | AGE | CONTAINERS | IMAGES | SELECTOR', 'deployment.apps/web | 0/2 | 2 | 0 | AGE | app | web:1 | app=web', '',
    'NAME | DESIRED | CURRENT | READY | AGE | CONTAINERS | IMAGES | SELECTOR', 'replicaset.apps/web-HASH | 2 | 2 | 0 | AGE | app | web:1 | app=web,pod-template-hash=HASH', '',
    'NAME | READY | STATUS | RESTARTS | AGE | IP | NODE | NOMINATED NODE | READINESS GATES', 'pod/web-HASH | 0/1 | Pending | 0 | AGE | <none> | <none> | <none> | <none>', 'pod/web-HASH | 0/1 | Pending | 0 | AGE | <none> | <none> | <none> | <none>', '',
    'NAME | TYPE | CLUSTER-IP | EXTERNAL-IP | PORT(S) | AGE | SELECTOR', 'service/web | ClusterIP | IP | <none> | 80/TCP | AGE | app=web', '',
    'NAME | GATEWAYS | HOSTS | AGE', 'virtualservice.networking.istio.io/web | ["web"] | AGE',
  ]);
  expect(table(await said(['get', 'svc', '-A']))).toEqual(['NAMESPACE | NAME | TYPE | CLUSTER-IP | EXTERNAL-IP | PORT(S) | AGE', 'default | kubernetes | ClusterIP | IP | <none> | 443/TCP | AGE', 'demo | web | ClusterIP | IP | <none> | 80/TCP | AGE']);
  expect(await said(['get', 'cm,deploy,svc', '-l', 'app=web', '-o', 'name'])).toBe('configmap/settings\ndeployment.apps/web');
  expect((await kubectl('get', 'pods', '-l', 'app=nope')).err.trim()).toBe('No resources found in demo namespace.');
  const yaml = (await said(['get', 'vs', 'web', '-o', 'yaml'])).replaceAll(/(creationTimestamp|resourceVersion|uid): .*/g, '$1').replace(/^ {6}\{.*$/m, '      APPLIED');
  expect(yaml.split('\n')).toEqual([
    'apiVersion: networking.istio.io/v1', 'kind: VirtualService', 'metadata:', '  annotations:', '    kubectl.kubernetes.io/last-applied-configuration: |', '      APPLIED', '  creationTimestamp', '  generation: 1', '  name: web', '  namespace: demo', '  resourceVersion', '  uid',
    'spec:', '  hosts:', '  - web', '  http:', '  - route:', '    - destination:', '        host: web', '      weight: 100',
  ]);
  const json: unknown = JSON.parse(await said(['get', 'cm', 'settings', '-o', 'json']));
  expect(json).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { color: 'blue' }, metadata: { name: 'settings', namespace: 'demo', labels: { app: 'web' } } });
  expect((await kubectl('get', 'cm', 'nope')).err.trim()).toBe('Error from server (NotFound): configmaps "nope" not found');
});

test('describe', async () => {
  const deployment = await said(['describe', 'deploy', 'web']);
  for (const line of [/^Name: +web$/m, /^Annotations: +deployment\.kubernetes\.io\/revision: 1$/m, /^Selector: +app=web$/m, /^Replicas: +2 desired \| 2 updated \| 2 total \| 0 available \| 2 unavailable$/m, /^StrategyType: +RollingUpdate$/m, /^ {4}Port: +8000\/TCP$/m, /^ +Available +False +MinimumReplicasUnavailable$/m, /^NewReplicaSet: +web-\w+ \(2\/2 replicas created\)$/m, /ScalingReplicaSet .*deployment-controller +Scaled up replica set web-\w+ from 0 to 2$/m]) expect(deployment).toMatch(line);
  const pods = await until('the events of both pods', async () => {
    const text = await said(['describe', 'pod', '-l', 'app=web']);
    return text.match(/FailedScheduling/g)?.length === 2 ? text : undefined;
  });
  for (const line of [/^Node: +<none>$/m, /^Controlled By: +ReplicaSet\/web-\w+$/m, /^ {6}\/var\/run\/secrets\/kubernetes\.io\/serviceaccount from kube-api-access-\w{5} \(ro\)$/m, /^ +TokenExpirationSeconds: +3607$/m, /^QoS Class: +BestEffort$/m, /FailedScheduling .*default-scheduler +no nodes available to schedule pods$/m]) expect(pods).toMatch(line);
  expect(await said(['describe', 'svc', 'web'])).toMatch(/^TargetPort: +8000\/TCP\nEndpoints: *\nSession Affinity: +None$/m);
  expect(table(await said(['describe', 'cm', 'settings'])).join('\n')).toBe('Name: | settings\nNamespace: | demo\nLabels: | app=web\nAnnotations: | <none>\n\nData\n====\ncolor:\n----\nblue\n\n\nBinaryData\n====\n\nEvents: | <none>');
  expect(await said(['describe', 'vs', 'web'])).toMatch(/^Spec:\n {2}Hosts:\n {4}web\n {2}Http:\n {4}Route:\n {6}Destination:\n {8}Host: +web\n {6}Weight: +100\nEvents: +<none>$/m);
  expect(await said(['describe', 'ns', 'demo'])).toMatch(/^Name: +demo\nLabels: +kubernetes\.io\/metadata\.name=demo\nAnnotations: +<none>\nStatus: +Active/);
});

test('label, annotate, three kinds of patch, edit, scale, diff', async () => {
  const settings = async (path: string): Promise<string> => said(['get', 'cm', 'settings', '-o', `jsonpath={${path}}`]);
  expect(await said(['label', 'cm', 'settings', 'tier=front'])).toBe('configmap/settings labeled');
  expect((await kubectl('label', 'cm', 'settings', 'tier=back')).err.trim()).toBe("error: 'tier' already has a value (front), and --overwrite is false");
  expect(await said(['label', 'cm', 'settings', 'tier=back', '--overwrite'])).toBe('configmap/settings labeled');
  expect(await settings('.metadata.labels.tier')).toBe('back');
  expect(await said(['label', 'cm', 'settings', 'tier-'])).toBe('configmap/settings unlabeled');
  expect(await said(['annotate', 'cm', 'settings', 'note=hello'])).toBe('configmap/settings annotated');
  expect(await settings('.metadata.annotations.note')).toBe('hello');
  const container = { spec: { template: { spec: { containers: [{ name: 'app', env: [{ name: 'A', value: '1' }] }] } } } };
  expect(await said(['patch', 'deploy', 'web', '-p', JSON.stringify(container)])).toBe('deployment.apps/web patched');
  expect(await said(['get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[*].image} {.spec.template.spec.containers[*].env[0].name}'])).toBe('web:1 A');
  expect(await said(['patch', 'cm', 'settings', '--type=merge', '-p', '{"data":{"color":null,"size":"9"}}'])).toBe('configmap/settings patched');
  expect(await settings('.data')).toBe('{"size":"9"}');
  expect(await said(['patch', 'cm', 'settings', '--type=json', '-p', '[{"op":"test","path":"/data/size","value":"9"},{"op":"move","from":"/data/size","path":"/data/color"}]'])).toBe('configmap/settings patched');
  expect(await settings('.data')).toBe('{"color":"9"}');
  expect((await kubectl('patch', 'cm', 'settings', '--type=json', '-p', '[{"op":"remove","path":"/data/nope"}]')).err.trim()).toBe('The request is invalid: the server rejected our request due to an error in our request');
  writeFileSync(`${dir}/editor.sh`, '#!/bin/sh\nsed -i "s/color: .9./color: pink/" "$1"\n', { mode: 0o755 });
  const edit = { env: { KUBE_EDITOR: `${dir}/editor.sh` } };
  expect((await run(['edit', 'cm', 'settings'], edit)).out.trim()).toBe('configmap/settings edited');
  expect(await settings('.data.color')).toBe('pink');
  expect((await run(['edit', 'cm', 'settings'], edit)).err.trim()).toBe('Edit cancelled, no changes made.');
  expect(await said(['scale', 'deploy/web', '--replicas=3'])).toBe('deployment.apps/web scaled');
  expect((await kubectl('scale', 'deploy/web', '--current-replicas=9', '--replicas=1')).err.trim()).toBe('error: Expected replicas to be 9, was 3');
  const diff = await run(['diff', '-f', '-'], { input: all('green') });
  expect(diff.code).toBe(1);
  expect(diff.out.split('\n').filter((line) => /^[-+] .*(?:replicas|color)/.test(line)).toSorted()).toEqual(['+  color: green', '+  replicas: 2', '-  color: pink', '-  replicas: 3']);
  expect(await said(['apply', '-f', '-'], all('green'))).toContain('configmap/settings configured\ndeployment.apps/web configured\nservice/web unchanged');
  expect(await run(['diff', '-f', '-'], { input: all('green') })).toEqual({ code: 0, out: '', err: '' });
});

test('explain, auth can-i, api-resources, events', async () => {
  expect((await lines('explain', 'virtualservice.spec.http')).slice(0, 5)).toEqual(['GROUP:      networking.istio.io', 'KIND:       VirtualService', 'VERSION:    v1', '', 'FIELD: http <[]Object>']);
  const fields = await said(['explain', 'vs.spec.http']);
  for (const field of ['corsPolicy\t<Object>', 'fault\t<Object>', 'match\t<[]Object>', 'retries\t<Object>', 'route\t<[]Object>', 'timeout\t<string>']) expect(fields).toContain(field);
  expect(await said(['explain', 'deploy.spec.replicas'])).toMatch(/^FIELD: replicas <integer>$/m);
  expect((await kubectl('explain', 'vs.spec.nope')).err.trim()).toBe('error: field "nope" does not exist');
  expect(await said(['auth', 'can-i', 'delete', 'pods'])).toBe('yes');
  const bob = await kubectl('auth', 'can-i', 'delete', 'pods', '--as=bob');
  expect([bob.code, bob.out.trim()]).toEqual([1, 'no']);
  expect((await kubectl('get', 'pods', '--as=bob')).err.trim()).toBe('Error from server (Forbidden): pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "demo"');
  const resources = table(await said(['api-resources']));
  for (const line of ['NAME | SHORTNAMES | APIVERSION | NAMESPACED | KIND', 'pods | po | v1 | true | Pod', 'deployments | deploy | apps/v1 | true | Deployment', 'virtualservices | vs | networking.istio.io/v1 | true | VirtualService', 'gateways | gtw | gateway.networking.k8s.io/v1 | true | Gateway', 'customresourcedefinitions | crd,crds | apiextensions.k8s.io/v1 | false | CustomResourceDefinition']) expect(resources).toContain(line);
  expect((await lines('api-resources', '--api-group=apps', '-o', 'name')).toSorted()).toEqual(['deployments.apps', 'replicasets.apps']);
  const events = table(await said(['events', '--for', 'deploy/web']));
  expect(events[0]).toBe('LAST SEEN | TYPE | REASON | OBJECT | MESSAGE');
  expect(events[1]).toMatch(/^AGE \| Normal \| ScalingReplicaSet \| Deployment\/web \| Scaled up replica set web-HASH from 0 to 2$/);
  expect(table(await said(['get', 'events', '--field-selector', 'reason=FailedScheduling'])).at(-1)).toBe('AGE | Warning | FailedScheduling | pod/web-HASH | no nodes available to schedule pods');
});

test('get -w shows each change; create and delete', async () => {
  const watching = spawn(binary, ['get', 'cm', '-w', '--no-headers', '-l', 'watched'], { env: env(), stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let text = '';
    watching.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    const shown = (what: string, ...wanted: readonly string[]): Promise<true> => until(what, () => Promise.resolve(JSON.stringify(table(text)) === JSON.stringify(wanted) ? true : undefined));
    const one = JSON.stringify(object('v1', 'ConfigMap', 'seen', {}, { watched: 'yes' }));
    expect(await said(['create', '-f', '-'], one)).toBe('configmap/seen created');
    await shown('the line of the creation', 'seen | 0 | AGE');
    expect((await run(['create', '-f', '-'], { input: one })).err.trim()).toBe('Error from server (AlreadyExists): error when creating "STDIN": configmaps "seen" already exists');
    await said(['patch', 'cm', 'seen', '-p', '{"data":{"a":"b"}}']);
    await shown('the line of the change', 'seen | 0 | AGE', 'seen | 1 | AGE');
    expect(await said(['delete', 'cm', 'seen'])).toMatch(/^configmap "seen" deleted/);
    await shown('the line of the deletion', 'seen | 0 | AGE', 'seen | 1 | AGE', 'seen | 1 | AGE');
  } finally {
    watching.kill();
  }
  expect(await said(['create', 'configmap', 'made', '--from-literal=k=v'])).toBe('configmap/made created');
  expect(await said(['delete', 'cm', '-l', 'nothing=here'])).toBe('No resources found');
  expect(await said(['delete', 'cm', 'nope', '--ignore-not-found'])).toBe('');
});

test('what is not served is said in words', async () => {
  const pod = (await lines('get', 'pods', '-o', 'name'))[0] ?? '';
  const upgrade = 'Error from server (NotImplemented): upgrading a connection (exec, attach, port-forward) is not served by this cluster yet';
  expect((await kubectl('exec', pod, '--', 'ls')).err.trim()).toBe(upgrade);
  expect((await run(['apply', '--server-side', '-f', '-'], { input: JSON.stringify(SETTINGS) })).err.trim()).toBe('Error from server (NotImplemented): server-side apply (PATCH with application/apply-patch+yaml) is not served by this cluster yet');
  expect((await kubectl('get', 'statefulsets')).err.trim()).toBe('error: the server doesn\'t have a resource type "statefulsets"');
  expect((await run(['apply', '-f', '-'], { input: JSON.stringify(object('apps/v1', 'StatefulSet', 'db', { spec: {} })) })).err).toContain('no matches for kind "StatefulSet" in version "apps/v1"');
  const failed = (request: Promise<unknown>): Promise<unknown> => request.then(() => undefined, (error: unknown) => (error instanceof ApiException ? [error.code, statusOf(error.body)['message']] : String(error instanceof Error ? error.message : error)));
  expect(await failed(config.makeApiClient(AppsV1Api).listNamespacedStatefulSet({ namespace: 'demo' }))).toEqual([404, 'the server could not find the requested resource']);
  const refused = await new Exec(config).exec('demo', pod.replace('pod/', ''), 'app', ['ls'], new PassThrough(), null, null, false).then(() => 'connected', (error: unknown) => JSON.stringify(isRecord(error) ? String(error['message']) : error));
  expect(refused).toContain('501');
});
const statusOf = (body: unknown): Record<string, unknown> => {
  const parsed: unknown = typeof body === 'string' ? JSON.parse(body) : body;
  return isRecord(parsed) ? parsed : {};
};

test('@kubernetes/client-node: lists in pieces, a watch that resumes, 410, custom objects', async () => {
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: 'client' } } });
  for (const name of ['a', 'b', 'c', 'd', 'e']) await core.createNamespacedConfigMap({ namespace: 'client', body: { metadata: { name: `piece-${name}`, labels: { piece: 'yes' } }, data: { name } } });
  const first = await core.listNamespacedConfigMap({ namespace: 'client', labelSelector: 'piece', limit: 2 });
  expect([first.items.map((item) => item.data?.['name']), first.metadata?.remainingItemCount]).toEqual([['a', 'b'], undefined]);
  // What is deleted and made between two pieces changes nothing: the list goes on at the version it began with.
  await core.deleteNamespacedConfigMap({ namespace: 'client', name: 'piece-d' });
  const second = await core.listNamespacedConfigMap({ namespace: 'client', labelSelector: 'piece', limit: 2, _continue: first.metadata?._continue ?? '' });
  const third = await core.listNamespacedConfigMap({ namespace: 'client', labelSelector: 'piece', limit: 2, _continue: second.metadata?._continue ?? '' });
  expect([...second.items, ...third.items].map((item) => item.metadata?.name)).toEqual(['piece-c', 'piece-d', 'piece-e']);
  expect([second.metadata?.resourceVersion, third.metadata?._continue]).toEqual([first.metadata?.resourceVersion, undefined]);
  const seen: string[] = [];
  const watch = await new Watch(config).watch('/api/v1/namespaces/client/configmaps', { resourceVersion: first.metadata?.resourceVersion ?? '', labelSelector: 'piece' }, (phase, item: unknown) => void seen.push(`${phase} ${nameOf(item)}`), () => undefined);
  await core.replaceNamespacedConfigMap({ namespace: 'client', name: 'piece-a', body: { metadata: { name: 'piece-a', labels: { piece: 'yes' } }, data: { name: 'A' } } });
  await core.replaceNamespacedConfigMap({ namespace: 'client', name: 'piece-b', body: { metadata: { name: 'piece-b' } } });
  await until('three changes', () => Promise.resolve(seen.length >= 3 ? true : undefined));
  watch.abort();
  expect(seen).toEqual(['DELETED piece-d', 'MODIFIED piece-a', 'DELETED piece-b']);
  const stale = await core.replaceNamespacedConfigMap({ namespace: 'client', name: 'piece-a', body: { metadata: { name: 'piece-a', resourceVersion: first.metadata?.resourceVersion ?? '' } } }).catch((error: unknown) => (error instanceof ApiException ? error.code : error));
  expect(stale).toBe(409);
  const tooOld = await new Promise<unknown>((resolve, reject) => {
    new Watch(config).watch('/api/v1/namespaces/client/configmaps', { resourceVersion: '1' }, (phase, item: unknown) => resolve([phase, isRecord(item) ? [item['code'], item['reason']] : item]), reject).catch(reject);
  });
  expect(tooOld).toEqual(['ERROR', [410, 'Expired']]);
  const custom = config.makeApiClient(CustomObjectsApi);
  const made: unknown = await custom.createNamespacedCustomObject({ group: 'networking.istio.io', version: 'v1', namespace: 'client', plural: 'virtualservices', body: ROUTE });
  expect(nameOf(made)).toBe('web');
  const bad = await custom.createNamespacedCustomObject({ group: 'networking.istio.io', version: 'v1', namespace: 'client', plural: 'virtualservices', body: object('networking.istio.io/v1', 'VirtualService', 'bad', { spec: { hosts: 'web' } }) }).catch((error: unknown) => (error instanceof ApiException ? [error.code, statusOf(error.body)['reason']] : error));
  expect(bad).toEqual([422, 'Invalid']);
});
const nameOf = (item: unknown): string => (isRecord(item) && isRecord(item['metadata']) ? String(item['metadata']['name']) : '');

test('deleting: a file, a Deployment with all that is its own, a namespace', async () => {
  expect((await said(['delete', '-f', '-'], all())).split('\n').map((line) => line.replace(' from demo namespace', ''))).toEqual(['configmap "settings" deleted', 'deployment.apps "web" deleted', 'service "web" deleted', 'virtualservice.networking.istio.io "web" deleted']);
  await until('an empty namespace', async () => ((await kubectl('get', 'all')).err.includes('No resources found in demo namespace.') ? true : undefined));
  expect(await said(['delete', 'namespace', 'client', 'demo'])).toBe('namespace "client" deleted\nnamespace "demo" deleted');
  expect(table(await said(['get', 'ns', '--no-headers'])).map((line) => line.split(' ')[0])).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
});
