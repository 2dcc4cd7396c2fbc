// The runner under the real API server: pods as processes, read by a client we did not write.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KubeConfig, Log } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubeClient, kubeConfig } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { isRecord } from '#shared/base';
import { claimNumber, freePort, startClusterAndRunner } from '../lib/cluster-and-runner.ts';
import type { ClusterAndRunner } from '../lib/cluster-and-runner.ts';
import { until } from '../lib/until.ts';

let mesh: ClusterAndRunner;
beforeAll(async () => {
  mesh = await startClusterAndRunner();
});
afterAll(async () => {
  await mesh.stop();
});

type Json = Record<string, unknown>;
const record = (v: unknown): Json => (isRecord(v) ? v : {});
const records = (v: unknown): readonly Json[] => (Array.isArray(v) ? v.filter(isRecord) : []);
const podsPath = '/api/v1/namespaces/default/pods';
const get = async (path: string): Promise<Json> => record(await mesh.client.request({ method: 'GET', path }));
const create = async (path: string, body: Json): Promise<Json> => record(await mesh.client.request({ method: 'POST', path, body }));
const createPod = (name: string, spec: Json, metadata: Json = {}): Promise<Json> =>
  create(podsPath, { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { terminationGracePeriodSeconds: 2, ...spec } });
const node = (code: string, over: Json = {}): Json => ({ name: 'app', image: 'test/node:1', args: ['-e', code], ...over });
const shell = (code: string, over: Json = {}): Json => ({ name: 'app', image: 'test/sh:1', args: ['-c', code], ...over });
const containerOf = (pod: Json, field = 'containerStatuses', i = 0): Json => record(records(record(pod['status'])[field])[i]);
const stateOf = (container: Json, kind: string): Json | undefined => (isRecord(container['state']) && isRecord(container['state'][kind]) ? container['state'][kind] : undefined);
const isReady = (pod: Json): boolean => records(record(pod['status'])['conditions']).some((c) => c['type'] === 'Ready' && c['status'] === 'True');
const whenPod = (name: string, what: string, ready: (pod: Json) => boolean, msMax?: number): Promise<Json> => until(`pod ${name} ${what}`, async () => {
  const pod = await get(`${podsPath}/${name}`);
  return ready(pod) ? pod : undefined;
}, msMax);
const gone = (name: string): Promise<true> => until(`pod ${name} gone`, async () => {
  const list = await get(podsPath);
  return records(list['items']).some((pod) => record(pod['metadata'])['name'] === name) ? undefined : true;
});
const eventsOf = async (name: string): Promise<readonly string[]> => records((await get(`/api/v1/namespaces/default/events`))['items'])
  .filter((event) => record(event['involvedObject'])['name'] === name).map((event) => `${String(event['type'])} ${String(event['reason'])} ${String(event['message'])}`);
const whenEvent = (name: string, text: RegExp): Promise<string> => until(`event ${String(text)} of ${name}`, async () => (await eventsOf(name)).find((event) => text.test(event)));
const logOf = (name: string, query = ''): Promise<string> => mesh.client.text({ method: 'GET', path: `${podsPath}/${name}/log${query}` });
const processesOf = (dir: string): readonly string[] => readdirSync('/proc').filter((pid) => {
  try {
    return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`PHAROS_RUNNER=${dir}/pods`);
  } catch {
    return false; // it ended while we looked
  }
});
const SERVER = `const s = require('http').createServer((q, r) => { console.log(q.method, q.url, q.socket.remoteAddress); r.end('hello from ' + process.env.HOSTNAME); });
  s.listen(8000, process.env.HOST, () => console.log('listening at', process.env.HOST));
  process.on('SIGTERM', () => { console.log('bye'); s.close(); s.closeAllConnections(); });`;

