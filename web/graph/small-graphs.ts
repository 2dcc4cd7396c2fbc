import type { GraphEdge, GraphModel, GraphNode, Traffic } from '#shared/graph';
import type { HealthState } from '#shared/health';

// Small graphs for the tests of this room.
const traffic = (rate: number, errorShare = 0): Traffic => ({ rate, errorShare, clientErrorShare: 0, p50: undefined, p95: undefined, p99: undefined });
export const node = (key: string, state: HealthState = 'healthy', over: Partial<GraphNode> = {}): GraphNode => {
  const [prefix = '', path = ''] = key.split(':');
  const [namespace = '', name = ''] = path.split('/');
  return { key, kind: prefix === 'svc' ? 'service' : 'workload', namespace, name, app: name.replace(/-v\d+$/, ''), version: /-(v\d+)$/.exec(name)?.[1], workload: prefix === 'wl' ? name : undefined, service: name.replace(/-v\d+$/, ''), health: { state, reason: '' }, inbound: traffic(1), outbound: traffic(0), sidecar: 'all', idle: false, badges: [], ...over };
};
export const edge = (source: string, target: string, state: HealthState = 'healthy', over: Partial<GraphEdge> = {}): GraphEdge => ({ key: `${source}>${target}:http`, source, target, protocol: 'http', traffic: traffic(1), health: { state, reason: '' }, mtlsShare: 1, principals: { source: undefined, destination: undefined }, split: undefined, responses: [], ...over });
export const model = (nodes: readonly GraphNode[], edges: readonly GraphEdge[]): GraphModel => ({
  window: { from: 0, to: 60_000 }, grouping: 'service-version', notes: [], nodes, edges,
  namespaces: [...new Set(nodes.map((n) => n.namespace))].filter((name) => name !== '').map((name) => ({ key: `ns:${name}`, name, workloads: 1, mtlsMode: 'UNSET', injection: true })),
});
