import type { GraphEdge, GraphNode } from '#shared/graph';
import { bytes, percent, rate } from '#web/kit';

/** The name over the small line: the app for versions of one service, else the node's own name. */
export function titleOf(node: GraphNode): string {
  if (node.kind === 'workload' && node.version !== undefined && node.name === `${node.app}-${node.version}`) return node.app;
  return node.kind === 'gateway' ? node.name.replace(/^istio-/, '') : node.name;
}

export const rateWords = (value: number, tcp: boolean): string => (tcp ? `${bytes(value)}/s` : `${rate(value)}/s`);

/** The small line: version or role, and what comes in (what goes out, where nothing comes in). */
export function detailOf(node: GraphNode, tcp: boolean): string {
  const role = node.kind === 'service' ? 'service' : node.kind === 'gateway' ? 'gateway' : node.kind === 'external' ? 'outside' : node.kind === 'unknown' ? 'no sidecar' : node.kind === 'app' ? 'app' : (node.version ?? 'workload');
  // nothing seen and nothing measured are two things
  if (node.idle) return `${role} · ${node.health.state !== 'unknown' ? 'no requests' : node.sidecar === 'none' ? 'outside the mesh' : 'not measured'}`;
  return `${role} · ${rateWords(node.inbound.rate > 0 ? node.inbound.rate : node.outbound.rate, tcp)}`;
}

/** "7.8 % 503 UF" for an edge that is not healthy: its share and its commonest failure. */
export function troubleOf(edge: GraphEdge): string | undefined {
  if (edge.health.state !== 'degraded' && edge.health.state !== 'failing') return undefined;
  const share = edge.traffic.errorShare > 0 ? edge.traffic.errorShare : edge.traffic.clientErrorShare;
  if (share === 0) return undefined;
  const wanted = edge.traffic.errorShare > 0 ? /^(?:5|0|-|$)/ : /^4/;
  const failures = edge.responses.filter((r) => wanted.test(r.code) || (r.flags !== '-' && r.flags !== '' && !/^[23]/.test(r.code)));
  const [first, second] = failures;
  const code = first === undefined ? '' : second !== undefined && first.code !== second.code && first.code.startsWith('5') ? ' 5xx' : ` ${first.code === '0' || first.code === '' ? 'no answer' : first.code}`;
  const flags = edge.health.state !== 'failing' || first === undefined || first.flags === '-' || first.flags === '' ? '' : ` ${first.flags}`;
  return `${percent(share)}${code}${flags}`;
}

/** Shares of a split for the pill on the edge: what is set, and what was observed where it differs. */
export function splitWords(split: NonNullable<GraphEdge['split']>): { readonly main: string; readonly observed: string | undefined } {
  const observed = percent(Math.round(split.observed * 1000) / 1000);
  if (split.set === undefined) return { main: observed, observed: undefined };
  const set = percent(split.set);
  // half a percentage point is noise of the window
  return { main: set, observed: Math.abs(split.set - split.observed) < 0.005 ? undefined : `seen ${observed}` };
}