test('a pod becomes Running and Ready, its log is followed by the official client, and it goes with grace', async () => {
  await createPod('web', { containers: [node(SERVER, { ports: [{ containerPort: 8000 }], readinessProbe: { httpGet: { path: '/ready', port: 8000 }, periodSeconds: 1 } })] });
  const pod = await whenPod('web', 'ready', isReady);
  const status = record(pod['status']);
  expect(status).toMatchObject({ phase: 'Running', hostIP: '127.0.0.1', qosClass: 'BestEffort' });
  expect(containerOf(pod)).toMatchObject({ ready: true, started: true, restartCount: 0, image: 'test/node:1' });
  expect(records(status['conditions']).filter((c) => c['status'] === 'True').map((c) => c['type']).toSorted()).toEqual(['ContainersReady', 'Initialized', 'PodReadyToStartContainers', 'PodScheduled', 'Ready']);
  expect(await (await fetch(`http://${String(status['podIP'])}:8000/hi`)).text()).toBe('hello from web');
  const config = new KubeConfig();
  config.loadFromFile(mesh.kubeconfig);
  const out = new PassThrough();
  let text = '';
  out.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  let ended = false;
  out.on('end', () => void (ended = true));
  await new Log(config).log('default', 'web', 'app', out, { follow: true });
  await until('the log so far', () => Promise.resolve(text.includes('GET /hi') ? true : undefined));
  await fetch(`http://${String(status['podIP'])}:8000/live`);
  await until('the new line', () => Promise.resolve(text.includes('GET /live') ? true : undefined));
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/web` });
  await until('the last line', () => Promise.resolve(text.includes('bye') ? true : undefined));
  await until('the end of the log', () => Promise.resolve(ended ? true : undefined));
  await gone('web');
  for (const text of [/Normal Scheduled Successfully assigned default\/web to laptop/, /Normal Pulled /, /Normal Created /, /Normal Started Started container app/, /Normal Killing Stopping container app/]) await whenEvent('web', text);
});

test('environment, volumes and hosts file are what the contract says, and follow their objects', async () => {
  await create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'settings' }, data: { color: 'blue' } });
  await create('/api/v1/namespaces/default/secrets', { metadata: { name: 'keys' }, stringData: { key: 's3cret' } });
  await create('/api/v1/namespaces/default/services', { metadata: { name: 'db' }, spec: { ports: [{ port: 5432, name: 'sql' }] } });
  const code = `const fs = require('fs'); const root = process.env.PHAROS_ROOT; const show = () => { try { console.log('now', fs.readFileSync(root + '/etc/settings/color', 'utf8')); } catch (e) { console.log(e.message); } };
    console.log(JSON.stringify({ env: process.env, token: fs.readFileSync(root + '/var/run/secrets/kubernetes.io/serviceaccount/token', 'utf8').split('.').length, ns: fs.readFileSync(root + '/var/run/secrets/kubernetes.io/serviceaccount/namespace', 'utf8'),
      ca: fs.readFileSync(root + '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt', 'utf8').slice(0, 27), hosts: fs.readFileSync(root + '/etc/hosts', 'utf8'), labels: fs.readFileSync(root + '/etc/info/labels', 'utf8'), arg: process.argv[1] }));
    setInterval(show, 50);`;
  await createPod('env', {
    containers: [{ name: 'app', image: 'test/node:1', args: ['-e', code, '$(COLOR)-$(MISSING)'], env: [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } }, { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'key' } } }, { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
      volumeMounts: [{ name: 'settings', mountPath: '/etc/settings' }, { name: 'info', mountPath: '/etc/info' }] }],
    volumes: [{ name: 'settings', configMap: { name: 'settings' } }, { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } }],
  }, { labels: { app: 'env' } });
  const pod = await whenPod('env', 'running', (found) => stateOf(containerOf(found), 'running') !== undefined);
  const line = await until('the first line', async () => (await logOf('env')).split('\n').find((text) => text.startsWith('{')));
  const seen = record(JSON.parse(line));
  const { podIP } = record(pod['status']);
  expect(seen).toMatchObject({ token: 3, ns: 'default', ca: '-----BEGIN CERTIFICATE-----', labels: 'app="env"', arg: 'blue-$(MISSING)' });
  expect(seen['env']).toMatchObject({ COLOR: 'blue', KEY: 's3cret', NODE: 'laptop', HOST: podIP, POD_IP: podIP, HTTP_PROXY: `http://${String(podIP)}:15001`, NO_PROXY: '127.0.0.1,localhost', NODE_USE_ENV_PROXY: '1', HOSTNAME: 'env', DB_SERVICE_PORT: '5432', KUBERNETES_SERVICE_HOST: '127.0.0.1' });
  expect(String(seen['hosts'])).toMatch(/^127\.\d+\.\d+\.\d+\tdb db\.default db\.default\.svc db\.default\.svc\.cluster\.local$/m);
  await mesh.client.request({ method: 'PATCH', path: '/api/v1/namespaces/default/configmaps/settings', body: { data: { color: 'green' } }, contentType: 'application/merge-patch+json' });
  await until('the new colour', async () => ((await logOf('env', '?tailLines=2')).includes('now green') ? true : undefined));
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/env?gracePeriodSeconds=0` });
  await gone('env');
});

test('a container that fails again and again is in CrashLoopBackOff, with the log of the run before', async () => {
  await createPod('crash', { containers: [shell('echo run $$$$; echo why > $PHAROS_ROOT/dev/termination-log; exit 3')] });
  const pod = await whenPod('crash', 'in back-off', (found) => stateOf(containerOf(found), 'waiting')?.['reason'] === 'CrashLoopBackOff');
  expect(containerOf(pod)).toMatchObject({ restartCount: 1, ready: false, lastState: { terminated: { exitCode: 3, reason: 'Error', message: 'why\n' } } });
  expect(stateOf(containerOf(pod), 'waiting')?.['message']).toMatch(/^back-off 10s restarting failed container=app pod=crash_default\(/);
  expect(record(pod['status'])['phase']).toBe('Running');
  await whenEvent('crash', /Warning BackOff Back-off restarting failed container app in pod crash_default/);
  expect(await logOf('crash', '?previous=true')).toMatch(/^run \d+\n$/);
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/crash` });
  await gone('crash');
});

