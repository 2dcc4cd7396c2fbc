import { fullHost } from '#shared/mesh';
import type { Rule } from '../rule.ts';
import { isNear } from '../world/hosts.ts';
import type { World } from '../world/world.ts';
import { destinationsOf } from './destinations.ts';

/** Names of subsets by full host, from every DestinationRule. */
function subsetsByHost(world: World): ReadonlyMap<string, ReadonlySet<string>> {
  const byHost = new Map<string, Set<string>>();
  for (const { object, namespace } of world.destinationRules) {
    const host = fullHost(object.spec.host, namespace);
    const names = byHost.get(host) ?? new Set<string>();
    for (const subset of object.spec.subsets ?? []) names.add(subset.name);
    byHost.set(host, names);
  }
  return byHost;
}

/** IST0101 (subset): a VirtualService sends to a subset that no DestinationRule defines. */
export const destinationSubset: Rule = {
  needs: ['DestinationRule'],
  run: (world, findings) => {
    const known = subsetsByHost(world);
    for (const { object, ref, namespace } of world.virtualServices) {
      for (const { destination, path, isMirror } of destinationsOf(object)) {
        const { host, subset = '' } = destination;
        const names = known.get(fullHost(host, namespace));
        if (subset === '' || names?.has(subset) === true) continue;
        const there = [...(names ?? [])];
        const near = there.find((name) => isNear(name, subset)) ?? (there.length === 1 ? there[0] : undefined);
        const hint = there.length === 0 ? `no DestinationRule defines subsets of ${host}` : `${host} has ${there.join(', ')}`;
        findings.add('IST0101', ref, [...path, 'subset'], `The ${isMirror ? 'mirror' : 'destination'} ${host} has no subset ${subset}: ${hint}. Requests for it are answered with 503.`, {
          fix: near === undefined ? { text: `Add the subset ${subset} to a DestinationRule for ${host}.` } : { text: `Use the subset ${near}.`, edits: [{ object: ref, path: [...path, 'subset'], value: near }] },
        });
      }
    }
  },
};
