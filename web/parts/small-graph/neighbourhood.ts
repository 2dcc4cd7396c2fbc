import type { GraphModel } from '#shared/graph';

/** The part of a graph around some nodes: who calls them, what they call, and the versions behind a service on the way. */
export function neighbourhood(model: GraphModel, keys: ReadonlySet<string>): GraphModel {
  const core = new Set(keys);
  const kinds = new Map(model.nodes.map((node) => [node.key, node]));
  // a service and its versions belong together
  for (const edge of model.edges) {
    if (edge.split === undefined) continue;
    if (core.has(edge.source)) core.add(edge.target);
    else if (core.has(edge.target)) core.add(edge.source);
  }
  const named = new Set(model.nodes.filter((node) => node.kind === 'service' && core.has(node.key)).map((node) => `${node.namespace}/${node.name}`));
  for (const node of model.nodes) if (node.kind === 'workload' && named.has(`${node.namespace}/${node.service ?? ''}`)) core.add(node.key);
  const keep = new Set(core);
  for (const edge of model.edges) {
    if (core.has(edge.source)) keep.add(edge.target);
    if (core.has(edge.target) && (edge.split === undefined || keys.has(edge.source) || core.has(edge.source))) keep.add(edge.source);
  }
  const nodes = model.nodes.filter((node) => keep.has(node.key) && kinds.has(node.key));
  const edges = model.edges.filter((edge) => keep.has(edge.source) && keep.has(edge.target) && (core.has(edge.source) || core.has(edge.target)));
  const spaces = new Set(nodes.map((node) => node.namespace));
  return { ...model, nodes, edges, namespaces: model.namespaces.filter((ns) => spaces.has(ns.name)) };
}
