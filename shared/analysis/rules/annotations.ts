import { groupOf, refOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { DEPRECATED_ANNOTATIONS, KNOWN_ANNOTATIONS } from './annotation-names.ts';
import type { Rule } from '../rule.ts';
import { listed } from '../rule.ts';

const LOOKED_AT: ReadonlySet<string> = new Set(['/Namespace', '/Service', '/Pod', 'apps/Deployment']);
const isIstios = (name: string): boolean => name === 'kubernetes.io/ingress.class' || (name.split('/')[0] ?? '').endsWith('istio.io');
const kindKey = (object: KubeObject): string => `${groupOf(object.apiVersion).group}/${object.kind}`;

/** IST0107, IST0108, IST0135: annotations of Istio that nobody reads: misspelt, on the wrong kind, or out of use. */
export const annotations: Rule = {
  run: (world, findings) => {
    for (const object of world.objects) {
      if (object.metadata.annotations === undefined || !LOOKED_AT.has(kindKey(object))) continue;
      const ref = refOf(object);
      for (const name of Object.keys(object.metadata.annotations).filter(isIstios)) {
        const path = ['metadata', 'annotations', name];
        const kinds = KNOWN_ANNOTATIONS.get(name);
        if (kinds === undefined) {
          if (!name.startsWith('internal.istio.io/')) findings.add('IST0108', ref, path, `Istio knows no annotation ${name}.`, { fix: { text: 'Correct its name, or take it away.' } });
        } else if (!kinds.includes('Any') && !kinds.includes(object.kind)) {
          findings.add('IST0107', ref, path, `The annotation ${name} is read from ${listed(kinds)} only${kinds.includes('Pod') && object.kind === 'Deployment' ? '; here it belongs into spec.template.metadata' : ''}.`);
        }
        if (DEPRECATED_ANNOTATIONS.has(name) && !(name === 'sidecar.istio.io/inject' && object.metadata.labels?.[name] !== undefined)) {
          findings.add('IST0135', ref, path, `The annotation ${name} is out of use${name === 'sidecar.istio.io/inject' ? '; the label of the same name takes its place' : ''}.`);
        }
      }
    }
  },
};
