import type { Rule } from '../rule.ts';

/** IST0002: fields that still work but go away. */
export const deprecatedFields: Rule = {
  run: (world, findings) => {
    for (const { object, ref } of world.virtualServices) {
      for (const [i, rule] of (object.spec.http ?? []).entries()) {
        const percent = rule.fault?.delay?.percent ?? 0;
        const at = ['spec', 'http', i, 'fault', 'delay'];
        if (percent > 0) {
          findings.add('IST0002', ref, [...at, 'percent'], 'fault.delay.percent is old and without effect; percentage.value takes its place.', {
            fix: { text: `Write percentage.value: ${percent}.`, edits: [{ object: ref, path: [...at, 'percent'], value: undefined }, { object: ref, path: [...at, 'percentage'], value: { value: percent } }] },
          });
        }
      }
    }
    for (const { object, ref } of world.sidecars) {
      if (object.spec.outboundTrafficPolicy?.egressProxy !== undefined) findings.add('IST0002', ref, ['spec', 'outboundTrafficPolicy', 'egressProxy'], 'outboundTrafficPolicy.egressProxy is ignored.', { fix: { text: 'Take it away.', edits: [{ object: ref, path: ['spec', 'outboundTrafficPolicy', 'egressProxy'], value: undefined }] } });
    }
  },
};
