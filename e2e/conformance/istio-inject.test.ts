import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { startControllerBed } from '../lib/controller-bed.ts';
import type { ControllerBed } from '../lib/controller-bed.ts';
import { wrongly } from './listed-differences.ts';
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

/** Every difference found, by the key under which docs/istio-differences.md lists it. */
const found = new Map<string, string[]>();
const note = (key: string, where: string): void => void found.set(key, [...(found.get(key) ?? []), where]);
/** Fields whose difference is listed once for all pods. */
const FIELDS: ReadonlySet<string> = new Set(['lifecycle', 'image']);
const flat = (v: unknown, path = ''): readonly string[] => (isRecord(v) && Object.keys(v).length > 0 ? Object.entries(v).flatMap(([key, item]) => flat(item, `${path}.${key}`)) : [`${path} = ${JSON.stringify(v)}`]);
/** JSON inside of texts and defaults of the server do not count. */
function canonical(v: unknown): unknown {
  if (typeof v === 'string' && !v.startsWith('{{') && /^\s*[[{]/.test(v)) return canonical(JSON.parse(v));
  if (Array.isArray(v)) return v.map(canonical);
  if (isRecord(v)) return Object.fromEntries(Object.entries(v).toSorted(([a], [b]) => (a < b ? -1 : 1)).filter(([key, item]) => !['imagePullPolicy', 'terminationMessagePath', 'terminationMessagePolicy', 'successThreshold', 'scheme', 'apiVersion'].includes(key) && !(key === 'protocol' && item === 'TCP')).map(([key, item]) => [key, canonical(item)]));
  return v;
}
type Names = Readonly<Record<string, unknown>>;
const byName = (v: unknown): Names => Object.fromEntries(list(v).map((item) => [String(item['name']), canonical(item['value'] ?? item['valueFrom'] ?? item['mountPath'] ?? '')]));
/** Entries that only one side has are noted as `kind name`; where both have one, its value counts. */
function compareNames(kind: string, theirs: Names, ours: Names, id: string): void {
  for (const name of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
    const [a, b] = [JSON.stringify(theirs[name]), JSON.stringify(ours[name])];
    if (a === b) continue;
    note(a === undefined || b === undefined ? `${kind} ${name}` : `case ${id}`, `${id}: ${kind} ${name}: ${b ?? 'none'} for ${a ?? 'none'}`);
  }
}
function compareContainer(theirs: Fields, ours: Fields | undefined, id: string): void {
  if (ours === undefined) return note(`case ${id}`, `${id}: no proxy`);
  const mounts = (container: Fields): Names => byName(list(container['volumeMounts']).filter((mount) => !String(mount['mountPath']).startsWith('/var/run/secrets/kubernetes.io')));
  compareNames('env', byName(theirs['env']), byName(ours['env']), id);
  compareNames('volume', mounts(theirs), mounts(ours), id);
  const rest = ({ env: _env, volumeMounts: _mounts, name: _name, ...others }: Fields): Fields => record(canonical(others));
  const [a, b] = [rest(theirs), rest(ours)];
  for (const field of FIELDS) if (JSON.stringify(a[field]) !== JSON.stringify(b[field])) note(`field ${field}`, `${id}: ${JSON.stringify(b[field])} for ${JSON.stringify(a[field])}`);
  const lines = (v: Fields): ReadonlySet<string> => new Set(flat(Object.fromEntries(Object.entries(v).filter(([field]) => !FIELDS.has(field)))));
  const [theirLines, ourLines] = [lines(a), lines(b)];
  for (const line of theirLines) if (!ourLines.has(line)) note(`case ${id}`, `${id}: theirs ${line}`);
  for (const line of ourLines) if (!theirLines.has(line)) note(`case ${id}`, `${id}: ours ${line}`);
}
function compareMetadata(patch: Fields, pod: unknown, id: string): void {
  const metadata = record(record(pod)['metadata']);
  for (const [name, value] of Object.entries(record(patch['labels']))) if (record(metadata['labels'])[name] !== value) note(`case ${id}`, `${id}: label ${name}: ${String(record(metadata['labels'])[name])} for ${String(value)}`);
  for (const [name, value] of Object.entries(record(patch['annotations']))) {
    const own = record(metadata['annotations'])[name];
    if (name !== 'sidecar.istio.io/status' && own !== value) note(`annotation ${name}`, `${id}: ${String(own)} for ${String(value)}`);
  }
  const status = record(JSON.parse(String(record(metadata['annotations'])['sidecar.istio.io/status'] ?? '{}')));
  const theirStatus = record(record(patch['annotations'])['sidecar.istio.io/status']);
  const names = (v: unknown): Names => Object.fromEntries((Array.isArray(v) ? v : []).map((name: unknown) => [String(name), '']));
  for (const [field, kind] of [['containers', 'container'], ['initContainers', 'container'], ['volumes', 'volume']] as const) compareNames(kind, names(theirStatus[field]), names(status[field]), id);
}
function compareCase(patch: Fields, pod: unknown, id: string): void {
  compareMetadata(patch, pod, id);
  const added = [...list(record(patch['initContainers'])['added']), ...list(record(patch['containers'])['added'])].find((container) => container['name'] === 'istio-proxy') ?? record(record(patch['containers'])['changed'])['istio-proxy'];
  const native = list(record(patch['initContainers'])['added']).some((container) => container['name'] === 'istio-proxy');
  if (isRecord(added)) compareContainer(added, proxyOf(pod), id);
  if (isRecord(added) && native !== list(record(record(pod)['spec'])['initContainers']).some((container) => container['name'] === 'istio-proxy')) note(`case ${id}`, `${id}: the sidecar is of the other form`);
  for (const [name, change] of Object.entries(record(record(patch['containers'])['changed']))) {
    if (name === 'istio-proxy') continue;
    const own = list(record(record(pod)['spec'])['containers']).find((container) => container['name'] === name);
    for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
      const [a, b] = [flat(canonical(record(change)[key] ?? {})), flat(canonical(own?.[key] ?? {}))];
      for (const line of a) if (!b.includes(line)) note(`case ${id}`, `${id}: ${name} ${key} theirs ${line}`);
    }
  }
}

async function admit(id: string, input: KubeObject, recorded: Fields): Promise<void> {
  try {
    const pod = await bed.create({ ...input, metadata: { ...input.metadata, namespace: 'shop' } }, { dryRun: 'All' });
    if (recorded['exit'] !== 0) return note(`case ${id}`, `${id}: admitted, where Istio says ${String(recorded['stderr']).trim()}`);
    if (recorded['injected'] === (proxyOf(pod) !== undefined)) compareCase(record(recorded['patch']), pod, id);
    else note(`case ${id}`, `${id}: injected ${String(recorded['injected'])} there`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The part of the message that says which annotation it is.
    const named = /'([a-z.]+\.istio\.io\/[A-Za-z]+)'|template "\w+"/.exec(String(recorded['stderr']))?.[0];
    if (recorded['exit'] === 0 || (named !== undefined && !message.includes(named))) note(`case ${id}`, `${id}: refused: ${message}`);
  }
}
const different = (key: string): number => new Set((found.get(key) ?? []).map((where) => where.split(':')[0])).size;

test('what is added to a pod, and what is refused', async () => {
  for (const entry of cases) {
    const id = String(entry['id']);
    const input: unknown = parse(String(entry['input']));
    if (!isObject(input)) throw new Error(`${id} has no object`);
    await admit(id, input, record(entry['webhook']));
  }
  const odd = cases.filter((entry) => different(`case ${String(entry['id'])}`) > 0).length;
  process.stdout.write(`istio-inject: ${cases.length - odd} of ${cases.length} pods as Istio's webhook made them, differences for all of them aside\n`);
});

/** The pods that controllers of the cluster would make of what was given to `istioctl kube-inject`. */
function podsIn(input: unknown): readonly KubeObject[] {
  if (!isObject(input) && !(isRecord(input) && input['kind'] === 'List')) return [];
  if (input['kind'] === 'List') return list(input['items']).flatMap(podsIn);
  if (input['kind'] === 'Pod' && isObject(input)) return [input];
  const template = record(record(input['spec'])['template']);
  if (!isObject(input) || !isRecord(template['spec'])) return [];
  return [{ apiVersion: 'v1', kind: 'Pod', metadata: { ...record(template['metadata']), name: `${input.metadata.name}-x`, namespace: 'shop' }, spec: template['spec'] }];
}
test('workloads of any kind: their pods are injected where kube-inject injects them, with its labels', async () => {
  const workloads = casesOf('cases.json').filter((entry) => !isRecord(entry['webhook']));
  expect(workloads.length + cases.length).toBe(41);
  for (const entry of workloads) {
    const id = String(entry['id']);
    const recorded = record(entry['kubeInject']);
    const pods = podsIn(parse(String(entry['input'])));
    expect(pods.length, id).toBe(1);
    for (const pod of pods) {
      const made = await bed.create(pod, { dryRun: 'All' });
      const injected = recorded['injected'] ?? recorded['items'] !== undefined;
      if (injected !== (proxyOf(made) !== undefined)) note(`case ${id}`, `${id}: injected ${String(injected)} there`);
      for (const [name, value] of Object.entries(record(record(recorded['patch'])['labels']))) if (record(record(record(made)['metadata'])['labels'])[name] !== value && value !== 'web') note(`case ${id}`, `${id}: label ${name}`);
    }
  }
});

test('the differences are those that are listed', () => {
  expect(wrongly(found, 'Injection')).toEqual([]);
});
