import { named } from '../rule.ts';
import type { Rule } from '../rule.ts';
import type { World } from '../world/world.ts';

/** VirtualServices that send their own host to a subset, by that host as it is written. */
function splittersByHost(world: World): ReadonlyMap<string, World['virtualServices']> {
  const byHost = new Map<string, World['virtualServices'][number][]>();
  for (const rule of world.virtualServices) {
    for (const { destination } of (rule.object.spec.http ?? []).flatMap((one) => one.route ?? [])) {
      if ((destination.subset ?? '') !== '' && (rule.object.spec.hosts ?? []).includes(destination.host)) byHost.set(destination.host, [...new Set([...(byHost.get(destination.host) ?? []), rule])]);
    }
  }
  return byHost;
}

/** IST0140: a gateway sends to a host without a subset, while another VirtualService splits that host; the split does not act on the gateway. */
export const subsetRoutingOnGateway: Rule = {
  run: (world, findings) => {
    const splitters = splittersByHost(world);
    for (const { object, ref } of world.virtualServices) {
      if ((object.spec.gateways ?? []).length === 0) continue;
      for (const [i, rule] of (object.spec.http ?? []).entries()) {
        for (const [j, { destination }] of (rule.route ?? []).entries()) {
          if ((destination.subset ?? '') !== '') continue;
          for (const other of splitters.get(destination.host) ?? []) {
            findings.add('IST0140', ref, ['spec', 'http', i, 'route', j, 'destination'], `${named(other)} splits ${destination.host} into subsets, but requests that come in through this gateway rule go to ${destination.host} as a whole.`, {
              related: [other.ref], fix: { text: `Give the same split here, or let ${named(other)} act on the gateway too.` },
            });
          }
        }
      }
    }
  },
};
