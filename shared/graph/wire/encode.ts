import { same } from '../diff/diff-graphs.ts';
import { judgeEdge } from '../build/judge.ts';
import { edgesByNode, judgeByEdges } from '../build/nodes.ts';
import { isBuiltHere, windowSecondsOf } from '../build/build-graph.ts';
import { byEnds } from '../model/order.ts';
import type { GraphEdge, GraphFrame, GraphModel, GraphNode, Grouping, NodeKind } from '../model/graph-model.ts';
import { sparse, Texts } from './columns.ts';
import type { CompactModel, WireFrame } from './schema.ts';

export const KINDS: readonly NodeKind[] = ['service', 'workload', 'app', 'gateway', 'external', 'unknown'];

/** The key a node of this kind has by its names; the rest travels in column `key`. */
export function usualKey(node: Pick<GraphNode, 'kind' | 'namespace' | 'name' | 'app'>, grouping: Grouping): string {
  switch (node.kind) {
    case 'service': return `svc:${node.namespace}/${node.name}`;
    case 'app': return `app:${node.namespace}/${node.name}`;
    case 'external': return `ext:${node.app}`;
    case 'unknown': return `unknown:${node.namespace === '' ? '-' : node.namespace}`;
    case 'gateway': return `${grouping === 'app' ? 'app' : 'wl'}:${node.namespace}/${node.name}`;
    case 'workload': return `wl:${node.namespace}/${node.name}`;
  }
}
/** The app a workload has by its name: `reviews-v2` of version v2 is `reviews`. */
export const usualApp = (name: string, version: string | undefined): string => (version !== undefined && name.endsWith(`-${version}`) ? name.slice(0, -version.length - 1) : name);
export const hasWorkload = (node: Pick<GraphNode, 'kind'>, grouping: Grouping): boolean => node.kind === 'workload' || (node.kind === 'gateway' && grouping !== 'app');
export const usualService = (kind: NodeKind, app: string): string | undefined => (kind === 'app' || kind === 'unknown' ? undefined : app);

/** The identity that most edges of a node show. */
function principals(edges: readonly GraphEdge[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const edge of edges) {
    if (edge.principals.source !== undefined && !found.has(edge.source)) found.set(edge.source, edge.principals.source);
    if (edge.principals.destination !== undefined && !found.has(edge.target)) found.set(edge.target, edge.principals.destination);
  }
  return found;
}

function encodeNodes(model: GraphModel, texts: Texts, identity: ReadonlyMap<string, string>, seconds: number): CompactModel['nodes'] {
  const { nodes, grouping } = model;
  const { inbound, outbound } = edgesByNode(model.edges);
  const unless = <T>(value: T, usual: T): T | undefined => (value === usual ? undefined : value);
  return {
    kind: nodes.map((n) => KINDS.indexOf(n.kind)), namespace: nodes.map((n) => texts.of(n.namespace)), name: nodes.map((n) => n.name),
    key: sparse(nodes, (n) => unless(n.key, usualKey(n, grouping))),
    app: sparse(nodes, (n) => unless(n.app, usualApp(n.name, n.version))),
    version: nodes.map((n) => (n.version === undefined ? -1 : texts.of(n.version))),
    workload: sparse(nodes, (n) => (n.workload === (hasWorkload(n, grouping) ? n.name : undefined) ? undefined : (n.workload ?? null))),
    service: sparse(nodes, (n) => (n.service === usualService(n.kind, n.app) ? undefined : (n.service ?? null))),
    p95: sparse(nodes, (n) => n.inbound.p95),
    health: sparse(nodes, (n) => (same(n.health, judgeByEdges(inbound.get(n.key) ?? [], outbound.get(n.key) ?? [], n, seconds)) ? undefined : n.health)),
    sidecar: sparse(nodes, (n) => (n.sidecar === 'all' ? undefined : n.sidecar)),
    badges: sparse(nodes, (n) => (n.badges.length === 0 ? undefined : [...n.badges])),
    principal: sparse(nodes, (n) => {
      const found = identity.get(n.key);
      return found === undefined ? undefined : texts.of(found);
    }),
  };
}

const usualResponse = (edge: GraphEdge): boolean => {
  const [only, second] = edge.responses;
  return edge.protocol === 'tcp' ? only === undefined : only !== undefined && second === undefined && only.code === '200' && only.flags === '-' && only.rate === edge.traffic.rate;
};

function encodeEdges(model: GraphModel, texts: Texts, identity: ReadonlyMap<string, string>, seconds: number): CompactModel['edges'] {
  const position = new Map(model.nodes.map((node, i) => [node.key, i]));
  const at = (key: string): number => position.get(key) ?? -1;
  const edges = model.edges.map((edge) => ({ edge, source: at(edge.source), target: at(edge.target) })).sort((a, b) => a.source - b.source || a.target - b.target || byEnds(a.edge, b.edge));
  const text = (value: string | undefined): number | null => (value === undefined ? null : texts.of(value));
  let lastSource = 0;
  let lastTarget = 0;
  const source: number[] = [];
  const target: number[] = [];
  for (const item of edges) {
    if (item.source !== lastSource) lastTarget = 0;
    source.push(item.source - lastSource);
    target.push(item.target - lastTarget);
    lastSource = item.source;
    lastTarget = item.target;
  }
  const list = edges.map((item) => item.edge);
  const judged = isBuiltHere(model);
  return {
    source, target, rate: list.map((e) => e.traffic.rate),
    protocol: sparse(list, (e) => (e.protocol === 'http' ? undefined : e.protocol)),
    error: sparse(list, (e) => e.traffic.errorShare || undefined), clientError: sparse(list, (e) => e.traffic.clientErrorShare || undefined),
    p50: sparse(list, (e) => e.traffic.p50), p95: list.map((e) => e.traffic.p95 ?? null), p99: sparse(list, (e) => e.traffic.p99),
    health: sparse(list, (e) => (judged || same(e.health, judgeEdge(e.traffic, e.responses, e.protocol, seconds)) ? undefined : e.health)),
    mtls: sparse(list, (e) => (e.mtlsShare === 1 ? undefined : (e.mtlsShare ?? null))),
    principals: sparse(list, (e) => (e.principals.source === identity.get(e.source) && e.principals.destination === identity.get(e.target) ? undefined : [text(e.principals.source), text(e.principals.destination)])),
    split: sparse(list, (e) => (e.split === undefined ? undefined : [e.split.set ?? null, e.split.observed])),
    responses: sparse(list, (e) => (usualResponse(e) ? undefined : e.responses.map((r): [number, number, number] => [texts.of(r.code), texts.of(r.flags), r.rate]))),
  };
}

/** A model as columns. Everything that follows from the rest (node sums, judgements, keys) is left out and made again by `decodeFrame`. */
export function compact(model: GraphModel): CompactModel {
  const texts = new Texts();
  const seconds = windowSecondsOf(model.window);
  const identity = principals(model.edges);
  const nodes = encodeNodes(model, texts, identity, seconds);
  const edges = encodeEdges(model, texts, identity, seconds);
  return { window: model.window, grouping: model.grouping, namespaces: [...model.namespaces], notes: [...model.notes], texts: texts.list, nodes, edges };
}

/** A frame as it travels: a full one as columns, a patch as it is. */
export function encodeFrame(frame: GraphFrame): WireFrame | (GraphFrame & { readonly type: 'patch' }) {
  return frame.type === 'patch' ? frame : { type: 'full', revision: frame.revision, at: frame.at, compact: compact(frame.model) };
}
