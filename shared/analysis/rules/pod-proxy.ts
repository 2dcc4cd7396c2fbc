import { INJECTION } from '../world/in-mesh.ts';
import type { Rule } from '../rule.ts';

/** IST0103: a pod without the proxy that its namespace asks for; it was made before the label. */
export const podProxy: Rule = {
  needs: ['Namespace'],
  run: (world, findings) => {
    for (const pod of world.pods) {
      if (world.namespaces.get(pod.namespace)?.labels[INJECTION] !== 'enabled') continue;
      if (pod.hasProxy || pod.isAmbient || pod.isOnHostNetwork || pod.isFinished || pod.injectLabel?.toLowerCase() === 'false') continue;
      findings.add('IST0103', pod.ref, [], `The pod has no proxy, although ${pod.namespace} is labelled for injection. Its requests are plain text, and no rule acts on them.`, {
        fix: { text: 'Restart its workload: kubectl rollout restart. Pods get the proxy when they are made.' },
      });
    }
  },
};
