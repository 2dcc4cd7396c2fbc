import type { World } from './world.ts';

type Injected = { readonly namespace: string; readonly hasProxy: boolean; readonly injectLabel: string | undefined };
export const INJECTION = 'istio-injection';
export const REVISION = 'istio.io/rev';

/** Whether a pod or the pods of a Deployment have a proxy, or will get one. */
export function isInMesh(world: World, one: Injected): boolean {
  if (one.hasProxy) return true;
  if (one.injectLabel !== undefined) return one.injectLabel === 'true';
  const labels = world.namespaces.get(one.namespace)?.labels ?? {};
  return labels[INJECTION] === undefined ? labels[REVISION] !== undefined : labels[INJECTION] === 'enabled';
}