test('an unknown image says what helps, and the annotation does help', async () => {
  await createPod('unknown', { containers: [{ name: 'app', image: 'nginx:1.27' }] });
  const pod = await whenPod('unknown', 'without image', (found) => ['ErrImagePull', 'ImagePullBackOff'].includes(String(stateOf(containerOf(found), 'waiting')?.['reason'])));
  expect(String(stateOf(containerOf(pod), 'waiting')?.['message'])).toMatch(/pharos\.dev\/command.*test\/node:\*/);
  await whenEvent('unknown', /Warning Failed Error: ErrImagePull/);
  await expect(logOf('unknown')).rejects.toThrow(/container "app" in pod "unknown" is waiting to start: .*pull/);
  await mesh.client.request({ method: 'PATCH', path: `${podsPath}/unknown`, body: { metadata: { annotations: { 'pharos.dev/command': 'sleep 600' } } }, contentType: 'application/merge-patch+json' });
  await whenPod('unknown', 'running', isReady);
  await createPod('nocommand', { containers: [{ name: 'app', image: 'test/sh:1', command: ['no-such-command'] }] });
  await whenEvent('nocommand', /Warning Failed Error: .*exec: "no-such-command": executable file not found in \$PATH/);
  const failed = await whenPod('nocommand', 'failed', (found) => isRecord(record(containerOf(found)['lastState'])['terminated']));
  expect(record(record(containerOf(failed)['lastState'])['terminated'])).toMatchObject({ exitCode: 128, reason: 'StartError' });
  for (const name of ['unknown', 'nocommand']) await mesh.client.request({ method: 'DELETE', path: `${podsPath}/${name}` });
  for (const name of ['unknown', 'nocommand']) await gone(name);
});

