import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { startControllerBed } from '../lib/controller-bed.ts';
import type { ControllerBed } from '../lib/controller-bed.ts';
import { sharedDir } from './shared-dir.ts';

// Pods created (dry run) through our webhook configurations, as the recorded ones went through Istio's.
type Fields = Record<string, unknown>;
const record = (v: unknown): Fields => (isRecord(v) ? v : {});
const list = (v: unknown): readonly Fields[] => (Array.isArray(v) ? v.filter(isRecord) : []);
const texts = (v: unknown): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(record(v)).map(([key, item]) => [key, String(item)]));
const casesOf = (file: string): readonly Fields[] => list(record(JSON.parse(readFileSync(`${sharedDir}/fixtures/istioctl/inject/${file}`, 'utf8')))['cases']);
const matrix = casesOf('matrix.json');
const cases = casesOf('cases.json').filter((entry) => isRecord(entry['webhook']));
const isObject = (v: unknown): v is KubeObject => isRecord(v) && typeof v['apiVersion'] === 'string' && typeof v['kind'] === 'string' && isRecord(v['metadata']);

let bed: ControllerBed;
beforeAll(async () => {
  bed = await startControllerBed({ first: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } } }], mesh: 'enableTracing: false\n' });
});
afterAll(() => bed?.stop());
/** Pods need the service account that a controller of the cluster would make. */
const account = async (namespace: string): Promise<void> => {
  await bed.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }).catch((error: unknown) => {
    if (!(error instanceof Error && error.message.includes('already exists'))) throw error;
  });
};
const proxyOf = (pod: unknown): Fields | undefined => {
  const spec = record(record(pod)['spec']);
  return [...list(spec['initContainers']), ...list(spec['containers'])].find((container) => container['name'] === 'istio-proxy');
};

test('who is injected: all recorded combinations of labels and annotations', async () => {
  const wrong: string[] = [];
  for (const [i, entry] of matrix.entries()) {
    const known = ['default', 'kube-system'].includes(String(entry['namespace']));
    const namespace = known ? String(entry['namespace']) : `mx-${i}`;
    if (!known) await bed.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: texts(entry['namespaceLabels']) } });
    await account(namespace);
    const pod = await bed.create({
      apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace, labels: { app: 'web', ...texts(entry['podLabels']) }, annotations: texts(entry['podAnnotations']) },
      spec: { ...record(entry['podSpec']), containers: [{ name: 'app', image: 'x' }] },
    }, { dryRun: 'All' });
    const injected = proxyOf(pod) !== undefined;
    if (injected !== entry['injected']) wrong.push(`${String(entry['id'])}: injected ${injected}`);
  }
  process.stdout.write(`istio-inject: ${matrix.length - wrong.length} of ${matrix.length} decisions as Istio's\n`);
  expect(matrix.length).toBe(43);
  expect(wrong).toEqual([]);
});

