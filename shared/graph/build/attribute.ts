import type { SnapshotView } from '../snapshot/snapshot-view.ts';
import { addBucket, newBucket } from './bucket.ts';
import type { Pair } from './pairs.ts';

/** Callers without an identity by the workload they call (`<namespace>/<name>`): which workload, and its share of those requests, 0..1. From access logs. */
export type Callers = ReadonlyMap<string, readonly { readonly workload: string; readonly share: number }[]>;

/** Gives requests of unknown callers to the workloads that another source named; what nobody named stays unknown. */
export function attribute(pairs: readonly Pair[], callers: Callers | undefined, view: SnapshotView): readonly Pair[] {
  if (callers === undefined || callers.size === 0) return pairs;
  const out: Pair[] = [];
  for (const pair of pairs) {
    const named = pair.source === undefined && pair.destination !== undefined ? callers.get(`${pair.destination.namespace}/${pair.destination.name}`) : undefined;
    if (named === undefined || named.length === 0) {
      out.push(pair);
      continue;
    }
    let rest = 1;
    for (const { workload, share } of named) {
      const seen = view.workloads.get(workload);
      if (seen === undefined || share <= 0) continue;
      rest -= share;
      out.push({ ...pair, source: { namespace: seen.namespace, name: seen.name, app: seen.app, version: seen.version ?? '' }, ...parts(pair, share) });
    }
    if (rest > 0.001) out.push({ ...pair, ...parts(pair, rest) });
  }
  return out;
}

function parts(pair: Pair, share: number): Pick<Pair, 'traffic' | 'seen'> {
  const traffic = newBucket();
  addBucket(traffic, pair.traffic, share);
  const seen = pair.seen === undefined ? undefined : newBucket();
  if (seen !== undefined && pair.seen !== undefined) addBucket(seen, pair.seen, share);
  return { traffic, seen };
}
