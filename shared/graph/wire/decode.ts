import { fail, ok } from '#shared/base';
import type { Result } from '#shared/base';
import { windowSecondsOf } from '../build/build-graph.ts';
import { judgeEdge } from '../build/judge.ts';
import { edgesByNode, judgeByEdges, sumTraffic } from '../build/nodes.ts';
import type { GraphEdge, GraphFrame, GraphModel, GraphNode, Traffic } from '../model/graph-model.ts';
import { spread } from './columns.ts';
import { hasWorkload, KINDS, usualApp, usualKey, usualService } from './encode.ts';
import { wireFrame } from './schema.ts';
import type { CompactModel, WireEdge, WireNode } from './schema.ts';

type Bones = Pick<GraphNode, 'key' | 'kind' | 'namespace' | 'name' | 'app' | 'version' | 'workload' | 'service'>;

function bonesOf(model: CompactModel): readonly Bones[] {
  const { nodes, texts, grouping } = model;
  const keys = spread(nodes.key);
  const apps = spread(nodes.app);
  const workloads = spread(nodes.workload);
  const services = spread(nodes.service);
  return nodes.name.map((name, i) => {
    const kind = KINDS[nodes.kind[i] ?? -1] ?? 'unknown';
    const namespace = texts[nodes.namespace[i] ?? -1] ?? '';
    const version = texts[nodes.version[i] ?? -1];
    const app = apps.get(i) ?? usualApp(name, version);
    const workload = workloads.get(i);
    const service = services.get(i);
    const bones = { kind, namespace, name, app };
    return {
      ...bones, key: keys.get(i) ?? usualKey(bones, grouping), version,
      workload: workload === undefined ? (hasWorkload(bones, grouping) ? name : undefined) : (workload ?? undefined),
      service: service === undefined ? usualService(kind, app) : (service ?? undefined),
    };
  });
}

function decodeEdges(model: CompactModel, bones: readonly Bones[], seconds: number): readonly GraphEdge[] {
  const { edges, texts } = model;
  const text = (index: number | null): string | undefined => (index === null ? undefined : texts[index]);
  const [protocols, errors, clientErrors, p50, p99] = [spread(edges.protocol), spread(edges.error), spread(edges.clientError), spread(edges.p50), spread(edges.p99)];
  const [healths, mtls, principals, splits, responses] = [spread(edges.health), spread(edges.mtls), spread(edges.principals), spread(edges.split), spread(edges.responses)];
  const out: GraphEdge[] = [];
  const identity = spread(model.nodes.principal);
  const principalOf = (node: number): string | undefined => texts[identity.get(node) ?? -1];
  let source = 0;
  let target = 0;
  for (const [i, rate] of edges.rate.entries()) {
    const step = edges.source[i] ?? 0;
    if (step !== 0) target = 0;
    source += step;
    target += edges.target[i] ?? 0;
    const from = bones[source];
    const to = bones[target];
    if (from === undefined || to === undefined) continue;
    const protocol = protocols.get(i) ?? 'http';
    const traffic: Traffic = { rate, errorShare: errors.get(i) ?? 0, clientErrorShare: clientErrors.get(i) ?? 0, p50: p50.get(i), p95: edges.p95[i] ?? undefined, p99: p99.get(i) };
    const answers = responses.get(i)?.map(([code, flags, r]) => ({ code: texts[code] ?? '', flags: texts[flags] ?? '', rate: r })) ?? (protocol === 'tcp' ? [] : [{ code: '200', flags: '-', rate }]);
    const share = mtls.get(i);
    const named = principals.get(i);
    const split = splits.get(i);
    out.push({
      key: `${from.key}>${to.key}:${protocol}`, source: from.key, target: to.key, protocol, traffic, health: healths.get(i) ?? judgeEdge(traffic, answers, protocol, seconds),
      mtlsShare: share === undefined ? 1 : (share ?? undefined), principals: named === undefined ? { source: principalOf(source), destination: principalOf(target) } : { source: text(named[0]), destination: text(named[1]) },
      split: split === undefined ? undefined : { set: split[0] ?? undefined, observed: split[1] }, responses: answers,
    });
  }
  return out;
}

/** The model again, with everything that follows from the columns. */
export function expand(model: CompactModel): GraphModel {
  const seconds = windowSecondsOf(model.window);
  const bones = bonesOf(model);
  const edges = decodeEdges(model, bones, seconds);
  const { inbound, outbound } = edgesByNode(edges);
  const [p95, healths, sidecars, badges] = [spread(model.nodes.p95), spread(model.nodes.health), spread(model.nodes.sidecar), spread(model.nodes.badges)];
  const nodes = bones.map((node, i): GraphNode => {
    const into = inbound.get(node.key) ?? [];
    const out = outbound.get(node.key) ?? [];
    const totals = { inbound: sumTraffic(into, p95.get(i)), outbound: sumTraffic(out, undefined) };
    return { ...node, health: healths.get(i) ?? judgeByEdges(into, out, totals, seconds), ...totals, sidecar: sidecars.get(i) ?? 'all', idle: into.length === 0 && out.length === 0, badges: badges.get(i) ?? [] };
  });
  return { window: model.window, grouping: model.grouping, namespaces: model.namespaces, nodes, edges, notes: model.notes };
}

/** JSON drops fields that are undefined; the model has them. */
const fullTraffic = (t: WireEdge['traffic']): Traffic => ({ rate: t.rate, errorShare: t.errorShare, clientErrorShare: t.clientErrorShare, p50: t.p50, p95: t.p95, p99: t.p99 });
const fullNode = (n: WireNode): GraphNode => ({ ...n, version: n.version, workload: n.workload, service: n.service, inbound: fullTraffic(n.inbound), outbound: fullTraffic(n.outbound) });
const fullEdge = (e: WireEdge): GraphEdge => ({
  ...e, traffic: fullTraffic(e.traffic), mtlsShare: e.mtlsShare, principals: { source: e.principals.source, destination: e.principals.destination },
  split: e.split === undefined ? undefined : { set: e.split.set, observed: e.split.observed },
});

/** A frame from the wire (parsed JSON); the reason when it is none. */
export function decodeFrame(wire: unknown): Result<GraphFrame> {
  const parsed = wireFrame.safeParse(wire);
  if (!parsed.success) return fail(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).slice(0, 3).join('; '));
  const frame = parsed.data;
  if (frame.type === 'full') return ok({ type: 'full', revision: frame.revision, at: frame.at, model: expand(frame.compact) });
  const { patch } = frame;
  return ok({
    type: 'patch', revision: frame.revision, base: frame.base, at: frame.at,
    patch: { window: patch.window, namespaces: patch.namespaces, notes: patch.notes, nodes: { put: patch.nodes.put.map(fullNode), drop: patch.nodes.drop }, edges: { put: patch.edges.put.map(fullEdge), drop: patch.edges.drop } },
  });
}
