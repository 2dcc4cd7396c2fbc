import { isClaimHeader, selects } from '#shared/mesh';
import type { FieldPath, VirtualService } from '#shared/mesh';
import type { Rule } from '../rule.ts';
import { typedKey } from '../world/world.ts';
import { gatewayKey } from './virtual-service-gateway.ts';

function claimOf({ spec }: VirtualService): { readonly name: string; readonly path: FieldPath } | undefined {
  for (const [i, rule] of (spec.http ?? []).entries()) {
    for (const [j, match] of (rule.match ?? []).entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        const name = Object.keys(match[field] ?? {}).find(isClaimHeader);
        if (name !== undefined) return { name, path: ['spec', 'http', i, 'match', j, field, name] };
      }
    }
  }
  return undefined;
}

/** IST0149: routing by a claim of the token, on a gateway that checks no tokens. */
export const claimRouting: Rule = {
  needs: ['Pod', 'RequestAuthentication'],
  run: (world, findings) => {
    const gateways = new Map(world.gateways.map((gateway) => [typedKey(gateway), gateway]));
    for (const { object, ref, namespace } of world.virtualServices) {
      const claim = claimOf(object);
      for (const name of claim === undefined ? [] : (object.spec.gateways ?? [])) {
        const gateway = gateways.get(gatewayKey(name, namespace));
        if (claim === undefined || gateway === undefined) continue;
        const pod = world.podIndex.chosen(undefined, gateway.object.spec.selector)
          .find((one) => !world.requestAuthentications.some((policy) => (policy.namespace === world.rootNamespace || policy.namespace === one.namespace) && selects(policy.object.spec?.selector?.matchLabels, one.labels)));
        if (pod !== undefined) findings.add('IST0149', ref, claim.path, `The rule looks at ${claim.name}, but no RequestAuthentication checks tokens on the gateway pod ${pod.name}, so the claim is never there.`, { related: [gateway.ref, pod.ref], fix: { text: `Create a RequestAuthentication in ${pod.namespace} for the gateway pods.` } });
      }
    }
  },
};
