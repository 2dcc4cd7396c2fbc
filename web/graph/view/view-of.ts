import type { GraphEdge, GraphModel, GraphNode, Traffic } from '#shared/graph';
import { worst } from '#shared/health';
import type { DrawnBox, DrawnEdge, DrawnGraph, DrawnNode, ViewOptions } from './drawn.ts';
import { detailOf, rateWords, titleOf, troubleOf } from './words.ts';

const boxOf = (namespace: string): string | undefined => (namespace === '' ? undefined : `ns:${namespace}`);
const isWrong = (state: string): boolean => state === 'degraded' || state === 'failing';

/** Nodes that stay under "only what is wrong or changed": those themselves and what they call or are called by over a bad edge, with neighbours. */
function wrongOrChanged(model: GraphModel, changed: ReadonlySet<string>): ReadonlySet<string> {
  const core = new Set(model.nodes.filter((node) => isWrong(node.health.state) || changed.has(node.key)).map((node) => node.key));
  for (const edge of model.edges) if (isWrong(edge.health.state)) core.add(edge.source).add(edge.target);
  const keep = new Set(core);
  for (const edge of model.edges) {
    if (core.has(edge.source)) keep.add(edge.target);
    if (core.has(edge.target)) keep.add(edge.source);
  }
  return keep;
}

function keptNodes(model: GraphModel, options: ViewOptions): ReadonlySet<string> {
  const wrong = options.onlyWrong ? wrongOrChanged(model, options.changed) : undefined;
  return new Set(model.nodes.filter((node) => node.key === options.selected || options.trace?.nodes.has(node.key) === true || ((wrong === undefined || wrong.has(node.key)) && options.hidden?.nodes.has(node.key) !== true)).map((node) => node.key));
}

const isDim = (key: string, kind: 'nodes' | 'edges', options: ViewOptions): boolean =>
  (options.trace !== undefined && !options.trace[kind].has(key)) || (options.found !== undefined && !options.found[kind].has(key));

function drawnNode(node: GraphNode, tcp: ReadonlySet<string>, options: ViewOptions): DrawnNode {
  return {
    id: node.key, box: boxOf(node.namespace), shape: node.kind === 'service' ? 'pill' : 'card', title: titleOf(node), detail: detailOf(node, tcp.has(node.key)), health: node.health, rate: node.inbound.rate, badges: node.badges,
    outside: node.kind === 'external' || node.kind === 'unknown' || node.sidecar === 'none', dim: isDim(node.key, 'nodes', options), changed: options.changed.has(node.key), node, members: 1,
  };
}

function collapsedNode(name: string, nodes: readonly GraphNode[], options: ViewOptions): DrawnNode {
  const total = nodes.reduce((sum, node) => sum + (node.kind === 'service' ? 0 : node.inbound.rate), 0);
  return {
    id: `ns:${name}`, box: undefined, shape: 'namespace', title: name, detail: `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'} · ${rateWords(total, false)}`, health: worst(nodes.map((node) => node.health)), rate: total, badges: [],
    outside: false, dim: nodes.every((node) => isDim(node.key, 'nodes', options)), changed: nodes.some((node) => options.changed.has(node.key)), node: undefined, members: nodes.length,
  };
}

/** Several edges as one: rates add up, shares are weighted by rate, health is the worst. */
function sum(edges: readonly GraphEdge[]): { readonly traffic: Traffic; readonly mtlsShare: number | undefined } {
  const [only] = edges;
  if (only !== undefined && edges.length === 1) return { traffic: only.traffic, mtlsShare: only.mtlsShare };
  let [rate, error, client, told, mutual] = [0, 0, 0, 0, 0];
  for (const { traffic, mtlsShare, protocol } of edges) {
    if (protocol === 'tcp') continue;
    rate += traffic.rate;
    error += traffic.rate * traffic.errorShare;
    client += traffic.rate * traffic.clientErrorShare;
    if (mtlsShare !== undefined) {
      told += traffic.rate;
      mutual += traffic.rate * mtlsShare;
    }
  }
  return { traffic: { rate, errorShare: rate === 0 ? 0 : error / rate, clientErrorShare: rate === 0 ? 0 : client / rate, p50: undefined, p95: undefined, p99: undefined }, mtlsShare: told === 0 ? undefined : mutual / told };
}

