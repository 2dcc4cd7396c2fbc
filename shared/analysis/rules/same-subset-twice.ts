import { fullHost, isWildcard } from '#shared/mesh';
import { named } from '../rule.ts';
import type { Rule } from '../rule.ts';
import type { World } from '../world/world.ts';

type OneRule = World['destinationRules'][number];
/** KIA0201: several DestinationRules of one namespace settle the same subset (or the whole) of one host; only the oldest counts. */
export const sameSubsetTwice: Rule = {
  run: (world, findings) => {
    const firsts = new Map<string, OneRule>();
    for (const rule of world.destinationRules) {
      const { spec } = rule.object;
      const host = fullHost(spec.host, rule.namespace);
      if (isWildcard(host) || spec.workloadSelector !== undefined) continue;
      const claims = [...(spec.trafficPolicy === undefined ? [] : [{ key: '', words: 'the traffic policy', path: ['spec', 'trafficPolicy'] }]),
        ...(spec.subsets ?? []).map((subset, i) => ({ key: subset.name, words: `the subset ${subset.name}`, path: ['spec', 'subsets', i] }))];
      for (const { key, words, path } of claims) {
        const id = `${rule.namespace}|${host}|${key}|${(spec.exportTo ?? []).join(',')}`;
        const first = firsts.get(id);
        if (first === undefined) firsts.set(id, rule);
        else if (first !== rule) findings.add('KIA0201', rule.ref, path, `${named(first)} already settles ${words} of ${spec.host}; this one is not used.`, { related: [first.ref], fix: { text: 'Keep it in one of the two rules.' } });
      }
    }
  },
};
