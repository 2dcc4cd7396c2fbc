import type { GraphEdge, GraphModel, GraphNamespace, Grouping } from '../model/graph-model.ts';
import { label } from '../rows/parse-rows.ts';
import type { GraphRows, PromRow } from '../rows/parse-rows.ts';
import type { SnapshotView } from '../snapshot/snapshot-view.ts';
import { attribute } from './attribute.ts';
import type { Callers } from './attribute.ts';
import { edgesOf, NodeBook } from './edges.ts';
import { nodesOf } from './nodes.ts';
import { notesOf } from './notes.ts';
import type { Absence } from './notes.ts';
import { pairsOf } from './pairs.ts';
import type { Pair } from './pairs.ts';

export type BuildOptions = {
  readonly window: { readonly from: number; readonly to: number };
  readonly grouping: Grouping;
  /** Selected namespaces; empty means all. An edge is shown when one of its ends is in them. */
  readonly namespaces: readonly string[];
  readonly scraped?: boolean;
  /** False when nothing could be measured at all: then nobody is called idle. Default true. */
  readonly measured?: boolean;
  readonly missing?: Absence['missing'];
  /** Who the callers without a sidecar are, where another source could tell (access logs). */
  readonly callers?: Callers;
};

function within(pair: Pair, chosen: ReadonlySet<string>): boolean {
  return chosen.has(pair.source?.namespace ?? '') || chosen.has(pair.destination?.namespace ?? '') || chosen.has(pair.service?.namespace ?? '') || chosen.has(pair.destinationNamespace);
}

/** Nodes that nothing was measured of. The control plane's own pods are no part of the traffic; its gateways are. */
function addIdle(book: NodeBook, view: SnapshotView, chosen: ReadonlySet<string>): void {
  for (const workload of view.workloads.values()) {
    if (chosen.size > 0 && !chosen.has(workload.namespace)) continue;
    if (workload.namespace === view.rootNamespace && !workload.gateway) continue;
    if (workload.kind === 'Job' || workload.kind === 'CronJob') continue;
    book.workload({ namespace: workload.namespace, name: workload.name, app: workload.app, version: workload.version ?? '' });
  }
  if (book.grouping !== 'service-version' && book.grouping !== 'service') return;
  for (const service of view.services.values()) {
    if ((chosen.size > 0 && !chosen.has(service.namespace)) || service.namespace === view.rootNamespace || !service.selects) continue;
    const id = { namespace: service.namespace, name: service.name, host: `${service.name}.${service.namespace}.svc.cluster.local` };
    if (book.grouping === 'service' || book.hasOwnNode(id)) book.service(id);
  }
}

function namespacesOf(view: SnapshotView, keys: ReadonlySet<string>): readonly GraphNamespace[] {
  const counts = new Map<string, number>();
  for (const workload of view.workloads.values()) counts.set(workload.namespace, (counts.get(workload.namespace) ?? 0) + 1);
  const known = new Map(view.namespaces.map((ns) => [ns.name, ns]));
  return [...keys].filter((name) => name !== '').toSorted().map((name) => {
    const ns = known.get(name);
    return { key: `ns:${name}`, name, workloads: counts.get(name) ?? 0, mtlsMode: ns?.mtlsMode ?? 'UNSET', injection: ns?.injection ?? false };
  });
}

/** p95 by place: `w:<workload>` or `s:<service>`, a line feed, the namespace. The first of two (the caller's side) counts. */
function nodeLatencies(rows: readonly PromRow[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const row of rows) {
    const workload = label(row, 'destination_workload');
    const key = workload === '' ? `s:${label(row, 'destination_service_name')}\n${label(row, 'destination_service_namespace')}` : `w:${workload}\n${label(row, 'destination_workload_namespace')}`;
    if (!found.has(key)) found.set(key, row.value);
  }
  return found;
}

/** Telemetry rows and the cluster as one graph. Pure: the same input gives the same model, key by key. */
export function buildGraph(rows: GraphRows, view: SnapshotView, options: BuildOptions): GraphModel {
  const windowSeconds = windowSecondsOf(options.window);
  const chosen = new Set(options.namespaces);
  const all = attribute(pairsOf(rows, view), options.callers, view);
  const pairs = chosen.size === 0 ? all : all.filter((pair) => within(pair, chosen));
  const book = new NodeBook(view, options.grouping, pairs);
  const latency = nodeLatencies(rows.nodeLatency);
  const edges: readonly GraphEdge[] = edgesOf(book, pairs, { edges: rows.edgeLatency, nodes: latency }, windowSeconds);
  addIdle(book, view, chosen);
  const nodes = nodesOf(book, edges, latency, windowSeconds, options.measured ?? true);
  const namespaces = namespacesOf(view, new Set([...nodes.map((node) => node.namespace), ...view.namespaces.map((ns) => ns.name).filter((name) => chosen.has(name))]));
  const notes = notesOf(view, nodes, edges, { windowSeconds, namespaces: options.namespaces, scraped: options.scraped, missing: options.missing ?? [] });
  const model: GraphModel = { window: options.window, grouping: options.grouping, namespaces, nodes, edges, notes };
  built.add(model);
  return model;
}

const built = new WeakSet<GraphModel>();
/** True for a model as `buildGraph` made it: the health of its edges is what `judgeEdge` says. */
export const isBuiltHere = (model: GraphModel): boolean => built.has(model);

export const windowSecondsOf = (window: { readonly from: number; readonly to: number }): number => Math.max(1, Math.round((window.to - window.from) / 1000));
