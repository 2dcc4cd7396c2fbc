import { INJECTION, REVISION } from '../world/in-mesh.ts';
import type { Rule } from '../rule.ts';

const MODE = 'istio.io/dataplane-mode';
/** Namespaces of the cluster itself; nobody means to inject there. */
const SYSTEM: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);

/** IST0102, IST0123: a namespace that says nothing about injection, or says it in several ways. */
export const namespaceInjection: Rule = {
  run: (world, findings) => {
    for (const { name, labels, ref, isEnding } of world.namespaces.values()) {
      if (name === world.rootNamespace || SYSTEM.has(name) || isEnding) continue;
      const injection = labels[INJECTION];
      const set = [...(injection === undefined ? [] : [INJECTION]), ...[REVISION, MODE].filter((label) => labels[label] !== undefined && (injection === undefined || injection === 'enabled'))];
      const path = ['metadata', 'labels'];
      if (set.length > 1) {
        findings.add('IST0123', ref, path, `The namespace has ${set.map((label) => `${label}=${labels[label]}`).join(' and ')}; which of them acts depends on the version.`, { fix: { text: `Keep one of them; ${set[0]} goes first.` } });
      }
      if (labels[MODE] === 'ambient' || (injection ?? '') !== '' || labels[REVISION] !== undefined) continue;
      findings.add('IST0102', ref, path, 'Pods here get no sidecar: the namespace is not labelled for injection.', {
        fix: { text: `kubectl label namespace ${name} ${INJECTION}=enabled (or =disabled, to say that this is meant)`, edits: [{ object: ref, path: [...path, INJECTION], value: 'enabled' }] },
      });
    }
  },
};
