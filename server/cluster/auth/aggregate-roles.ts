import type { Logger } from '#server/lib';
import { errorText } from '#shared/base';
import { recordsAt, sameJson } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { selectorMatches } from '../selectors/selection.ts';
import { WriteConflict } from '../store/object-store.ts';
import type { ObjectStore } from '../store/object-store.ts';

const ROLES = 'rbac.authorization.k8s.io/clusterroles';

/** Rules of all roles that the selectors of an aggregated role match, in the order of their names, each once. */
function aggregated(store: ObjectStore, role: KObject): readonly unknown[] {
  const selectors = recordsAt(role, 'aggregationRule', 'clusterRoleSelectors');
  const rules: unknown[] = [];
  for (const { object } of store.collection(ROLES).list()) {
    if (object.metadata.name === role.metadata.name || !selectors.some((selector) => selectorMatches(selector, object.metadata.labels))) continue;
    for (const rule of recordsAt(object, 'rules')) if (!rules.some((known) => sameJson(known, rule))) rules.push(rule);
  }
  return rules;
}

/** Keeps the rules of ClusterRoles with an aggregationRule in step with the roles they are made of. */
export function aggregateRoles(store: ObjectStore, log: Logger): () => void {
  let isPlanned = false;
  let isOver = false;
  const run = async (): Promise<void> => {
    isPlanned = false;
    const collection = store.collection(ROLES);
    for (const stored of collection.list()) {
      if (isOver) return;
      if (stored.object['aggregationRule'] === undefined) continue;
      const rules = aggregated(store, stored.object);
      if (sameJson(rules, stored.object['rules'] ?? [])) continue;
      try {
        await store.write({ collection, namespace: '', name: stored.object.metadata.name, expect: stored.rev, value: { ...stored.object, rules } });
      } catch (error) {
        // Its own change will bring us back here.
        if (!(error instanceof WriteConflict) && !isOver) log.warn({ role: stored.object.metadata.name, error: errorText(error) }, 'the rules of an aggregated role could not be stored');
      }
    }
  };
  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(() => void run());
  };
  const stop = store.collection(ROLES).watch(plan);
  plan();
  return () => {
    isOver = true;
    stop();
  };
}
