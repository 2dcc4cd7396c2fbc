import type { KubeObject } from '#shared/mesh';
import { E } from '../errors.ts';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';

/** The load maker of the local mesh; its rate is an annotation, so kubectl can set it too. */
export const LOAD_MAKER = { namespace: 'traffic', name: 'load', annotation: 'pharos.dev/rate' } as const;
const RATE_MAX = 500;

export const rateOf = (deployment: KubeObject): number => Math.max(0, Number(deployment.metadata.annotations?.[LOAD_MAKER.annotation] ?? '') || 0);

export async function setRate(kubernetes: Kubernetes, ratePerSecond: number): Promise<{ readonly ratePerSecond: number }> {
  if (!Number.isFinite(ratePerSecond) || ratePerSecond < 0 || ratePerSecond > RATE_MAX) throw E.make('BAD_REQUEST', { why: `ratePerSecond must be from 0 to ${RATE_MAX}` });
  await kubernetes.request({
    method: 'PATCH', path: `/apis/apps/v1/namespaces/${LOAD_MAKER.namespace}/deployments/${LOAD_MAKER.name}`, query: { fieldManager: 'pharos-console' }, contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { [LOAD_MAKER.annotation]: String(ratePerSecond) } } },
  });
  return { ratePerSecond };
}
