import { canonicalName, canonicalRevision } from '#shared/mesh';
import type { MeshConfig, MeshSnapshot } from '#shared/mesh';
import { clusterName } from '#shared/xds';
import { labelsOf, podOf } from '../proxy-node.ts';
import type { ProxyNode } from '../proxy-node.ts';

/** Path of traces in OTLP over HTTP. */
const OTLP_PATH = '/v1/traces';
const OTLP_PORT = 4318;
const OTLP_TIMEOUT = '10s';
/** Longest URL in a span's tag; Istio's default. */
const literal = (tag: string, value: string): object => ({ tag, literal: { value } });

/** The collector as a cluster of the mesh: `http://jaeger-collector.istio-system:4318` → outbound|4318||jaeger-collector.istio-system.svc.cluster.local. */
function collector(endpoint: string, domain: string): { readonly uri: string; readonly cluster: string } | undefined {
  const match = /^https?:\/\/([^/:]+)(?::(\d+))?(\/.*)?$/.exec(endpoint);
  if (match === null) return undefined;
  const [, name = '', port = String(OTLP_PORT), path = '/'] = match;
  const parts = name.split('.');
  const host = parts.length === 2 ? `${name}.svc.${domain}` : parts.length === 3 && parts[2] === 'svc' ? `${name}.${domain}` : name;
  return { uri: `http://${name}:${port}${path === '/' ? OTLP_PATH : path}`, cluster: clusterName({ direction: 'outbound', port: Number(port), subset: '', host }) };
}
function provider(mesh: MeshConfig, proxy: ProxyNode): object {
  const target = mesh.defaultConfig.otlpEndpoint === undefined ? undefined : collector(mesh.defaultConfig.otlpEndpoint, mesh.clusterDomain);
  if (target === undefined) return {};
  return {
    provider: {
      name: 'envoy.tracers.opentelemetry',
      typed_config: { '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig', http_service: { http_uri: { uri: target.uri, cluster: target.cluster, timeout: OTLP_TIMEOUT } }, service_name: proxy.serviceName },
    },
  };
}

/** Tracing of a connection manager: sampling, Istio's tags, and where spans go. */
export function tracingOf(snapshot: MeshSnapshot, proxy: ProxyNode): { readonly tracing?: { readonly [field: string]: unknown } } {
  const { mesh } = snapshot;
  if (!mesh.enableTracing) return {};
  const labels = labelsOf(snapshot, proxy);
  const workload = podOf(snapshot, proxy)?.workload ?? proxy.pod;
  const custom = [
    literal('istio.canonical_revision', canonicalRevision(labels) ?? 'latest'), literal('istio.canonical_service', canonicalName(labels, workload)), literal('istio.cluster_id', proxy.clusterId),
    literal('istio.mesh_id', mesh.trustDomain), literal('istio.namespace', proxy.namespace),
  ];
  return {
    tracing: {
      client_sampling: { value: 100 }, random_sampling: { value: mesh.defaultConfig.samplingPercent }, overall_sampling: { value: 100 }, custom_tags: custom, ...provider(mesh, proxy),
      ...(proxy.type === 'router' && mesh.defaultConfig.otlpEndpoint !== undefined ? { spawn_upstream_span: true } : {}),
    },
  };
}
