import { checkObject, groupOf, kindOf, refOf, validateIstio } from '#shared/mesh';
import type { Rule } from '../rule.ts';

/** Warnings of the validator that have a code of their own; they are found by other rules. */
const OWN_CODE = /^virtualService rule .* not used/;

/** IST0106, IST0133: what the API server's schema and istiod's validation refuse or warn about. Objects that were stored before a rule existed are found here. */
export const validation: Rule = {
  run: (world, findings) => {
    for (const object of world.objects) {
      const { group } = groupOf(object.apiVersion);
      if (!group.endsWith('.istio.io') && group !== 'gateway.networking.k8s.io') continue;
      const schema = kindOf(group, object.kind)?.schema;
      if (schema === undefined) continue;
      const ref = refOf(object);
      const verdict = validateIstio(object);
      for (const issue of verdict.issues) {
        if (issue.level === 'error') findings.add('IST0106', ref, issue.path, issue.message);
        else if (!OWN_CODE.test(issue.message)) findings.add('IST0133', ref, issue.path, issue.message);
      }
      if (verdict.errors.length > 0) continue;
      for (const issue of checkObject(schema, object)) if (issue.code !== 'unknown') findings.add('IST0106', ref, issue.path, `${issue.field === '<nil>' ? '' : `${issue.field}: `}${issue.message}`);
    }
  },
};
