import { unusedIn } from '#shared/mesh';
import type { Rule } from '../rule.ts';

/** IST0130, IST0131: rules and matches of a VirtualService that no request can reach. */
export const unreachableRule: Rule = {
  run: (world, findings) => {
    for (const { object, ref } of world.virtualServices) {
      for (const unused of unusedIn(object.spec)) {
        if (unused.what === 'rule') {
          findings.add('IST0130', ref, unused.path, `Rule ${unused.rule} is never used: ${unused.reason}.`, { fix: { text: 'Move it before the rule without a match, or take it away.', edits: [{ object: ref, path: unused.path, value: undefined }] } });
        } else {
          findings.add('IST0131', ref, unused.path, `Match ${unused.match} of rule ${unused.rule} is never used: rule ${unused.other} takes the same requests first.`, { fix: { text: 'Put the narrower match first, or take it away.' } });
        }
      }
    }
  },
};