test('init containers run in order, a native sidecar starts before the app and ends after it', async () => {
  const sidecar = `const s = require('http').createServer((q, r) => r.end()); setTimeout(() => s.listen(15021, process.env.POD_IP), 300); process.on('SIGTERM', () => { console.log('sidecar ends'); process.exit(0); }); console.log('sidecar host', process.env.HOST);`;
  await createPod('meshed', {
    initContainers: [
      shell('echo first', { name: 'first' }), { name: 'istio-init', image: 'test/sh:1', args: ['istio-iptables', '-p', '15001'] },
      { name: 'istio-proxy', image: 'test/node:1', args: ['-e', sidecar], restartPolicy: 'Always', startupProbe: { httpGet: { path: '/', port: 15021 }, periodSeconds: 1, failureThreshold: 60 }, readinessProbe: { httpGet: { path: '/', port: 15021 }, periodSeconds: 15 } },
    ],
    containers: [node(`${SERVER} console.log('proxy', process.env.HTTP_PROXY);`, { readinessProbe: { httpGet: { port: 8000 }, periodSeconds: 1 } })],
  });
  const pod = await whenPod('meshed', 'ready', isReady);
  const states = records(record(pod['status'])['initContainerStatuses']);
  expect(states.map((c) => [c['name'], stateOf(c, 'terminated')?.['reason'] ?? 'Running', c['ready']])).toEqual([['first', 'Completed', false], ['istio-init', 'Completed', false], ['istio-proxy', 'Running', true]]);
  const { podIP } = record(pod['status']);
  const appIP = `127.${Number(String(podIP).split('.')[1]) + 32}.${String(podIP).split('.').slice(2).join('.')}`;
  const text = await logOf('meshed', '?container=app');
  expect(text).toContain(`listening at ${appIP}`);
  expect(text).toContain(`proxy http://${String(podIP)}:15001`);
  expect(await logOf('meshed', '?container=istio-proxy')).toContain(`sidecar host ${String(podIP)}`);
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/meshed` });
  await gone('meshed');
});

test('probes: a failing liveness probe restarts, a hanging readiness probe only keeps out', async () => {
  const hanging = `const s = require('http').createServer((q, r) => { if (q.url === '/live') r.writeHead(require('fs').existsSync(process.env.PHAROS_ROOT + '/tmp/bad') ? 500 : 200).end(); });
    require('fs').rmSync(process.env.PHAROS_ROOT + '/tmp/bad', { force: true }); s.listen(8000, process.env.HOST); setTimeout(() => { require('fs').mkdirSync(process.env.PHAROS_ROOT + '/tmp', { recursive: true }); require('fs').writeFileSync(process.env.PHAROS_ROOT + '/tmp/bad', ''); }, 1500);`;
  await createPod('probed', { containers: [node(hanging, { livenessProbe: { httpGet: { path: '/live', port: 8000 }, periodSeconds: 1, failureThreshold: 2 }, readinessProbe: { httpGet: { path: '/hang', port: 8000 }, periodSeconds: 1 } })] });
  const pod = await whenPod('probed', 'restarted', (found) => Number(containerOf(found)['restartCount']) >= 1);
  expect(isReady(pod)).toBe(false);
  await whenEvent('probed', /Warning Unhealthy Readiness probe failed: Get "http:.*context deadline exceeded/);
  await whenEvent('probed', /Warning Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 500/);
  await whenEvent('probed', /Normal Killing Container app failed liveness probe, will be restarted/);
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/probed` });
  await gone('probed');
});

test('a container that ignores SIGTERM and forks children is killed after its grace, children and all', async () => {
  await createPod('stubborn', { terminationGracePeriodSeconds: 1, containers: [shell(`trap '' TERM; sleep 7171 & setsid sleep 7172 & echo ready; while :; do sleep 1; done`)] });
  await until('the log', async () => ((await logOf('stubborn').catch(() => '')).includes('ready') ? true : undefined));
  const left = (): readonly string[] => readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && /sleep\x00717[12]/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    } catch {
      return false; // it ended while we looked
    }
  });
  expect(left()).toHaveLength(2);
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/stubborn` });
  await gone('stubborn');
  await until('no child', () => Promise.resolve(left().length === 0 ? true : undefined));
});

test('a container that prints 100 MB costs neither memory nor the newest lines', async () => {
  await createPod('chatty', { restartPolicy: 'Never', containers: [shell(`yes ${'0123456789'.repeat(10)} | head -n 1000000; printf 'no newline at the end'`)] });
  await whenPod('chatty', 'done', (pod) => record(pod['status'])['phase'] === 'Succeeded', 60_000);
  expect((await logOf('chatty', '?tailLines=1'))).toBe('no newline at the end\n');
  expect(process.memoryUsage().rss).toBeLessThan(900 * 1024 * 1024);
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/chatty` });
  await gone('chatty');
});

