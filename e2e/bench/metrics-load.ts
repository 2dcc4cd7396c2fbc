// Metrics text as sidecars of a mesh send it, for benchmarks: some services, each with targets that report calls with Istio's labels and a duration histogram.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';

const BUCKETS = ['0.5', '1', '5', '10', '25', '50', '100', '250', '500', '1000', '2500', '5000', '10000', '30000', '60000', '300000', '600000', '1800000', '3600000', '+Inf'];
export type LoadShape = { readonly targets: number; readonly combinations: number };
/** 20 targets with 44 label sets of 23 series each: the shape Prometheus was measured with. */
export const MESH_LOAD: LoadShape = { targets: 20, combinations: 44 };

function labelsOf(target: number, combination: number): string {
  const [from, to] = [`svc-${(combination * 7 + target) % 50}`, `svc-${target}`];
  const ns = `ns-${target % 10}`;
  const code = combination % 11 === 0 ? '503' : '200';
  return `reporter="${combination % 2 === 0 ? 'destination' : 'source'}",source_workload="${from}-v1",source_canonical_service="${from}",source_canonical_revision="v1",source_workload_namespace="ns-${combination % 10}",source_principal="spiffe://cluster.local/ns/ns-${combination % 10}/sa/${from}",source_app="${from}",source_version="v1",source_cluster="Kubernetes",destination_workload="${to}-v${combination % 3}",destination_workload_namespace="${ns}",destination_principal="spiffe://cluster.local/ns/${ns}/sa/${to}",destination_app="${to}",destination_version="v${combination % 3}",destination_service="${to}.${ns}.svc.cluster.local",destination_canonical_service="${to}",destination_canonical_revision="v${combination % 3}",destination_service_name="${to}",destination_service_namespace="${ns}",destination_cluster="Kubernetes",request_protocol="http",response_code="${code}",grpc_response_status="",response_flags="${code === '503' ? 'UH' : '-'}",connection_security_policy="mutual_tls",call="${combination}"`;
}
/** The text of one target after `requests` requests on each label set. */
export function metricsText(target: number, shape: LoadShape, requests: number): string {
  const requestLines: string[] = [];
  const durationLines: string[] = [];
  for (let c = 0; c < shape.combinations; c++) {
    const labels = labelsOf(target, c);
    const total = Math.floor(requests * (1 + (c % 5)));
    requestLines.push(`istio_requests_total{${labels}} ${total}\n`);
    for (const [i, le] of BUCKETS.entries()) durationLines.push(`istio_request_duration_milliseconds_bucket{${labels},le="${le}"} ${Math.floor(total * Math.min(1, i / 12))}\n`);
    durationLines.push(`istio_request_duration_milliseconds_sum{${labels}} ${(total * 12.375).toFixed(3)}\n`, `istio_request_duration_milliseconds_count{${labels}} ${total}\n`);
  }
  return `# TYPE istio_requests_total counter\n${requestLines.join('')}# TYPE istio_request_duration_milliseconds histogram\n${durationLines.join('')}`;
}
/** Serves the targets, each on its own path; counters rise by `perSecond` requests a second. */
export async function serveLoad(shape: LoadShape, perSecond = 3): Promise<{ readonly server: Server; readonly targets: readonly string[] }> {
  const start = performance.now();
  const server = createServer((request, response) => {
    const target = Number(/^\/t(\d+)$/.exec(request.url ?? '')?.[1] ?? 0);
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(metricsText(target, shape, 1000 + ((performance.now() - start) / 1000) * perSecond));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return { server, targets: Array.from({ length: shape.targets }, (_, i) => `http://127.0.0.1:${port}/t${i}`) };
}
