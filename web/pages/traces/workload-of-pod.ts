/** Namespace and workload of "default/reviews-v2-6cf8b4b46c-xj2kq" or "reviews-v2-6cf8b4b46c-xj2kq.default": the Deployment's name is the pod's without its two hashes. */
export function workloadOfPod(pod: string): { readonly namespace: string; readonly workload: string } {
  const slash = pod.indexOf('/');
  const dot = pod.indexOf('.');
  const [namespace, name] = slash >= 0 ? [pod.slice(0, slash), pod.slice(slash + 1)] : dot >= 0 ? [pod.slice(dot + 1), pod.slice(0, dot)] : ['default', pod];
  return { namespace, workload: name.replace(/-[a-z0-9]{6,10}-[a-z0-9]{5}$/, '') };
}
