import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { expect, test } from 'vitest';
import { isRecord } from '#shared/base';
import { compileProxy, proxyNode } from '#shared/compiler';
import type { Compiled } from '#shared/compiler';
import { indexSnapshot, meshConfigOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { listedDifferences, wrongly } from './listed-differences.ts';
import { sharedDir } from './shared-dir.ts';

/** Differences shown for a case that fails. */
const SHOWN_MAX = 30;
const DIR = `${sharedDir}/fixtures/istiod`;
const KINDS = { cds: ['cluster', 'name'], eds: ['endpoint', 'cluster_name'], lds: ['listener', 'name'], rds: ['route', 'name'] } as const;
/** Every difference found, by the key under which docs/istio-differences.md lists it: `case/proxy/kind resource`, or a field of all of them. */
const listed = new Map<string, string[]>();

const isObject = (v: unknown): v is KubeObject => isRecord(v) && typeof v['apiVersion'] === 'string' && typeof v['kind'] === 'string' && isRecord(v['metadata']);
const readYaml = (file: string): readonly KubeObject[] => parseAllDocuments(readFileSync(file, 'utf8')).map((document): unknown => document.toJS()).filter(isObject);

/** Our own metadata aside, and lists whose order means nothing sorted. */
function normal(v: unknown, key = ''): unknown {
  if (Array.isArray(v)) {
    const list = v.map((item) => normal(item));
    return key === 'domains' || key === 'application_protocols' ? list.toSorted() : list;
  }
  if (!isRecord(v)) return v;
  if (isRecord(v['pharos'])) listed.set('field filter_metadata.pharos', []);
  const fields = Object.entries(v).filter(([name, item]) => name !== 'pharos' && !(name === 'metadata' && isOurs(item))).map(([name, item]) => [name, normal(item, name)]);
  return Object.fromEntries(fields);
}
/** Metadata that holds nothing but ours. */
const isOurs = (v: unknown): boolean => isRecord(v) && isRecord(v['filter_metadata']) && Object.keys(v['filter_metadata']).join() === 'pharos';
/** Paths at which two values differ. */
function differences(path: string, ours: unknown, theirs: unknown): readonly string[] {
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length === theirs.length) return ours.flatMap((item, i) => differences(`${path}[${i}]`, item, theirs[i]));
  if (isRecord(ours) && isRecord(theirs)) return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((name) => differences(`${path}.${name}`, ours[name], theirs[name]));
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
  return a === b ? [] : [`${path}: ours ${a?.slice(0, 300)} theirs ${b?.slice(0, 300)}`];
}
const PODS: Readonly<Record<string, readonly [type: string, pod: string, namespace: string]>> = {
  productpage: ['sidecar', 'productpage-v1', 'bookinfo'], details: ['sidecar', 'details-v1', 'bookinfo'], 'reviews-v2': ['sidecar', 'reviews-v2', 'bookinfo'], gateway: ['router', 'istio-ingressgateway', 'istio-system'],
};

function compileFor(who: string, objects: readonly KubeObject[]): Compiled {
  const [type = '', prefix = '', namespace = ''] = PODS[who] ?? [];
  const snapshot = indexSnapshot(objects, { mesh: meshConfigOf({ trustDomain: 'cluster.local', rootNamespace: 'istio-system', enableAutoMtls: true, enableTracing: false }) });
  const pod = [...snapshot.pods.values()].find((known) => known.name.startsWith(prefix));
  const node = proxyNode(`${type}~${pod?.ip ?? ''}~${pod?.name ?? ''}.${namespace}~${namespace}.svc.cluster.local`, {}, { istioFilters: false });
  if (node === undefined) throw new Error(`no node for ${who}`);
  return compileProxy(snapshot, node);
}
/** Resources a real istiod sent and we sent, by name; EDS and RDS as the proxy asked for them. */
function compareFile(file: string, kind: keyof typeof KINDS, compiled: Compiled): { readonly compared: number; readonly found: readonly string[] } {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const [resource, nameField] = KINDS[kind];
  const theirs = new Map((Array.isArray(parsed) ? parsed : []).map((item: unknown) => [isRecord(item) ? String(item[nameField]) : '', item]));
  const ours = new Map<string, unknown>(JSON.parse(JSON.stringify([...compiled[resource]])));
  if (kind === 'cds') for (const name of ours.keys()) if (!theirs.has(name)) return { compared: theirs.size, found: [`cluster ${name}: only ours`] };
  const names = kind === 'eds' ? [...theirs.keys()] : [...new Set([...theirs.keys(), ...ours.keys()])];
  return { compared: names.length, found: names.flatMap((name) => differences(name, normal(ours.get(name)), normal(theirs.get(name)))) };
}

const base = readYaml(`${DIR}/cluster.yaml`);
const kubernetes: readonly KubeObject[] = base.some((object) => object.kind === 'Service' && object.metadata.name === 'kubernetes') ? [] : [{
  apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes', namespace: 'default', resourceVersion: '1' }, spec: { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }] },
}];
const cases = readdirSync(DIR, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
let equal = 0;
let total = 0;

test.each(cases)('%s: what our compiler makes is what istiod sent', (name) => {
  const input = `${DIR}/${name}/input.yaml`;
  const added = readdirSync(`${DIR}/${name}`).includes('input.yaml') ? readYaml(input).map((object) => ({ ...object, metadata: { ...object.metadata, creationTimestamp: '2026-11-23T21:00:00Z', resourceVersion: '2' } })) : [];
  const found: string[] = [];
  for (const who of Object.keys(PODS)) {
    const compiled = compileFor(who, [...base, ...kubernetes, ...added]);
    for (const file of readdirSync(`${DIR}/${name}/${who}`)) {
      const kind = file.replace('.json', '');
      if (kind !== 'cds' && kind !== 'eds' && kind !== 'lds' && kind !== 'rds') continue;
      const result = compareFile(`${DIR}/${name}/${who}/${file}`, kind, compiled);
      const bad = result.found.map((text) => `${name}/${who}/${kind} ${text}`);
      for (const text of bad) listed.set(text.slice(0, text.indexOf(': ')), [text]);
      total += 1;
      if (bad.length === 0) equal += 1;
      found.push(...bad);
    }
  }
  const wanted = listedDifferences('xDS');
  expect(found.filter((text) => !wanted.has(text.slice(0, text.indexOf(': ')))).slice(0, SHOWN_MAX)).toEqual([]);
});

test('the differences are those that are listed', () => {
  process.stdout.write(`istiod-xds: ${equal} of ${total} responses equal by meaning\n`);
  expect(total).toBe(76);
  expect(wrongly(listed, 'xDS')).toEqual([]);
});
