import type { Pod } from '#shared/mesh';

export const INJECT = 'sidecar.istio.io/inject';
/** Namespaces in which nothing is ever injected (istio: IgnoredNamespaces). */
const NEVER: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);

export type Decision = { readonly inject: true } | { readonly inject: false; readonly reason: string };
const no = (reason: string): Decision => ({ inject: false, reason });

/**
 * istiod's own look at a pod that the API server has sent to it (istio: injectRequired): the label of the pod, else its old annotation,
 * else the policy, which is "enabled". The selectors of the webhook have decided before.
 */
export function decideInjection(pod: Pod, namespace: string): Decision {
  if (pod.spec.hostNetwork === true) return no('the pod uses the network of its node');
  if (NEVER.has(namespace)) return no(`nothing is injected in ${namespace}`);
  if (pod.metadata.annotations?.['sidecar.istio.io/status'] !== undefined) return no('the pod has been injected before');
  const wish = (pod.metadata.labels?.[INJECT] ?? pod.metadata.annotations?.[INJECT] ?? '').toLowerCase();
  // Other words than true and false are not a wish; the policy decides.
  return ['false', 'n', 'no', 'off'].includes(wish) ? no(`${INJECT} is "${wish}"`) : { inject: true };
}