test('a Service reaches its ready pods by cluster IP and by the egress proxy of a pod without sidecar', async () => {
  await create('/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'shop' }, spec: { replicas: 2, selector: { matchLabels: { app: 'shop' } }, template: { metadata: { labels: { app: 'shop' } }, spec: { terminationGracePeriodSeconds: 2, containers: [node(SERVER, { readinessProbe: { tcpSocket: { port: 8000 }, periodSeconds: 1 } })] } } },
  });
  const service = await create('/api/v1/namespaces/default/services', { metadata: { name: 'shop' }, spec: { selector: { app: 'shop' }, ports: [{ port: 8080, targetPort: 8000 }] } });
  await until('two endpoints', async () => {
    const slices = await get('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=shop');
    return records(slices['items']).flatMap((slice) => records(slice['endpoints'])).filter((endpoint) => record(endpoint['conditions'])['ready'] === true).length === 2 ? true : undefined;
  });
  const address = String(record(service['spec'])['clusterIP']);
  const answers = await until('both pods', async () => {
    const texts = new Set<string>();
    for (let i = 0; i < 4; i++) texts.add(await (await fetch(`http://${address}:8080/`, { headers: { connection: 'close' } })).text());
    return texts.size === 2 ? texts : undefined;
  });
  expect([...answers].every((text) => text.startsWith('hello from shop-'))).toBe(true);
  await createPod('caller', { restartPolicy: 'Never', containers: [node(`require('http').get('http://shop.default:8080/from-caller', (r) => r.on('data', (d) => console.log(String(d))))`)] });
  const caller = await whenPod('caller', 'done', (pod) => record(pod['status'])['phase'] === 'Succeeded');
  expect(await logOf('caller')).toMatch(/^hello from shop-/);
  const pods = records((await get(`${podsPath}?labelSelector=app%3Dshop`))['items']).map((pod) => String(record(pod['metadata'])['name']));
  const logs = (await Promise.all(pods.map((name) => logOf(name)))).join('');
  expect(logs).toContain(`GET /from-caller ${String(record(caller['status'])['podIP'])}`); // the pod itself is seen as the caller
  await mesh.client.request({ method: 'DELETE', path: '/apis/apps/v1/namespaces/default/deployments/shop' });
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/caller` });
  for (const name of [...pods, 'caller']) await gone(name);
});

test('a host port leads to the pod, and to the new one when the old one goes', async () => {
  const hostPort = await freePort();
  const pod = (name: string): Promise<Json> => createPod(name, { containers: [node(SERVER, { ports: [{ containerPort: 8000, hostPort }], readinessProbe: { tcpSocket: { port: 8000 }, periodSeconds: 1 } })] });
  await pod('front-1');
  await whenPod('front-1', 'ready', isReady);
  const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${hostPort}/`, { headers: { connection: 'close' } })).text();
  expect(await ask()).toBe('hello from front-1');
  await pod('front-2');
  await whenPod('front-2', 'ready', isReady);
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/front-1` });
  for (let i = 0; i < 20; i++) {
    expect(await ask()).toMatch(/^hello from front-[12]$/); // no connection is refused while one goes
    await sleep(30);
  }
  await gone('front-1');
  expect(await ask()).toBe('hello from front-2');
  await mesh.client.request({ method: 'DELETE', path: `${podsPath}/front-2` });
  await gone('front-2');
});

test('the runner ends apps first, then sidecars, then the system, in time, and leaves no process', async () => {
  const other = await startClusterAndRunner({ number: await claimNumber() });
  const out = `${other.dir}/order`;
  const program = (name: string): string => `process.on('SIGTERM', () => { require('fs').appendFileSync('${out}', '${name}\\n'); setTimeout(() => process.exit(0), 100); }); require('fs').appendFileSync('${out}.up', 'x'); setInterval(() => {}, 1000);`;
  const run = (namespace: string, name: string, containers: readonly Json[]): Promise<unknown> => other.client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods`, body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers } } });
  await run('kube-system', 'system', [node(program('system'))]);
  await run('default', 'meshed', [node(program('app')), node(program('sidecar'), { name: 'istio-proxy' })]);
  await run('default', 'stubborn', [shell(`trap '' TERM; echo x >> ${out}.up; while :; do sleep 0.5; done`)]);
  await until('all four up', () => Promise.resolve(existsSync(`${out}.up`) && readFileSync(`${out}.up`, 'utf8').replaceAll('\n', '').length === 4 ? true : undefined));
  const start = performance.now();
  await other.stop({ keep: true });
  expect(performance.now() - start).toBeLessThan(6000); // 4 s of it are the runner's
  expect(readFileSync(out, 'utf8')).toBe('app\nsidecar\nsystem\n');
  expect(processesOf(other.dir)).toEqual([]);
  rmSync(other.dir, { recursive: true, force: true });
});

