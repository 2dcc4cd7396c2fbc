import { createReflector, isKubeError } from '#server/lib';
import type { KubeClient, Reflector } from '#server/lib';
import { isRecord } from '#shared/base';

/** Callers do not wait for ever for a service that somebody broke: then its errors are to be seen. */
export const WAIT_MS_MAX = 30_000;
/** Until the readiness that the API shows has reached every proxy: istiod gathers changes for 100 ms, the push and the proxies take the rest when all start at once. */
const SETTLE_MS = 500;
const NAME_LABEL = 'kubernetes.io/service-name';
type Slice = ReturnType<Reflector['list']>[number];

/** Of one slice: whether any endpoint is ready and whether all are. Unset `ready` means ready, as the API says. */
function readyIn(slice: Slice): { readonly any: boolean; readonly all: boolean } {
  const endpoints = Array.isArray(slice['endpoints']) ? slice['endpoints'].filter(isRecord) : [];
  const ready = endpoints.map((endpoint) => !(isRecord(endpoint['conditions']) && endpoint['conditions']['ready'] === false));
  return { any: ready.includes(true), all: !ready.includes(false) };
}

/** True when each service has an endpoint and none that is still coming up (one version of several may be all that a route allows). */
export function areReady(slices: readonly Slice[], services: readonly string[]): boolean {
  return services.every((service) => {
    const found = slices.filter((slice) => slice.metadata.labels?.[NAME_LABEL] === service).map(readyIn);
    return found.some((slice) => slice.any) && found.every((slice) => slice.all);
  });
}

/** Resolves when the services of the namespace are ready: whoever calls earlier only gathers 503 answers. Also resolves after `maxMs`, when the caller may not look, and when `signal` aborts. */
export function servicesReady(client: KubeClient, options: { readonly namespace: string; readonly services: readonly string[]; readonly maxMs?: number; readonly settleMs?: number; readonly signal?: AbortSignal }): Promise<void> {
  return new Promise((resolve) => {
    let looked = false;
    let settling: NodeJS.Timeout | undefined;
    const look = (): void => {
      if (!looked || settling !== undefined || !areReady(reflector.list(), options.services)) return;
      settling = setTimeout(() => end(), options.settleMs ?? SETTLE_MS);
    };
    const reflector = createReflector(client, { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices', namespace: options.namespace }, {
      onChange: look,
      onSynced: () => {
        looked = true;
        look();
      },
      onError: (error) => {
        if (isKubeError(error, 403)) end();
      },
    });
    const timer = setTimeout(() => end(), options.maxMs ?? WAIT_MS_MAX);
    const end = (): void => {
      clearTimeout(timer);
      clearTimeout(settling);
      reflector.stop();
      options.signal?.removeEventListener('abort', end);
      resolve();
    };
    if (options.signal?.aborted === true) end();
    options.signal?.addEventListener('abort', end, { once: true });
  });
}
