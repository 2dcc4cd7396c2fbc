import type { Labels } from './selectors.ts';

const CANONICAL_NAME = 'service.istio.io/canonical-name';
const CANONICAL_REVISION = 'service.istio.io/canonical-revision';

/** Canonical service of a workload: its own label, app.kubernetes.io/name, app, else the workload's name. */
export const canonicalName = (labels: Labels, workload: string): string => labels[CANONICAL_NAME] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? workload;
/** Its revision: its own label, app.kubernetes.io/version, version, else undefined (shown as latest). */
export const canonicalRevision = (labels: Labels): string | undefined => labels[CANONICAL_REVISION] ?? labels['app.kubernetes.io/version'] ?? labels['version'];

/** The name of the workload behind a pod, from its name when nothing better is known: `reviews-v1-7d9f8b6c5d-x7k2p` → `reviews-v1`. */
export function workloadNameOfPod(pod: string, controller: { readonly kind: string; readonly name: string } | undefined, labels: Labels): string {
  if (controller === undefined) return pod;
  const hash = labels['pod-template-hash'];
  if (controller.kind === 'ReplicaSet' && hash !== undefined && controller.name.endsWith(`-${hash}`)) return controller.name.slice(0, -hash.length - 1);
  return controller.name;
}
