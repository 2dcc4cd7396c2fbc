import { fullHost } from '#shared/mesh';
import type { Rule } from '../rule.ts';

/** KIA1104, KIA1105: a weight on a lone destination has no effect; the same destination twice in one rule is likely a slip. */
export const routeWeights: Rule = {
  run: (world, findings) => {
    for (const { object, ref, namespace } of world.virtualServices) {
      for (const protocol of ['http', 'tls', 'tcp'] as const) {
        for (const [i, rule] of (object.spec[protocol] ?? []).entries()) {
          const routes = rule.route ?? [];
          const [only] = routes;
          const path = ['spec', protocol, i, 'route'];
          if (routes.length === 1 && only?.weight !== undefined && only.weight !== 0 && only.weight < 100) {
            findings.add('KIA1104', ref, [...path, 0, 'weight'], `Weight ${only.weight} has no effect: it is the only destination of the rule, so it gets every request.`, {
              fix: { text: 'Take the weight away, or add the destination that should get the rest.', edits: [{ object: ref, path: [...path, 0, 'weight'], value: undefined }] },
            });
          }
          const seen = new Map<string, number>();
          for (const [j, { destination }] of routes.entries()) {
            const key = `${fullHost(destination.host, namespace)}|${destination.subset ?? ''}|${destination.port?.number ?? ''}`;
            const first = seen.get(key);
            if (first === undefined) seen.set(key, j);
            else findings.add('KIA1105', ref, [...path, j, 'destination'], `${destination.host}${destination.subset === undefined ? '' : `, subset ${destination.subset},`} is named twice in this rule; the weights add up.`, { fix: { text: 'Merge the two entries.' } });
          }
        }
      }
    }
  },
};
