import type { DestinationRule } from '../kinds/istio/destination-rule.ts';
import type { Gateway } from '../kinds/istio/gateway.ts';
import type { PeerAuthentication } from '../kinds/istio/peer-authentication.ts';
import type { VirtualService } from '../kinds/istio/virtual-service.ts';

type Dated = { readonly metadata: { readonly name: string; readonly namespace?: string; readonly creationTimestamp?: string } };
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const compareAge = (a: Dated, b: Dated): number =>
  compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') || compare(a.metadata.name, b.metadata.name) || compare(a.metadata.namespace ?? '', b.metadata.namespace ?? '');

/** Sorts once per map of a snapshot. */
function sorter<T extends Dated>(): (objects: ReadonlyMap<string, T>) => readonly T[] {
  const known = new WeakMap<ReadonlyMap<string, T>, readonly T[]>();
  return (objects) => {
    const found = known.get(objects) ?? [...objects.values()].sort(compareAge);
    known.set(objects, found);
    return found;
  };
}
/** Istio's order wherever several objects compete: oldest first, then by name, then by namespace. */
export const byAge = { virtualServices: sorter<VirtualService>(), destinationRules: sorter<DestinationRule>(), gateways: sorter<Gateway>(), peerAuthentications: sorter<PeerAuthentication>() };