/** Differences we want; docs/istio-differences.md says why. Environment that is Go's or Envoy's, files our proxy does not use, the pod's own drain command. */
const NOT_OURS = { env: new Set(['GOMEMLIMIT', 'ISTIO_CPU_LIMIT']), volumes: new Set(['workload-socket', 'credential-socket', 'workload-certs', 'istio-envoy', 'istio-data', 'istio-ca-crl']), containers: new Set(['istio-init']) };
const OURS = { env: new Set(['ISTIO_METAJSON_LABELS']) };
/** Cases of features that are not there: the user's own fields for the proxy's container, kept in an annotation. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = { 'own-proxy-container': ['overrides'], 'gateway-template': ['overrides'], 'status-port-0': ['admitted'] };
const flat = (v: unknown, path = ''): readonly string[] => (isRecord(v) && Object.keys(v).length > 0 ? Object.entries(v).flatMap(([key, item]) => flat(item, `${path}.${key}`)) : [`${path} = ${JSON.stringify(v)}`]);
/** JSON inside of texts, image names and defaults of the server do not count. */
function canonical(v: unknown): unknown {
  if (typeof v === 'string' && /^\s*[[{]/.test(v)) return canonical(JSON.parse(v));
  if (Array.isArray(v)) return v.map(canonical);
  if (isRecord(v)) return Object.fromEntries(Object.entries(v).toSorted(([a], [b]) => (a < b ? -1 : 1)).filter(([key, item]) => !['imagePullPolicy', 'terminationMessagePath', 'terminationMessagePolicy', 'successThreshold', 'scheme', 'apiVersion', 'image', 'lifecycle'].includes(key) && !(key === 'protocol' && item === 'TCP')).map(([key, item]) => [key, canonical(item)]));
  return v;
}
function compareContainer(theirs: Fields, ours: Fields | undefined, id: string): readonly string[] {
  if (ours === undefined) return ['no proxy'];
  const byName = (v: unknown, skip: ReadonlySet<string>): Fields => Object.fromEntries(list(v).filter((item) => !skip.has(String(item['name']))).map((item) => [String(item['name']), canonical(item['value'] ?? item['valueFrom'] ?? item['mountPath'] ?? '')]));
  const view = (container: Fields, env: ReadonlySet<string>, mounts: ReadonlySet<string>): Fields => {
    const { env: _env, volumeMounts: _mounts, name: _name, ...rest } = container;
    return record(canonical({ ...rest, env: byName(container['env'], env), volumeMounts: byName(list(container['volumeMounts']).filter((mount) => !String(mount['mountPath']).startsWith('/var/run/secrets/kubernetes.io')), mounts) }));
  };
  const left = LEFT_OUT[id] ?? [];
  const keep = (lines: readonly string[]): readonly string[] => lines.filter((line) => !left.some((word) => line.startsWith(`.${word}`)));
  const [a, b] = [new Set(keep(flat(view(theirs, NOT_OURS.env, NOT_OURS.volumes)))), new Set(keep(flat(view(ours, OURS.env, new Set()))))];
  return [...[...a].filter((line) => !b.has(line)).map((line) => `theirs ${line}`), ...[...b].filter((line) => !a.has(line)).map((line) => `ours ${line}`)];
}

function compareCase(entry: Fields, pod: unknown, input: KubeObject): readonly string[] {
  const id = String(entry['id']);
  const patch = record(record(entry['webhook'])['patch']);
  const metadata = record(record(pod)['metadata']);
  const found: string[] = [];
  for (const [name, value] of Object.entries(record(patch['labels']))) if (record(metadata['labels'])[name] !== value) found.push(`label ${name}: ${String(record(metadata['labels'])[name])} for ${String(value)}`);
  for (const [name, value] of Object.entries(record(patch['annotations']))) {
    const own = record(metadata['annotations'])[name];
    if (name === 'sidecar.istio.io/status' || (name === 'proxy.istio.io/overrides' && (LEFT_OUT[id] ?? []).includes('overrides'))) continue;
    if (own !== value) found.push(`annotation ${name}: ${String(own)} for ${String(value)}`);
  }
  const status: unknown = JSON.parse(String(record(metadata['annotations'])['sidecar.istio.io/status'] ?? '{}'));
  const theirStatus = record(record(patch['annotations'])['sidecar.istio.io/status']);
  for (const key of ['containers', 'initContainers', 'volumes'] as const) {
    const names = (v: unknown): string => (Array.isArray(v) ? v.map(String).filter((name) => !NOT_OURS.containers.has(name) && !NOT_OURS.volumes.has(name)).join() : 'none');
    if (names(record(status)[key]) !== names(theirStatus[key])) found.push(`status ${key}: ${names(record(status)[key])} for ${names(theirStatus[key])}`);
  }
  const added = [...list(record(patch['initContainers'])['added']), ...list(record(patch['containers'])['added'])].find((container) => container['name'] === 'istio-proxy');
  const native = list(record(patch['initContainers'])['added']).some((container) => container['name'] === 'istio-proxy');
  if (added !== undefined) found.push(...compareContainer(added, proxyOf(pod), id));
  if (added !== undefined && native !== list(record(record(pod)['spec'])['initContainers']).some((container) => container['name'] === 'istio-proxy')) found.push('the sidecar is of the other form');
  for (const [name, change] of Object.entries(record(record(patch['containers'])['changed']))) {
    if (name === 'istio-proxy') continue;
    const own = list(record(record(pod)['spec'])['containers']).find((container) => container['name'] === name);
    for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
      const [a, b] = [flat(canonical(record(change)[key] ?? {})), flat(canonical(own?.[key] ?? {}))];
      found.push(...a.filter((line) => !b.includes(line)).map((line) => `${name} ${key} theirs ${line}`));
    }
  }
  return found.map((line) => `${id} (${input.metadata.name}): ${line}`);
}

test('what is added to a pod, and what is refused', async () => {
  const wrong: string[] = [];
  let equal = 0;
  for (const entry of cases) {
    const id = String(entry['id']);
    const input: unknown = parse(String(entry['input']));
    if (!isObject(input)) throw new Error(`${id} has no object`);
    const webhook = record(entry['webhook']);
    let problems: readonly string[];
    try {
      const pod = await bed.create({ ...input, metadata: { ...input.metadata, namespace: 'shop' } }, { dryRun: 'All' });
      problems = webhook['exit'] === 0 ? compareCase(entry, pod, input) : [`${id}: admitted`];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems = webhook['exit'] === 0 ? [`${id}: refused: ${message}`] : [];
      // The part of the message that says which annotation it is.
      const named = /'([a-z.]+\.istio\.io\/[A-Za-z]+)'|template "\w+"/.exec(String(webhook['stderr']))?.[0];
      if (webhook['exit'] !== 0 && named !== undefined && !message.includes(named)) problems = [`${id}: refused for another reason: ${message}`];
    }
    problems = problems.filter((line) => !((LEFT_OUT[id] ?? []).includes('admitted') && line.endsWith('admitted')));
    if (problems.length === 0) equal += 1;
    wrong.push(...problems);
  }
  process.stdout.write(`istio-inject: ${equal} of ${cases.length} pods as Istio's injector made them\n`);
  expect(wrong.slice(0, 40)).toEqual([]);
});
