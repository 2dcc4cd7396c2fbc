import type { Code } from '../catalog.ts';
import type { Rule } from '../rule.ts';

const RELATIVE: ReadonlySet<string> = new Set(['INSERT_BEFORE', 'INSERT_AFTER', 'REMOVE', 'REPLACE']);
const ROUTES: ReadonlySet<string> = new Set(['ROUTE_CONFIGURATION', 'HTTP_ROUTE']);
const REPLACEABLE: ReadonlySet<string> = new Set(['NETWORK_FILTER', 'HTTP_FILTER', 'VIRTUAL_HOST']);

function verdict(operation: string, applyTo: string, priority: number): readonly [Code, string] | undefined {
  if (operation === 'ADD' && ROUTES.has(applyTo)) return ['IST0153', `ADD is ignored for ${applyTo}.`];
  if (operation === 'REMOVE' && ROUTES.has(applyTo)) return ['IST0154', `REMOVE is ignored for ${applyTo}.`];
  if (operation === 'REPLACE' && !REPLACEABLE.has(applyTo)) return ['IST0152', `REPLACE works on HTTP_FILTER, NETWORK_FILTER and VIRTUAL_HOST only, not on ${applyTo}.`];
  if (RELATIVE.has(operation) && priority === 0) return ['IST0151', `${operation} looks for something that another EnvoyFilter may add later; without a priority their order is by age.`];
  return undefined;
}

/** IST0151-0154: patches whose operation does nothing, or depends on the order of EnvoyFilters. */
export const envoyFilters: Rule = {
  run: (world, findings) => {
    for (const { object, ref } of world.envoyFilters) {
      for (const [i, { applyTo = 'INVALID', patch }] of (object.spec.configPatches ?? []).entries()) {
        const found = verdict(patch?.operation ?? 'INVALID', applyTo, object.spec.priority ?? 0);
        if (found !== undefined) findings.add(found[0], ref, ['spec', 'configPatches', i], found[1], found[0] === 'IST0151' ? { fix: { text: 'Set spec.priority, or use INSERT_FIRST or ADD.' } } : {});
      }
    }
  },
};
