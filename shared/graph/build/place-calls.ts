import type { Grouping, Protocol } from '../model/graph-model.ts';
import type { SnapshotView } from '../snapshot/snapshot-view.ts';
import { newBucket } from './bucket.ts';
import { edgesOf, NodeBook } from './edges.ts';
import type { Pair } from './pairs.ts';

/** One call as a trace tells it: "<namespace>/<workload>" of each end where known, "<namespace>/<service>" of what was called. */
export type Call = { readonly source: string | undefined; readonly service: string | undefined; readonly destination: string | undefined; readonly protocol: Protocol };

/** Where calls run on the graph: keys of its nodes and edges, so that a trace can be drawn on it. */
export function placeCalls(calls: readonly Call[], view: SnapshotView, grouping: Grouping): { readonly nodes: readonly string[]; readonly edges: readonly string[] } {
  const book = new NodeBook(view, grouping, []);
  const split = (key: string): { readonly namespace: string; readonly name: string } => ({ namespace: key.slice(0, key.indexOf('/')), name: key.slice(key.indexOf('/') + 1) });
  const pairs = calls.map((call): Pair => {
    const service = call.service === undefined ? undefined : split(call.service);
    const traffic = { ...newBucket(), rate: 1 };
    return {
      source: call.source === undefined ? undefined : book.idOf(call.source), destination: call.destination === undefined ? undefined : book.idOf(call.destination),
      service: service === undefined ? undefined : { ...service, host: service.namespace === '' ? service.name : `${service.name}.${service.namespace}.svc.cluster.local` },
      destinationNamespace: call.destination === undefined ? (service?.namespace ?? '') : split(call.destination).namespace, protocol: call.protocol, traffic, seen: undefined,
    };
  });
  const placed = new NodeBook(view, grouping, pairs);
  const edges = edgesOf(placed, pairs, { edges: [], nodes: new Map() }, 1);
  return { nodes: [...placed.seeds.keys()].toSorted(), edges: edges.map((edge) => edge.key) };
}
