import type { SnapshotView, WorkloadView } from '../snapshot/snapshot-view.ts';
import { addBucket, newBucket } from './bucket.ts';
import type { Pair, WorkloadId } from './pairs.ts';

/** Callers without an identity by the workload they call (`<namespace>/<name>`): which workload, and its share of those requests, 0..1. From access logs. */
export type Callers = ReadonlyMap<string, readonly { readonly workload: string; readonly share: number }[]>;

/**
 * A gateway reports what it sends on, and nothing of who called it: one request in is one report out, with the answer the caller got.
 * So what a gateway sent on, by the shares of its callers, is what they called. Nobody saw mutual TLS there, so none is claimed.
 */
function intoGateways(pairs: readonly Pair[], callers: Callers, view: SnapshotView): readonly Pair[] {
  const out: Pair[] = [];
  for (const [key, named] of callers) {
    const gateway = view.workloads.get(key);
    if (gateway?.gateway !== true) continue;
    const sent = newBucket();
    for (const { source, protocol, traffic } of pairs) if (protocol !== 'tcp' && source?.namespace === gateway.namespace && source.name === gateway.name) addBucket(sent, traffic);
    if (sent.rate <= 0) continue;
    Object.assign(sent, { mutual: 0, plain: 0, sourcePrincipal: '', destinationPrincipal: '' });
    const whole: Pair = { source: undefined, service: undefined, destination: idOf(gateway), destinationNamespace: gateway.namespace, protocol: 'http', traffic: sent, seen: undefined };
    for (const { workload, share } of named) {
      const caller = view.workloads.get(workload);
      if (caller !== undefined && share > 0) out.push({ ...whole, source: idOf(caller), ...parts(whole, share) });
    }
  }
  return out;
}

const idOf = (seen: WorkloadView): WorkloadId => ({ namespace: seen.namespace, name: seen.name, app: seen.app, version: seen.version ?? '' });

/** Gives requests of unknown callers to the workloads that another source named; what nobody named stays unknown. */
export function attribute(pairs: readonly Pair[], callers: Callers | undefined, view: SnapshotView): readonly Pair[] {
  if (callers === undefined || callers.size === 0) return pairs;
  const out: Pair[] = [...intoGateways(pairs, callers, view)];
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
      out.push({ ...pair, source: idOf(seen), ...parts(pair, share) });
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
