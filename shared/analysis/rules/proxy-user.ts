import type { Rule } from '../rule.ts';

const CONTROL_PLANE: ReadonlySet<string> = new Set(['istiod', 'istio-ingressgateway', 'istio-egressgateway', 'pilot']);

/** IST0144: an app that runs with the proxy's user id; its traffic goes past the proxy. */
export const proxyUser: Rule = {
  run: (world, findings) => {
    for (const one of [...world.pods, ...world.deployments]) {
      const labels = 'podLabels' in one ? { ...one.labels, ...one.podLabels } : one.labels;
      if (one.proxyUser === undefined || CONTROL_PLANE.has(labels['istio'] ?? labels['app'] ?? '')) continue;
      findings.add('IST0144', one.ref, one.proxyUser, 'User id 1337 is the proxy\'s own: traffic of processes with that id is not captured.', { fix: { text: 'Use another user id.' } });
    }
  },
};
