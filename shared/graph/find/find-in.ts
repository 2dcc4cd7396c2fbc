import { edgesByNode } from '../build/nodes.ts';
import type { GraphEdge, GraphModel, GraphNode } from '../model/graph-model.ts';
import type { Expression, FindField } from './parse-find.ts';

type Values = readonly (string | number | boolean | undefined)[];
const percent = (share: number | undefined): number | undefined => (share === undefined ? undefined : share * 100);

function nodeValues(node: GraphNode, field: FindField, inbound: readonly GraphEdge[], outbound: readonly GraphEdge[]): Values {
  const traffic = inbound.length > 0 ? node.inbound : node.outbound;
  switch (field) {
    case 'name': return [node.name, node.app];
    case 'namespace': return [node.namespace];
    case 'app': return [node.app];
    case 'version': return [node.version];
    case 'workload': return [node.workload];
    case 'service': return [node.service];
    case 'kind': return [node.kind];
    case 'status': return [node.health.state];
    case 'reason': return [node.health.reason];
    case 'sidecar': return [node.sidecar];
    case 'badge': return node.badges;
    case 'idle': return [node.idle];
    case 'rate': return [traffic.rate];
    case 'errors': return [percent(traffic.errorShare)];
    case 'refused': return [percent(traffic.clientErrorShare)];
    case 'p95': return [node.inbound.p95];
    case 'from': return inbound.map((edge) => edge.source);
    case 'to': return outbound.map((edge) => edge.target);
    case 'mtls': return inbound.map((edge) => percent(edge.mtlsShare));
    case 'protocol': return inbound.map((edge) => edge.protocol);
    case 'code': return inbound.flatMap((edge) => edge.responses.map((r) => r.code));
    case 'flag': return inbound.flatMap((edge) => edge.responses.map((r) => r.flags));
    case 'principal': return inbound.map((edge) => edge.principals.destination);
    case 'set': return inbound.map((edge) => percent(edge.split?.set));
    case 'observed': return inbound.map((edge) => percent(edge.split?.observed));
  }
}

function edgeValues(edge: GraphEdge, field: FindField, source: GraphNode | undefined, target: GraphNode | undefined): Values {
  switch (field) {
    case 'status': return [edge.health.state];
    case 'reason': return [edge.health.reason];
    case 'rate': return [edge.traffic.rate];
    case 'errors': return [percent(edge.traffic.errorShare)];
    case 'refused': return [percent(edge.traffic.clientErrorShare)];
    case 'p95': return [edge.traffic.p95];
    case 'mtls': return [percent(edge.mtlsShare)];
    case 'protocol': return [edge.protocol];
    case 'code': return edge.responses.map((r) => r.code);
    case 'flag': return edge.responses.map((r) => r.flags);
    case 'principal': return [edge.principals.source, edge.principals.destination];
    case 'set': return [percent(edge.split?.set)];
    case 'observed': return [percent(edge.split?.observed)];
    case 'from': return [source?.name, source?.app, edge.source];
    case 'to': return [target?.name, target?.app, edge.target];
    case 'idle': return [edge.traffic.rate === 0];
    default: return [source, target].flatMap((end) => (end === undefined ? [] : nodeValues(end, field, [], [])));
  }
}

function holds(expression: Expression, valuesOf: (field: FindField) => Values): boolean {
  switch (expression.kind) {
    case 'and': return expression.parts.every((part) => holds(part, valuesOf));
    case 'or': return expression.parts.some((part) => holds(part, valuesOf));
    case 'not': return !holds(expression.part, valuesOf);
    case 'test': {
      const values = valuesOf(expression.field).filter((v) => v !== undefined);
      const fits = values.some((v) => expression.test(v));
      // "mtls != 100" says nothing of what was never measured
      return expression.negated ? values.length > 0 && !fits : fits;
    }
  }
}

/** Keys of the nodes and edges for which the expression holds. Fields of ends hold for edges too, fields of edges for the node they enter. */
export function findIn(model: GraphModel, expression: Expression): { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<string> } {
  const { inbound, outbound } = edgesByNode(model.edges);
  const byKey = new Map(model.nodes.map((node) => [node.key, node]));
  return {
    nodes: new Set(model.nodes.filter((node) => holds(expression, (field) => nodeValues(node, field, inbound.get(node.key) ?? [], outbound.get(node.key) ?? []))).map((node) => node.key)),
    edges: new Set(model.edges.filter((edge) => holds(expression, (field) => edgeValues(edge, field, byKey.get(edge.source), byKey.get(edge.target)))).map((edge) => edge.key)),
  };
}
