import type { Deployment } from '../kinds.ts';

/** A ReplicaSet as the sizes see it. */
export type Sized = { readonly name: string; readonly replicas: number; readonly available: number; readonly createdAt: string; readonly maxBefore: number | undefined };
export type Sizing = { readonly name: string; readonly to: number };
export type Limits = { readonly replicas: number; readonly surge: number; readonly unavailable: number; readonly rolling: boolean };

const share = (v: number | string, of: number, round: (n: number) => number): number => (typeof v === 'number' ? v : /^\d+%$/.test(v) ? round((Number(v.slice(0, -1)) * of) / 100) : 0);

/** maxSurge rounds up, maxUnavailable down; both nothing means one unavailable (or no progress were possible). */
export function limitsOf(spec: Deployment['spec']): Limits {
  const rolling = spec.strategy.type !== 'Recreate';
  if (!rolling) return { replicas: spec.replicas, surge: 0, unavailable: 0, rolling };
  const { maxSurge, maxUnavailable } = spec.strategy.rollingUpdate ?? { maxSurge: '25%', maxUnavailable: '25%' };
  const surge = share(maxSurge, spec.replicas, Math.ceil);
  const unavailable = share(maxUnavailable, spec.replicas, Math.floor);
  return { replicas: spec.replicas, surge, unavailable: Math.min(spec.replicas, surge === 0 && unavailable === 0 ? 1 : unavailable), rolling };
}

const sum = (sets: readonly Sized[], field: 'replicas' | 'available'): number => sets.reduce((total, set) => total + set[field], 0);

/** How large the newest ReplicaSet may be now; `current` is its size (0 when it is about to be made). */
export function newSetSize(limits: Limits, all: readonly Sized[], current: number): number {
  if (!limits.rolling) return limits.replicas;
  if (current >= limits.replicas) return limits.replicas;
  const room = limits.replicas + limits.surge - sum(all, 'replicas');
  return room <= 0 ? current : current + Math.min(room, limits.replicas - current);
}

/** Which old ReplicaSets shrink in this step of a rolling update: unhealthy pods first, then as many as availability allows. */
export function shrinkOld(limits: Limits, newest: Sized, old: readonly Sized[]): readonly Sizing[] {
  const active = old.filter((set) => set.replicas > 0).toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  if (active.length === 0) return [];
  const minAvailable = limits.replicas - limits.unavailable;
  const newUnavailable = newest.replicas - newest.available;
  let room = sum([newest, ...active], 'replicas') - minAvailable - newUnavailable;
  if (room <= 0) return [];
  const sizes = new Map(active.map((set) => [set.name, set.replicas]));
  for (const set of active) {
    const unhealthy = Math.min(Math.max(0, room), Math.max(0, set.replicas - set.available));
    sizes.set(set.name, set.replicas - unhealthy);
    room -= unhealthy;
  }
  let spare = sum([newest, ...active], 'available') - minAvailable;
  for (const set of active) {
    const size = sizes.get(set.name) ?? 0;
    const less = Math.min(size, Math.max(0, spare));
    sizes.set(set.name, size - less);
    spare -= less;
  }
  return active.filter((set) => sizes.get(set.name) !== set.replicas).map((set) => ({ name: set.name, to: sizes.get(set.name) ?? 0 }));
}

/** Spreads a change of spec.replicas in the middle of a rollout over the active ReplicaSets in proportion to their sizes; what is left over goes to the largest. */
export function proportional(limits: Limits, sets: readonly Sized[], statusReplicas: number): readonly Sizing[] {
  const active = sets.filter((set) => set.replicas > 0);
  const allowed = limits.replicas > 0 ? limits.replicas + limits.surge : 0;
  const toAdd = allowed - sum(active, 'replicas');
  const newerFirst = toAdd > 0 ? -1 : 1;
  const order = active.toSorted((a, b) => b.replicas - a.replicas || newerFirst * a.createdAt.localeCompare(b.createdAt));
  let added = 0;
  const sizes = order.map((set) => {
    const before = set.maxBefore ?? statusReplicas;
    const wish = limits.replicas === 0 ? -set.replicas : before <= 0 ? 0 : Math.round((set.replicas * (limits.replicas + limits.surge)) / before) - set.replicas;
    const left = toAdd - added;
    const change = toAdd === 0 || left === 0 ? 0 : toAdd > 0 ? Math.min(wish, left) : Math.max(wish, left);
    added += change;
    return { name: set.name, to: set.replicas + change };
  });
  const [largest, ...rest] = sizes;
  return largest === undefined ? [] : [{ name: largest.name, to: Math.max(0, largest.to + toAdd - added) }, ...rest];
}
