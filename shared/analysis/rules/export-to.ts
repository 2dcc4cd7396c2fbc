import type { FieldPath, ObjectRef } from '#shared/mesh';
import type { Rule } from '../rule.ts';

/** KIA0005: something is exported to a namespace that is not there. */
export const exportTo: Rule = {
  needs: ['Namespace'],
  run: (world, findings) => {
    const check = (ref: ObjectRef, names: readonly string[] | undefined, path: FieldPath): void => {
      for (const [i, name] of (names ?? []).entries()) {
        if (name === '.' || name === '*' || name === '~' || world.namespaces.has(name)) continue;
        findings.add('KIA0005', ref, [...path, i], `There is no namespace ${name} to export to.`, { fix: { text: 'Correct the name, or take it away.', edits: [{ object: ref, path: [...path, i], value: undefined }] } });
      }
    };
    for (const { ref, object } of [...world.virtualServices, ...world.destinationRules, ...world.serviceEntries]) check(ref, object.spec.exportTo, ['spec', 'exportTo']);
  },
};
