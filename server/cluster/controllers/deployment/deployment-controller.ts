import type { EventRecorder, Outcome } from '#server/lib';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { claimObjects, ownersToWake } from '../claim.ts';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { deploymentOf, podOf } from '../kinds.ts';
import type { Condition, Deployment } from '../kinds.ts';
import { controllerOf, isEmptySelector, keyOf, splitKey } from '../selectors.ts';
import { deadlineMs, findCondition, isComplete, rolloutConditions, setCondition } from './conditions.ts';
import type { Counts } from './conditions.ts';
import { createNewest } from './create-newest.ts';
import { DESIRED, MAX, newestAnnotations, numberAnnotation, REVISION, revisionOf, sizedOf, splitSets } from './replica-sets.ts';
import type { Set, Sets } from './replica-sets.ts';
import { limitsOf, newSetSize, proportional, shrinkOld } from './sizes.ts';
import type { Limits } from './sizes.ts';

/** One Deployment with what a run of it works on. */
type Work = { readonly object: KubeObject; readonly spec: Deployment['spec']; readonly status: Deployment['status']; readonly limits: Limits; conditions: readonly Condition[]; collisions: number };

export class DeploymentController {
  readonly #context: ControllerContext;
  readonly #deployments: Collection;
  readonly #sets: Collection;
  readonly #pods: Collection;
  readonly #events: EventRecorder;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#deployments = context.collection('apps', 'v1', 'deployments');
    this.#sets = context.collection('apps', 'v1', 'replicasets');
    this.#pods = context.collection('', 'v1', 'pods');
    this.#events = context.events('deployment-controller');
    const queue = context.queue('deployment', [this.#deployments, this.#sets, this.#pods], (key) => this.#sync(key));
    this.#deployments.cache.subscribe((_event, object) => queue.add(keyOf(object)));
    this.#sets.cache.subscribe((_event, object, before) => {
      for (const owner of ownersToWake(object, before, 'Deployment', this.#deployments, (d) => deploymentOf(d)?.spec.selector)) queue.add(keyOf(owner));
    });
    this.#pods.cache.subscribe((event, object) => {
      if (event !== 'DELETED') return; // only Recreate waits for the end of old pods
      const set = controllerOf(object);
      const owner = set === undefined ? undefined : this.#sets.cache.byUid(set.uid);
      const deployment = owner === undefined ? undefined : controllerOf(owner);
      if (deployment !== undefined) queue.add(`${object.metadata.namespace ?? ''}/${deployment.name}`);
    });
  }

  async #sync(key: string): Promise<Outcome | void> {
    const { namespace, name } = splitKey(key);
    const object = this.#deployments.cache.get(namespace, name);
    const view = object === undefined ? undefined : deploymentOf(object);
    if (object === undefined || view === undefined) return undefined;
    if (isEmptySelector(view.spec.selector)) {
      this.#events.record(object, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
      return undefined;
    }
    const work: Work = { object, spec: view.spec, status: view.status, limits: limitsOf(view.spec), conditions: view.status.conditions ?? [], collisions: view.status.collisionCount ?? 0 };
    const sets = splitSets(view.spec.template, await claimObjects(object, view.spec.selector, this.#sets));
    if (object.metadata.deletionTimestamp !== undefined) return this.#report(work, sets);
    this.#pausedCondition(work);
    if (view.spec.paused || isScaling(work, sets)) return this.#scaleOnly(work, sets);
    return view.spec.strategy.type === 'Recreate' ? this.#recreate(work, sets) : this.#roll(work, sets);
  }

  #pausedCondition(work: Work): void {
    const known = findCondition(work.conditions, 'Progressing');
    const { paused } = work.spec;
    if (paused && known?.reason !== 'DeploymentPaused') work.conditions = setCondition(work.conditions, { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }, this.#context.now());
    if (!paused && known?.reason === 'DeploymentPaused') work.conditions = setCondition(work.conditions, { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' }, this.#context.now());
  }

  /** Paused, or spec.replicas changed in the middle of a rollout: sizes only, no new revision. */
  async #scaleOnly(work: Work, found: Sets): Promise<Outcome | void> {
    const sets = found.newest === undefined ? found : { ...found, newest: await this.#adjustNewest(work, found.newest, found.old) };
    const all = [...(sets.newest === undefined ? [] : [sets.newest]), ...sets.old];
    const active = all.filter((set) => set.view.spec.replicas > 0);
    const latest = active.length === 0 ? (sets.newest ?? sets.old.at(-1)) : active.length === 1 ? active[0] : undefined;
    let after: readonly Set[] = all;
    if (latest !== undefined) after = await this.#resize(work, all, [{ name: latest.object.metadata.name, to: work.limits.replicas }]);
    else if (work.limits.rolling) after = await this.#resize(work, all, proportional(work.limits, all.map(sizedOf), work.status.replicas));
    return this.#report(work, regroup(after, sets));
  }

  async #roll(work: Work, found: Sets): Promise<Outcome | void> {
    const newest = await this.#ensureNewest(work, found);
    if (newest === undefined) return this.#report(work, found);
    const all = [newest, ...found.old];
    const size = newSetSize(work.limits, all.map(sizedOf), newest.view.spec.replicas);
    const grown = await this.#resize(work, all, [{ name: newest.object.metadata.name, to: size }]);
    const [first = newest, ...old] = grown;
    const after = first.view.spec.replicas === newest.view.spec.replicas ? await this.#resize(work, grown, shrinkOld(work.limits, sizedOf(first), old.map(sizedOf))) : grown;
    return this.#finish(work, regroup(after, { newest: first, old }));
  }

  async #recreate(work: Work, found: Sets): Promise<Outcome | void> {
    if (found.old.some((set) => set.view.spec.replicas > 0)) {
      const old = await this.#resize(work, found.old, found.old.map((set) => ({ name: set.object.metadata.name, to: 0 })));
      return this.#report(work, { newest: found.newest, old });
    }
    const running = found.old.some((set) => this.#pods.cache.ownedBy(set.object.metadata.uid ?? '').some((pod) => !['Succeeded', 'Failed'].includes(podOf(pod)?.status.phase ?? '')));
    if (running) return this.#report(work, found);
    const newest = await this.#ensureNewest(work, found);
    if (newest === undefined) return this.#report(work, found);
    const after = await this.#resize(work, [newest], [{ name: newest.object.metadata.name, to: work.limits.replicas }]);
    return this.#finish(work, { newest: after[0], old: found.old });
  }

  async #finish(work: Work, sets: Sets): Promise<Outcome | void> {
    if (isComplete(work.spec, countsOf(work, sets), work.object.metadata.generation ?? 0)) await this.#cleanUp(work, sets.old);
    return this.#report(work, sets);
  }

  /** The newest ReplicaSet, made when there is none; carries the Deployment's annotations and the highest revision. */
  async #ensureNewest(work: Work, { newest, old }: Sets): Promise<Set | undefined> {
    if (newest !== undefined) {
      if (findCondition(work.conditions, 'Progressing') === undefined) work.conditions = setCondition(work.conditions, { type: 'Progressing', status: 'True', reason: 'FoundNewReplicaSet', message: `Found new replica set "${newest.object.metadata.name}"` }, this.#context.now());
      return this.#adjustNewest(work, newest, old);
    }
    const revision = Math.max(0, ...old.map((set) => revisionOf(set.object))) + 1;
    const replicas = newSetSize(work.limits, old.map(sizedOf), 0);
    const made = await createNewest({ deployment: work.object, spec: work.spec, sets: this.#sets, revision, replicas, maxReplicas: work.limits.replicas + work.limits.surge, collisions: work.collisions });
    if (made.failure !== undefined) {
      work.conditions = setCondition(work.conditions, { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message: `Failed to create new replica set "${made.name}": ${made.failure}` }, this.#context.now());
      this.#events.record(work.object, 'Warning', 'ReplicaSetCreateError', `Failed to create new replica set "${made.name}": ${made.failure}`);
      return undefined;
    }
    if (made.collided) {
      work.collisions += 1;
      return undefined; // the status carries the count; the next run takes another name
    }
    if (!made.fresh) return made.set;
    if (replicas > 0) this.#events.record(work.object, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${made.name} from 0 to ${replicas}`);
    work.conditions = setCondition(work.conditions, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetCreated', message: `Created new replica set "${made.name}"` }, this.#context.now());
    await this.#showRevision(work, String(revision));
    return made.set;
  }

  async #adjustNewest(work: Work, newest: Set, old: readonly Set[]): Promise<Set> {
    const revision = Math.max(0, ...old.map((set) => revisionOf(set.object))) + 1;
    const annotations = newestAnnotations(work.object, newest.object, revision);
    const seconds = newest.view.spec.minReadySeconds === work.spec.minReadySeconds ? {} : { spec: { minReadySeconds: work.spec.minReadySeconds } };
    const changed = Object.keys(annotations).length > 0 || Object.keys(seconds).length > 0;
    const object = changed ? ((await this.#sets.patch(newest.object, { ...seconds, metadata: { annotations } })) ?? newest.object) : newest.object;
    await this.#showRevision(work, String(revisionOf(object)));
    return splitSets(work.spec.template, [object]).newest ?? newest;
  }

  async #showRevision(work: Work, revision: string): Promise<void> {
    if (work.object.metadata.annotations?.[REVISION] !== revision) await this.#deployments.patch(work.object, { metadata: { annotations: { [REVISION]: revision } } });
  }

  /** Brings ReplicaSets to their sizes and keeps the annotations by which a later change of spec.replicas is noticed. */
  async #resize(work: Work, sets: readonly Set[], sizings: readonly { readonly name: string; readonly to: number }[]): Promise<readonly Set[]> {
    const wanted = new Map(sizings.map((sizing) => [sizing.name, sizing.to]));
    const max = work.limits.replicas + work.limits.surge;
    const out: Set[] = [];
    for (const set of sets) {
      const from = set.view.spec.replicas;
      const to = wanted.get(set.object.metadata.name) ?? from;
      const stale = to > 0 && (numberAnnotation(set.object, DESIRED) !== work.limits.replicas || numberAnnotation(set.object, MAX) !== max);
      if (to === from && !stale) {
        out.push(set);
        continue;
      }
      const patched = await this.#sets.patch(set.object, { ...(to === from ? {} : { spec: { replicas: to } }), metadata: { annotations: { [DESIRED]: String(work.limits.replicas), [MAX]: String(max) } } });
      if (to !== from) this.#events.record(work.object, 'Normal', 'ScalingReplicaSet', `Scaled ${to > from ? 'up' : 'down'} replica set ${set.object.metadata.name} from ${from} to ${to}`);
      out.push(patched === undefined ? set : { object: patched, view: { ...set.view, spec: { ...set.view.spec, replicas: to } } });
    }
    return out;
  }

  /** Old ReplicaSets beyond the history limit go, lowest revision first. */
  async #cleanUp(work: Work, old: readonly Set[]): Promise<void> {
    const idle = old.filter(({ object, view }) => object.metadata.deletionTimestamp === undefined && view.spec.replicas === 0 && view.status.replicas === 0 && view.status.observedGeneration >= (object.metadata.generation ?? 0));
    const surplus = old.filter((set) => set.object.metadata.deletionTimestamp === undefined).length - work.spec.revisionHistoryLimit;
    if (surplus <= 0) return;
    for (const set of idle.toSorted((a, b) => revisionOf(a.object) - revisionOf(b.object)).slice(0, surplus)) await this.#sets.remove(set.object);
  }

  async #report(work: Work, sets: Sets): Promise<Outcome | void> {
    const { spec, status, object, limits } = work;
    const now = this.#context.now();
    const after = countsOf(work, sets);
    const failing = [...(sets.newest === undefined ? [] : [sets.newest]), ...sets.old].map((set) => findCondition(set.view.status.conditions ?? [], 'ReplicaFailure')).find((found) => found !== undefined);
    const before: Counts = { replicas: status.replicas, updatedReplicas: status.updatedReplicas, readyReplicas: status.readyReplicas, availableReplicas: status.availableReplicas, observedGeneration: status.observedGeneration };
    const rollout = { spec, before, after, generation: object.metadata.generation ?? 0, newSet: sets.newest?.object.metadata.name, failure: failing };
    const conditions = rolloutConditions(work.conditions, rollout, limits.replicas - limits.unavailable, now);
    const unavailable = Math.max(0, [...(sets.newest === undefined ? [] : [sets.newest]), ...sets.old].reduce((sum, set) => sum + set.view.spec.replicas, 0) - after.availableReplicas);
    const wanted = { ...after, unavailableReplicas: unavailable, collisionCount: work.collisions === 0 ? undefined : work.collisions, conditions };
    const current = isRecord(object['status']) ? object['status'] : {};
    const fields: readonly (keyof typeof wanted)[] = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'observedGeneration', 'collisionCount'];
    const changed = fields.some((field) => (current[field] ?? (field === 'collisionCount' ? undefined : 0)) !== wanted[field]) || JSON.stringify(current['conditions'] ?? []) !== JSON.stringify(conditions);
    // Counts of zero are left out, as the real API writes them.
    if (changed) await this.#deployments.patch(object, { status: Object.fromEntries(Object.entries(wanted).map(([name, v]) => [name, v === 0 || v === undefined ? null : v])) }, 'status');
    const left = deadlineMs(spec, conditions, now);
    return left === undefined ? undefined : { againAfterMs: Math.max(1000, left + 1000) };
  }
}

const regroup = (sets: readonly Set[], before: Sets): Sets => {
  const newestName = before.newest?.object.metadata.name;
  return { newest: sets.find((set) => set.object.metadata.name === newestName), old: sets.filter((set) => set.object.metadata.name !== newestName) };
};

/** spec.replicas changed since the active ReplicaSets were sized. */
const isScaling = (work: Work, sets: Sets): boolean =>
  [...(sets.newest === undefined ? [] : [sets.newest]), ...sets.old].some((set) => set.view.spec.replicas > 0 && (numberAnnotation(set.object, DESIRED) ?? work.spec.replicas) !== work.spec.replicas);

function countsOf(work: Work, { newest, old }: Sets): Counts {
  const all = [...(newest === undefined ? [] : [newest]), ...old];
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number => all.reduce((total, set) => total + set.view.status[field], 0);
  return { replicas: sum('replicas'), updatedReplicas: newest?.view.status.replicas ?? 0, readyReplicas: sum('readyReplicas'), availableReplicas: sum('availableReplicas'), observedGeneration: work.object.metadata.generation ?? 0 };
}
