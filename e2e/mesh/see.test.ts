import { expect, inject, test } from 'vitest';
import * as z from 'zod';
import { kubectl } from '../lib/kubectl-run.ts';
import { until } from '../lib/until.ts';

const mesh = inject('mesh');
const vector = z.object({ data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()) })) }) });
const traces = z.object({ data: z.array(z.object({ spans: z.array(z.object({ references: z.array(z.unknown()) })), processes: z.record(z.string(), z.object({ serviceName: z.string() })) })) });

test('kubectl get pods -A shows the control plane, the demo with its sidecars, and the load maker', async () => {
  const run = kubectl(mesh.kubeconfig);
  const listed = await until('pods are ready', async () => {
    const text = (await run(['get', 'pods', '-A', '--no-headers'])).trim();
    return text.split('\n').every((line) => /\s(\d+)\/\1\s+Running\s/.test(line)) ? text : undefined;
  });
  const rows = new Map(listed.split('\n').map((line) => line.trim().split(/\s+/)).map(([namespace = '', name = '', ready = '']) => [`${namespace}/${name.replace(/-[a-z0-9]{8,10}-[a-z0-9]{5}$/, '')}`, ready]));
  expect(Object.fromEntries([...rows].sort())).toEqual({
    'default/details-v1': '2/2', 'default/productpage-v1': '2/2', 'default/ratings-v1': '2/2', 'default/reviews-v1': '2/2', 'default/reviews-v2': '2/2', 'default/reviews-v3': '2/2',
    'istio-system/istio-ingressgateway': '1/1', 'istio-system/istiod': '1/1', 'istio-system/jaeger': '1/1', 'istio-system/pharos': '1/1', 'istio-system/prometheus': '1/1',
    'legacy/curl': '1/1', 'traffic/load': '1/1',
  });
});

test('the gateway gives the page', async () => {
  const answer = await fetch(`${mesh.gateway}/productpage`);
  const page = await answer.text();
  expect([answer.status, answer.headers.get('server')]).toEqual([200, 'istio-envoy']);
  for (const part of ['Simple Bookstore App', 'Book Details', 'Book Reviews']) expect(page).toContain(part);
});

test('Prometheus gives the edges, seen by both sides, inside mutual TLS', async () => {
  const query = 'sum by (source_workload, destination_workload, reporter, connection_security_policy) (istio_requests_total{destination_service_namespace="default", reporter="destination", source_workload!="unknown"})';
  const edges = await until('edges of every service', async () => {
    const answer = vector.parse(await (await fetch(`${mesh.prometheus}/api/v1/query?query=${encodeURIComponent(query)}`)).json());
    const found = answer.data.result.map(({ metric }) => `${metric['source_workload']} > ${metric['destination_workload']} ${metric['connection_security_policy']}`);
    return found.length >= 7 ? found : undefined;
  });
  for (const edge of ['istio-ingressgateway > productpage-v1', 'productpage-v1 > details-v1', 'productpage-v1 > reviews-v1', 'productpage-v1 > reviews-v2', 'productpage-v1 > reviews-v3', 'reviews-v2 > ratings-v1', 'reviews-v3 > ratings-v1']) {
    expect(edges).toContain(`${edge} mutual_tls`);
  }
});

test('Jaeger gives a whole trace over five services', async () => {
  const services = await until('a trace over five services', async () => {
    const answer = traces.parse(await (await fetch(`${mesh.jaeger}/api/traces?service=productpage.default&limit=20`)).json());
    return answer.data.map((trace) => ({ names: new Set(Object.values(trace.processes).map((process) => process.serviceName)), roots: trace.spans.filter((span) => span.references.length === 0).length })).find((trace) => trace.names.size >= 5);
  });
  expect([...services.names].sort()).toEqual(['details.default', 'istio-ingressgateway.istio-system', 'productpage.default', 'ratings.default', 'reviews.default']);
  expect(services.roots).toBe(1);
});
