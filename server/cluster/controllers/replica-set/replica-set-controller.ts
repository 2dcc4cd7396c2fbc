import type { EventRecorder, Outcome } from '#server/lib';
import { errorText, isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { claimObjects, ownersToWake } from '../claim.ts';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { findCondition, withoutCondition } from '../deployment/conditions.ts';
import { replicaSetOf } from '../kinds.ts';
import type { Condition, ReplicaSet } from '../kinds.ts';
import { controllerReference, hasLabels, keyOf, splitKey, statusOf, timeText } from '../selectors.ts';
import { availableInMs, deletionOrder, isActive, isReady } from './rank.ts';

/** Pods made or removed in one run, as the real controller. */
const BURST_MAX = 500;
/** A refused creation (quota, a webhook that is not up yet) is tried again after this at the latest. */
const BACKOFF_MS_MAX = 2000;

export class ReplicaSetController {
  readonly #context: ControllerContext;
  readonly #sets: Collection;
  readonly #pods: Collection;
  readonly #events: EventRecorder;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#sets = context.collection('apps', 'v1', 'replicasets');
    this.#pods = context.collection('', 'v1', 'pods');
    this.#events = context.events('replicaset-controller');
    const queue = context.queue('replicaset', [this.#sets, this.#pods], (key) => this.#sync(key), { concurrency: 8, backoffMsMax: BACKOFF_MS_MAX, quiet: () => true }); // the Event FailedCreate and the condition say it
    this.#sets.cache.subscribe((_event, object) => queue.add(keyOf(object)));
    this.#pods.cache.subscribe((_event, object, before) => {
      for (const owner of ownersToWake(object, before, 'ReplicaSet', this.#sets, (set) => replicaSetOf(set)?.spec.selector)) queue.add(keyOf(owner));
    });
  }

  async #sync(key: string): Promise<Outcome | void> {
    const { namespace, name } = splitKey(key);
    const object = this.#sets.cache.get(namespace, name);
    const view = object === undefined ? undefined : replicaSetOf(object);
    if (object === undefined || view === undefined) return undefined;
    const pods = (await claimObjects(object, view.spec.selector, this.#pods)).filter(isActive);
    let failure: { readonly reason: string; readonly error: unknown } | undefined;
    if (object.metadata.deletionTimestamp === undefined) failure = await this.#manage(object, view, pods);
    const outcome = await this.#report(object, view, failure);
    if (failure !== undefined) throw failure.error; // the queue tries again, later each time
    return outcome;
  }

  async #manage(object: KubeObject, view: ReplicaSet, pods: readonly KubeObject[]): Promise<{ readonly reason: string; readonly error: unknown } | undefined> {
    const missing = view.spec.replicas - pods.length;
    if (missing > 0) return this.#createPods(object, view, Math.min(missing, BURST_MAX));
    for (const pod of deletionOrder(pods).slice(0, Math.min(-missing, BURST_MAX))) {
      try {
        await this.#pods.remove(pod, { propagationPolicy: 'Background' });
        this.#events.record(object, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
      } catch (error) {
        this.#events.record(object, 'Warning', 'FailedDelete', `Error deleting: ${errorText(error)}`);
        return { reason: 'FailedDelete', error };
      }
    }
    return undefined;
  }

  /** In batches of 1, 2, 4 …, so that a template which is refused costs few tries. */
  async #createPods(object: KubeObject, view: ReplicaSet, count: number): Promise<{ readonly reason: string; readonly error: unknown } | undefined> {
    let left = count;
    for (let batch = 1; left > 0; batch *= 2) {
      const results = await Promise.allSettled(Array.from({ length: Math.min(batch, left) }, () => this.#createPod(object, view)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) {
        this.#events.record(object, 'Warning', 'FailedCreate', `Error creating: ${errorText(failed.reason)}`);
        return { reason: 'FailedCreate', error: failed.reason };
      }
      left -= results.length;
    }
    return undefined;
  }

  async #createPod(object: KubeObject, view: ReplicaSet): Promise<void> {
    const { namespace = '', name } = object.metadata;
    const { metadata, spec } = view.spec.template;
    const pod = await this.#pods.create(namespace, {
      apiVersion: 'v1', kind: 'Pod', spec,
      metadata: { ...metadata, generateName: `${name}-`, namespace, ownerReferences: [controllerReference(object)] },
    });
    this.#events.record(object, 'Normal', 'SuccessfulCreate', `Created pod: ${pod?.metadata.name ?? ''}`);
  }

  async #report(object: KubeObject, view: ReplicaSet, failure: { readonly reason: string; readonly error: unknown } | undefined): Promise<Outcome | void> {
    const { name, namespace = '', uid } = object.metadata;
    if (this.#sets.cache.get(namespace, name)?.metadata.uid !== uid) return undefined;
    const now = this.#context.now();
    const pods = this.#pods.cache.ownedBy(uid ?? '').filter(isActive);
    const waits = pods.map((pod) => availableInMs(pod, view.spec.minReadySeconds, now));
    const conditions = conditionsAfter(view.status.conditions ?? [], failure, now);
    const wanted: Record<string, unknown> = {
      replicas: pods.length, fullyLabeledReplicas: pods.filter((pod) => hasLabels(pod.metadata.labels, view.spec.template.metadata?.labels ?? {})).length, readyReplicas: pods.filter(isReady).length,
      availableReplicas: waits.filter((ms) => ms === 0).length, observedGeneration: object.metadata.generation ?? 0,
    };
    const current = statusOf(object);
    const changed = Object.entries(wanted).some(([field, v]) => (current[field] ?? 0) !== v) || JSON.stringify(current['conditions'] ?? []) !== JSON.stringify(conditions);
    if (changed) {
      const optional = Object.fromEntries(Object.entries(wanted).map(([field, v]) => [field, v === 0 && field !== 'replicas' ? null : v]));
      await this.#sets.patch(object, { status: { ...optional, ...(conditions.length === 0 && !isRecord(current['conditions']) && current['conditions'] === undefined ? {} : { conditions: conditions.length === 0 ? null : conditions }) } }, 'status');
    }
    const next = Math.min(...waits.filter((ms) => ms !== undefined && ms > 0).map((ms) => ms ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(next) ? { againAfterMs: next } : undefined;
  }
}

function conditionsAfter(conditions: readonly Condition[], failure: { readonly reason: string; readonly error: unknown } | undefined, now: Date): readonly Condition[] {
  const known = findCondition(conditions, 'ReplicaFailure');
  if (failure === undefined) return known === undefined ? conditions : withoutCondition(conditions, 'ReplicaFailure');
  if (known !== undefined) return conditions;
  return [...conditions, { type: 'ReplicaFailure', status: 'True', reason: failure.reason, message: errorText(failure.error), lastTransitionTime: timeText(now) }];
}
