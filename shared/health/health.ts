/** The four states a thing can be in; the order is from best to worst except `idle`, which says nothing was measured. */
export type HealthState = 'healthy' | 'degraded' | 'failing' | 'idle' | 'unknown';

/** A judgement with its reason: never a colour alone. `reason` is a plain sentence ("4.2 % of 612 requests failed with 503"). */
export type Health = { readonly state: HealthState; readonly reason: string };

const RANK: Readonly<Record<HealthState, number>> = { idle: 0, unknown: 1, healthy: 2, degraded: 3, failing: 4 };

/** The worst of several; `idle` when the list is empty. */
export function worst(all: readonly Health[]): Health {
  let found: Health = { state: 'idle', reason: 'no requests' };
  for (const health of all) if (RANK[health.state] > RANK[found.state]) found = health;
  return found;
}
