import { afterAll, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { kubectl } from '../lib/kubectl-run.ts';
import { until } from '../lib/until.ts';

const mesh = inject('mesh');
const run = kubectl(mesh.kubeconfig);
const container = z.object({ name: z.string(), resources: z.object({ requests: z.record(z.string(), z.string()).optional() }).optional() });
const podList = z.object({ items: z.array(z.object({ spec: z.object({ containers: z.array(container), initContainers: z.array(container).optional() }) })) });
const deployment = (name: string, labels: object, annotations: object): object => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'production' },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name, ...labels }, annotations }, spec: { containers: [{ name: 'app', image: 'pharos/bookinfo-details:v1', ports: [{ containerPort: 9080 }] }] } } },
});

afterAll(async () => {
  await run(['delete', 'namespace', 'production', '--ignore-not-found']);
});

test('a labelled namespace makes new pods 2/2; label and annotation opt out', async () => {
  await run(['create', 'namespace', 'production']);
  const pods = async (name: string, ready: string): Promise<string> => until(`${name} is ${ready}`, async () => {
    const line = (await run(['-n', 'production', 'get', 'pods', '-l', `app=${name}`, '--no-headers'])).trim().split('\n').find((row) => !row.includes('Terminating')) ?? '';
    return new RegExp(`\\s${ready}\\s+Running`).test(line) ? line : undefined;
  });
  await run(['apply', '-f', '-'], JSON.stringify(deployment('before', {}, {})));
  await pods('before', '1/1');
  expect(await run(['label', 'namespace', 'production', 'istio-injection=enabled'])).toContain('namespace/production labeled');
  await run(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [deployment('inside', {}, {}), deployment('by-label', { 'sidecar.istio.io/inject': 'false' }, {}), deployment('by-annotation', {}, { 'sidecar.istio.io/inject': 'false' }), deployment('sized', {}, { 'sidecar.istio.io/proxyCPU': '50m', 'sidecar.istio.io/proxyMemory': '64Mi' })] }));
  await Promise.all([pods('inside', '2/2'), pods('by-label', '1/1'), pods('by-annotation', '1/1'), pods('sized', '2/2')]);
  await run(['-n', 'production', 'rollout', 'restart', 'deployment/before']);
  await pods('before', '2/2');
  const sized = podList.parse(JSON.parse(await run(['-n', 'production', 'get', 'pods', '-l', 'app=sized', '-o', 'json'])));
  const sidecar = sized.items.flatMap((pod) => [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]).find((candidate) => candidate.name === 'istio-proxy');
  expect(sidecar?.resources?.requests).toEqual({ cpu: '50m', memory: '64Mi' });
});
