import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { TargetSpec } from './target.ts';

/** The job of Istio's Prometheus add-on that scrapes annotated pods (samples/addons/prometheus.yaml). */
export const POD_JOB = 'kubernetes-pods';
/** Pods in these phases are not scraped, as in the add-on's relabelling. */
const NOT_SCRAPED: ReadonlySet<string> = new Set(['Pending', 'Succeeded', 'Failed', 'Completed']);

const sanitize = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
function texts(v: unknown): readonly (readonly [string, string])[] {
  return isRecord(v) ? Object.entries(v).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])) : [];
}
function containerPorts(spec: unknown): readonly number[] {
  const containers = isRecord(spec) && Array.isArray(spec['containers']) ? spec['containers'] : [];
  return containers.flatMap((container: unknown) => {
    const ports = isRecord(container) && Array.isArray(container['ports']) ? container['ports'] : [];
    return ports.flatMap((port: unknown) => (isRecord(port) && typeof port['containerPort'] === 'number' ? [port['containerPort']] : []));
  });
}

/** The targets a pod asks for by annotation: prometheus.io/scrape, /port, /path, /scheme. Without a port, every container port. */
export function podTargets(pod: KubeObject): readonly TargetSpec[] {
  const { namespace = '', name } = pod.metadata;
  const annotations = new Map(texts(pod.metadata['annotations']));
  const status: unknown = pod['status'];
  const spec: unknown = pod['spec'];
  if (annotations.get('prometheus.io/scrape') !== 'true' || !isRecord(status) || typeof status['podIP'] !== 'string' || status['podIP'] === '') return [];
  const phase = typeof status['phase'] === 'string' ? status['phase'] : '';
  if (NOT_SCRAPED.has(phase) || pod.metadata['deletionTimestamp'] !== undefined) return [];
  const asked = annotations.get('prometheus.io/port');
  if (asked !== undefined && !/^\d{1,5}$/.test(asked)) return [];
  const ip = status['podIP'].includes(':') ? `[${status['podIP']}]` : status['podIP'];
  const scheme = annotations.get('prometheus.io/scheme') === 'https' ? 'https' : 'http';
  const path = annotations.get('prometheus.io/path') ?? '/metrics';
  const node = isRecord(spec) && typeof spec['nodeName'] === 'string' ? spec['nodeName'] : '';
  const podLabels = texts(pod.metadata['labels']);
  const ports = asked === undefined ? containerPorts(spec) : [Number(asked)];
  return [...new Set(ports)].map((port) => {
    const address = `${ip}:${port}`;
    const labels = Object.fromEntries([...podLabels.map(([key, value]) => [sanitize(key), value] as const), ['namespace', namespace], ['pod', name], ...(node === '' ? [] : [['node', node] as const]), ['job', POD_JOB], ['instance', address]]);
    const discovered = Object.fromEntries([
      ['__address__', address], ['__metrics_path__', path], ['__scheme__', scheme], ['__meta_kubernetes_namespace', namespace], ['__meta_kubernetes_pod_name', name], ['__meta_kubernetes_pod_ip', ip],
      ['__meta_kubernetes_pod_node_name', node], ['__meta_kubernetes_pod_phase', phase], ['job', POD_JOB],
      ...[...annotations].filter(([key]) => key.startsWith('prometheus.io/')).map(([key, value]) => [`__meta_kubernetes_pod_annotation_${sanitize(key)}`, value] as const),
      ...podLabels.map(([key, value]) => [`__meta_kubernetes_pod_label_${sanitize(key)}`, value] as const),
    ]);
    return { job: POD_JOB, url: `${scheme}://${address}${path.startsWith('/') ? path : `/${path}`}`, labels, discovered };
  });
}
