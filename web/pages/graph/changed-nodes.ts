import type { GraphModel } from '#shared/graph';
import type { Change } from '#web/data';

/** A change younger than this marks its nodes. */
const CHANGED_MS = 10 * 60_000;
const ROUTING = new Set(['VirtualService', 'DestinationRule', 'Service', 'HTTPRoute']);

/** Keys of the nodes whose configuration changed lately: those a changed object names. */
export function changedNodes(model: GraphModel, changes: readonly Change[], now: number): ReadonlySet<string> {
  // a Deployment that is new is new traffic, not a change of it; else everything would be marked after an installation
  const recent = changes.filter((change) => now - change.at < CHANGED_MS && !(change.kind === 'Deployment' && change.verb === 'created') && !(change.kind === 'Service' && change.verb === 'created'));
  const found = new Set<string>();
  for (const node of model.nodes) {
    const hit = recent.some((change) => change.namespace === node.namespace && ((ROUTING.has(change.kind) && (node.kind === 'service' || node.kind === 'app' ? node.name : node.app) === change.name && (node.kind !== 'workload' || node.service === change.name)) || (change.kind === 'Deployment' && node.workload === change.name)));
    if (hit) found.add(node.key);
  }
  // a service with its own node carries the mark alone; its versions did not change
  for (const node of model.nodes) if (node.kind === 'service' && found.has(node.key)) for (const other of model.nodes) if (other.kind === 'workload' && other.namespace === node.namespace && other.service === node.name && !recent.some((c) => c.kind === 'Deployment' && c.name === other.workload)) found.delete(other.key);
  return found;
}
