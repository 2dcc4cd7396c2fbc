import type { KubeObject } from '#shared/mesh';
import { podOf } from '../kinds.ts';
import { controllerOf } from '../selectors.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES: ReadonlyMap<string, number> = new Map([['Pending', 0], ['Unknown', 1], ['Running', 2]]);

/** The pod's Ready condition, and since when. */
export function readySince(pod: KubeObject): string | undefined {
  const ready = podOf(pod)?.status.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' ? (ready.lastTransitionTime ?? '') : undefined;
}

export const isFinished = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(podOf(pod)?.status.phase ?? '');
/** Counts for a controller: neither finished nor being deleted. */
export const isActive = (pod: KubeObject): boolean => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
export const isReady = (pod: KubeObject): boolean => readySince(pod) !== undefined;

/** Milliseconds until a ready pod counts as available; 0 when it does, undefined when it is not ready. */
export function availableInMs(pod: KubeObject, minReadySeconds: number, now: Date): number | undefined {
  const since = readySince(pod);
  if (since === undefined) return undefined;
  return minReadySeconds === 0 ? 0 : Math.max(0, Date.parse(since) + minReadySeconds * 1000 - now.getTime());
}

const restartsOf = (pod: KubeObject): number => (podOf(pod)?.status.containerStatuses ?? []).reduce((max, status) => Math.max(max, status.restartCount), 0);

/** Which pods a shrinking ReplicaSet gives up first: unassigned, not running, not ready, cheap, ready for a shorter time, restarted more often, younger. */
export const deletionOrder = (pods: readonly KubeObject[]): readonly KubeObject[] =>
  pods.toSorted((a, b) => {
    const views = [podOf(a), podOf(b)] as const;
    const by = (of: (pod: KubeObject, view: (typeof views)[number]) => number): number => of(a, views[0]) - of(b, views[1]);
    return (
      by((_pod, view) => (view?.spec.nodeName === undefined || view.spec.nodeName === '' ? 0 : 1)) ||
      by((_pod, view) => PHASES.get(view?.status.phase ?? '') ?? 0) ||
      by((pod) => (isReady(pod) ? 1 : 0)) ||
      by((pod) => Number(pod.metadata.annotations?.[DELETION_COST] ?? 0) || 0) ||
      (readySince(b) ?? '').localeCompare(readySince(a) ?? '') ||
      -by((pod) => restartsOf(pod)) ||
      (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '')
    );
  });

export const isControlledBy = (pod: KubeObject, uid: string | undefined): boolean => uid !== undefined && controllerOf(pod)?.uid === uid;