function drawnEdge(id: string, source: string, target: string, edges: readonly GraphEdge[], options: ViewOptions): DrawnEdge {
  const { traffic, mtlsShare } = sum(edges);
  const [only] = edges.length === 1 ? edges : [];
  return {
    id, source, target, traffic, mtlsShare, health: worst(edges.map((edge) => edge.health)), tcp: edges.length > 0 && edges.every((edge) => edge.protocol === 'tcp'), split: only?.split, trouble: only === undefined ? undefined : troubleOf(only),
    idle: traffic.rate === 0 && edges.every((edge) => edge.traffic.rate === 0), dim: edges.every((edge) => isDim(edge.key, 'edges', options)), traced: edges.some((edge) => options.trace?.edges.has(edge.key) === true), edges,
  };
}

/** Versions of a service that get nothing are joined to it by an idle line: they are there, and could get something. */
function idleVersions(model: GraphModel, place: ReadonlyMap<string, string>, edges: readonly DrawnEdge[], options: ViewOptions): readonly DrawnEdge[] {
  const services = new Map(model.nodes.filter((node) => node.kind === 'service' && place.get(node.key) === node.key).map((node) => [`${node.namespace}/${node.name}`, node.key]));
  const joined = new Set(edges.map((edge) => `${edge.source}>${edge.target}`));
  return model.nodes.flatMap((node) => {
    const service = node.kind === 'workload' && place.get(node.key) === node.key ? services.get(`${node.namespace}/${node.service ?? ''}`) : undefined;
    if (service === undefined || joined.has(`${service}>${node.key}`)) return [];
    return [{ ...drawnEdge(`${service}>${node.key}:idle`, service, node.key, [], options), dim: options.trace !== undefined || options.found !== undefined }];
  });
}

/** The model as it is drawn under these options. Pure. */
export function viewOf(model: GraphModel, options: ViewOptions): DrawnGraph {
  const kept = keptNodes(model, options);
  const tcp = new Set(model.edges.filter((edge) => edge.protocol === 'tcp').map((edge) => edge.target));
  for (const edge of model.edges) if (edge.protocol !== 'tcp') tcp.delete(edge.target);
  const place = new Map<string, string>();
  const nodes: DrawnNode[] = [];
  const folded = new Map<string, GraphNode[]>();
  const boxes = new Set<string>();
  for (const node of model.nodes) {
    if (!kept.has(node.key)) continue;
    if (node.namespace !== '' && options.collapsed.has(node.namespace)) {
      const list = folded.get(node.namespace) ?? [];
      list.push(node);
      folded.set(node.namespace, list);
      place.set(node.key, `ns:${node.namespace}`);
    } else {
      nodes.push(drawnNode(node, tcp, options));
      place.set(node.key, node.key);
      const box = boxOf(node.namespace);
      if (box !== undefined) boxes.add(box);
    }
  }
  for (const [name, members] of folded) nodes.push(collapsedNode(name, members, options));
  const edges: DrawnEdge[] = [];
  const bundles = new Map<string, { readonly source: string; readonly target: string; readonly edges: GraphEdge[] }>();
  for (const edge of model.edges) {
    const [source, target] = [place.get(edge.source), place.get(edge.target)];
    if (source === undefined || target === undefined || options.hidden?.edges.has(edge.key) === true) continue;
    if (source === edge.source && target === edge.target) edges.push(drawnEdge(edge.key, source, target, [edge], options));
    else if (source !== target) {
      const key = `${source}>${target}`;
      const bundle = bundles.get(key) ?? { source, target, edges: [] };
      bundle.edges.push(edge);
      bundles.set(key, bundle);
    }
  }
  for (const [key, bundle] of bundles) edges.push(drawnEdge(key, bundle.source, bundle.target, bundle.edges, options));
  edges.push(...idleVersions(model, place, edges, options));
  const drawnBoxes = model.namespaces.filter((ns) => boxes.has(ns.key)).map((ns): DrawnBox => ({ id: ns.key, name: ns.name, workloads: ns.workloads, mtlsMode: ns.mtlsMode }));
  return { boxes: drawnBoxes, nodes, edges, hidden: model.nodes.length - kept.size };
}
