import { percent } from '#shared/health';
import type { GraphEdge, GraphModel, GraphNode } from '../model/graph-model.ts';

/** "reviews v2": the app with its version, as a person calls it. */
export const nameOf = (node: Pick<GraphNode, 'app' | 'version' | 'name' | 'kind'>): string => (node.kind === 'external' || node.kind === 'unknown' ? node.name : node.version === undefined ? (node.kind === 'workload' ? node.name : node.app) : `${node.app} ${node.version}`);

/** A figure with three significant digits: 41, 0.02, 1.37k. */
export function figure(n: number): string {
  if (n === 0) return '0';
  if (n >= 1e6) return `${trim(n / 1e6)}M`;
  if (n >= 1e4) return `${trim(n / 1e3)}k`;
  return trim(n);
}
const trim = (n: number): string => String(Number(n.toPrecision(3)));

const rateWords = (edge: Pick<GraphEdge, 'protocol' | 'traffic'>): string => (edge.protocol === 'tcp' ? `${figure(edge.traffic.rate)} bytes per second` : `${figure(edge.traffic.rate)} requests per second`);
const mtlsWords = (share: number | undefined): string => (share === undefined ? 'mutual TLS not reported' : share === 1 ? 'mutual TLS observed' : share === 0 ? 'plain text observed' : `mutual TLS for ${percent(share)}`);

/** What a screen reader says of a node, with what it calls: "reviews v2, degraded, 41 requests per second, 4 % errors; calls ratings, failing". */
export function describeNode(node: GraphNode, model: Pick<GraphModel, 'nodes' | 'edges'>): string {
  const into = model.edges.filter((edge) => edge.target === node.key);
  const out = model.edges.filter((edge) => edge.source === node.key);
  const parts = [nameOf(node), node.kind === 'workload' ? '' : node.kind, node.health.state === 'unknown' ? '' : node.health.state];
  const traffic = into.length > 0 ? node.inbound : node.outbound;
  const shown = into.length > 0 ? into : out;
  if (shown.length === 0) parts.push(node.health.state === 'unknown' ? 'requests not measured' : 'no requests');
  else {
    parts.push(rateWords({ protocol: shown.every((edge) => edge.protocol === 'tcp') ? 'tcp' : 'http', traffic }));
    if (traffic.errorShare > 0) parts.push(`${percent(traffic.errorShare)} errors`);
    const told = into.filter((edge) => edge.mtlsShare !== undefined);
    const rate = told.reduce((sum, edge) => sum + edge.traffic.rate, 0);
    if (rate > 0) parts.push(mtlsWords(told.reduce((sum, edge) => sum + edge.traffic.rate * (edge.mtlsShare ?? 0), 0) / rate));
  }
  if (node.sidecar === 'none' && node.kind !== 'external') parts.push('no sidecar');
  const names = new Map(model.nodes.map((other) => [other.key, other]));
  const calls = out.map((edge) => {
    const target = names.get(edge.target);
    return target === undefined ? '' : `${nameOf(target)}${edge.health.state === 'healthy' ? '' : `, ${edge.health.state}`}`;
  }).filter((text) => text !== '');
  return `${parts.filter((part) => part !== '').join(', ')}${calls.length === 0 ? '' : `; calls ${calls.join('; ')}`}`;
}

/** "productpage v1 to reviews, degraded: 2.4 % of 612 requests failed with 503; 10.2 requests per second, 95 % within 38 ms, mutual TLS observed". */
export function describeEdge(edge: GraphEdge, model: Pick<GraphModel, 'nodes'>): string {
  const find = (key: string): string => {
    const node = model.nodes.find((n) => n.key === key);
    return node === undefined ? key : nameOf(node);
  };
  const parts = [rateWords(edge), edge.traffic.p95 === undefined ? '' : `95 % within ${figure(edge.traffic.p95)} ms`, mtlsWords(edge.mtlsShare)];
  if (edge.split !== undefined) parts.push(`${percent(edge.split.observed)} of the service's requests${edge.split.set === undefined ? '' : `, ${percent(edge.split.set)} set`}`);
  return `${find(edge.source)} to ${find(edge.target)}, ${edge.health.state}: ${edge.health.reason}; ${parts.filter((part) => part !== '').join(', ')}`;
}

/** Changes of state from one model to the next, for the live region; at most `linesMax` sentences. */
export function stateChanges(before: GraphModel, after: GraphModel, linesMax = 3): readonly string[] {
  const old = new Map(before.nodes.map((node) => [node.key, node.health.state]));
  const changed = after.nodes.filter((node) => old.has(node.key) && old.get(node.key) !== node.health.state && node.health.state !== 'idle');
  return changed.slice(0, linesMax).map((node) => `${nameOf(node)} is ${node.health.state}: ${node.health.reason}`);
}
