import type { Condition, Deployment } from '../kinds.ts';
import { timeText } from '../selectors.ts';

export const PROGRESS_DEADLINE_NONE = 2_147_483_647; // MaxInt32: no deadline
export type Counts = { readonly replicas: number; readonly updatedReplicas: number; readonly readyReplicas: number; readonly availableReplicas: number; readonly observedGeneration: number };

export const findCondition = (conditions: readonly Condition[], type: string): Condition | undefined => conditions.find((known) => known.type === type);
export const withoutCondition = (conditions: readonly Condition[], type: string): readonly Condition[] => conditions.filter((known) => known.type !== type);

/** Sets a condition: nothing changes when status and reason are the same; the transition time moves only with the status. */
export function setCondition(conditions: readonly Condition[], wanted: { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }, now: Date): readonly Condition[] {
  const known = findCondition(conditions, wanted.type);
  if (known?.status === wanted.status && known.reason === wanted.reason) return conditions;
  const time = timeText(now);
  return [...withoutCondition(conditions, wanted.type), { ...wanted, lastUpdateTime: time, lastTransitionTime: known?.status === wanted.status ? (known.lastTransitionTime ?? time) : time }];
}

/** Everything wanted is updated, available and nothing old is left. */
export const isComplete = (spec: Deployment['spec'], counts: Counts, generation: number): boolean =>
  counts.updatedReplicas === spec.replicas && counts.replicas === spec.replicas && counts.availableReplicas === spec.replicas && counts.observedGeneration >= generation;

const isProgressing = (before: Counts, after: Counts): boolean =>
  after.updatedReplicas > before.updatedReplicas || after.replicas - after.updatedReplicas < before.replicas - before.updatedReplicas || after.readyReplicas > before.readyReplicas || after.availableReplicas > before.availableReplicas;

/** Milliseconds until the deadline of a rollout that makes no progress; undefined when none runs. Negative when it has passed. */
export function deadlineMs(spec: Deployment['spec'], conditions: readonly Condition[], now: Date): number | undefined {
  const known = findCondition(conditions, 'Progressing');
  if (known === undefined || known.reason === 'NewReplicaSetAvailable' || known.reason === 'ProgressDeadlineExceeded' || spec.progressDeadlineSeconds === PROGRESS_DEADLINE_NONE || spec.paused) return undefined;
  return Date.parse(known.lastUpdateTime ?? '') + spec.progressDeadlineSeconds * 1000 - now.getTime();
}

export type Rollout = { readonly spec: Deployment['spec']; readonly before: Counts; readonly after: Counts; readonly generation: number; readonly newSet: string | undefined; readonly failure: Condition | undefined };

/** Available, Progressing and ReplicaFailure of a Deployment after one look at its ReplicaSets. */
export function rolloutConditions(conditions: readonly Condition[], rollout: Rollout, minAvailable: number, now: Date): readonly Condition[] {
  const { spec, before, after, generation, newSet, failure } = rollout;
  const enough = after.availableReplicas >= minAvailable;
  let out = setCondition(conditions, {
    type: 'Available', status: enough ? 'True' : 'False', reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable', message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  }, now);
  const known = findCondition(out, 'Progressing');
  const done = after.replicas === after.updatedReplicas && known?.reason === 'NewReplicaSetAvailable';
  if (spec.progressDeadlineSeconds === PROGRESS_DEADLINE_NONE) out = withoutCondition(out, 'Progressing');
  else if (!done && !spec.paused) out = progressCondition(out, rollout, isComplete(spec, after, generation), isProgressing(before, after), newSet === undefined ? 'Deployment' : `ReplicaSet "${newSet}"`, now);
  const failed = findCondition(out, 'ReplicaFailure');
  if (failure === undefined) return failed === undefined ? out : withoutCondition(out, 'ReplicaFailure');
  return setCondition(out, { type: 'ReplicaFailure', status: failure.status, reason: failure.reason ?? '', message: failure.message ?? '' }, now);
}

function progressCondition(conditions: readonly Condition[], rollout: Rollout, complete: boolean, progressing: boolean, what: string, now: Date): readonly Condition[] {
  if (complete) return setCondition(conditions, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: `${what} has successfully progressed.` }, now);
  if (progressing) {
    const known = findCondition(conditions, 'Progressing');
    const made = setCondition(withoutCondition(conditions, 'Progressing'), { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${what} is progressing.` }, now);
    return known?.status === 'True' ? made.map((c) => (c.type === 'Progressing' ? { ...c, lastTransitionTime: known.lastTransitionTime ?? c.lastTransitionTime } : c)) : made;
  }
  const left = deadlineMs(rollout.spec, conditions, now);
  if (left === undefined || left > 0) return conditions;
  return setCondition(conditions, { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: `${what} has timed out progressing.` }, now);
}