test('a deadline of a month does not fire now; a hook that is no command line fails as a hook, and the node goes on', async () => {
  await createPod('patient', { activeDeadlineSeconds: 3_000_000, terminationGracePeriodSeconds: 3_000_000, containers: [node(SERVER, { ports: [{ containerPort: 8000 }] })] });
  await whenPod('patient', 'ready', isReady);
  await createPod('broken-hook', { containers: [node(SERVER, { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'a\0b'] } } } })] });
  expect(await whenEvent('broken-hook', /FailedPostStartHook/)).toMatch(/null bytes/);
  expect(record((await get(`${podsPath}/patient`))['status'])['phase']).toBe('Running');
  for (const name of ['patient', 'broken-hook']) await mesh.client.request({ method: 'DELETE', path: `${podsPath}/${name}` });
  for (const name of ['patient', 'broken-hook']) await gone(name); // the first one with its whole grace ahead: SIGTERM ends it
});

test('kill -9 of the main process: the next start finds what it left, ends it and runs the pods anew', async () => {
  const main = fileURLToPath(new URL('../lib/cluster-and-runner.ts', import.meta.url));
  const number = await claimNumber();
  const other = await startClusterAndRunner({ number });
  await other.client.request({ method: 'POST', path: podsPath, body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'survivor' }, spec: { terminationGracePeriodSeconds: 1, containers: [shell(`trap '' TERM; echo up; while :; do sleep 0.5; done`)] } } });
  const written = (client: KubeClient, what: string, is: (pod: Json) => boolean): Promise<Json> => until(what, async () => {
    const found = record(await client.request({ method: 'GET', path: `${podsPath}/survivor` }));
    return isReady(found) && is(found) ? found : undefined;
  }, 60_000);
  const idOf = (found: Json): unknown => containerOf(found)['containerID'];
  const first = idOf(await written(other.client, 'the first run', () => true));
  await other.stop({ keep: true });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, other.dir, String(number)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  await until('the second start', () => Promise.resolve(out.includes('\n') ? true : undefined), 60_000);
  const processes = (): readonly string[] => processesOf(other.dir);
  // a start that was not written down before the end would be no restart later
  const second = createKubeClient(await kubeConfig({ kubeconfigPath: `${other.dir}/kubeconfig` }));
  const killed = idOf(await written(second, 'the second run', (found) => idOf(found) !== first));
  second.close();
  child.kill('SIGKILL');
  await until('the end of the main process', () => Promise.resolve(child.signalCode === null ? undefined : true));
  await sleep(200);
  const orphans = processes();
  expect(orphans.length).toBeGreaterThan(0);
  const third = await startClusterAndRunner({ dir: other.dir, number });
  expect(orphans.filter((pid) => existsSync(`/proc/${pid}`) && processes().includes(pid))).toEqual([]);
  const pod = await written(third.client, 'the third run', (found) => idOf(found) !== killed);
  expect(Number(containerOf(pod)['restartCount'])).toBeGreaterThanOrEqual(1);
  expect(record(record(containerOf(pod)['lastState'])['terminated'])).toMatchObject({ exitCode: 255, reason: 'Unknown' });
  await third.stop();
  expect(processes()).toEqual([]);
});
