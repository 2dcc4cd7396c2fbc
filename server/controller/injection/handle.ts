import { isRecord } from '#shared/base';
import { fits, kindOf, withoutNulls } from '#shared/mesh';
import type { MeshConfig, Pod } from '#shared/mesh';
import type { Logger } from '#server/lib';
import type { ControllerMetrics } from '../metrics.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../webhooks/admission.ts';
import { injectPod } from './inject.ts';

/** Answers an injection review. */
export function handleInjection(request: AdmissionRequest, options: { readonly mesh: MeshConfig; readonly clusterId: string; readonly metrics: ControllerMetrics; readonly log: Logger }): AdmissionAnswer {
  const { metrics, log, mesh, clusterId } = options;
  const start = performance.now();
  metrics.injectionRequests.inc();
  const schema = kindOf('', 'Pod')?.schema;
  const given = withoutNulls(request.object);
  // A pod of a Deployment has no name yet, and a pod in a review may lack kind and apiVersion.
  const pod: unknown = isRecord(given) && isRecord(given['metadata']) ? { ...given, apiVersion: 'v1', kind: 'Pod', metadata: { ...given['metadata'], name: typeof given['metadata']['name'] === 'string' ? given['metadata']['name'] : '' } } : given;
  if (schema === undefined || !fits<Pod>(schema, pod)) {
    metrics.injectionFailures.inc();
    return { allowed: false, message: 'could not unmarshal raw object: it is no Pod', code: 400 };
  }
  const result = injectPod(pod, request.namespace, { mesh, clusterId });
  metrics.injectionTime.observe((performance.now() - start) / 1000);
  const name = pod.metadata.name === '' ? (pod.metadata.generateName ?? '') : pod.metadata.name;
  switch (result.outcome) {
    case 'injected':
      metrics.injected.inc();
      return { allowed: true, patch: result.patch };
    case 'skipped':
      metrics.injectionSkipped.inc();
      log.debug({ pod: `${request.namespace}/${name}`, reason: result.reason }, 'a pod is left as it is');
      return { allowed: true };
    case 'refused':
      metrics.injectionFailures.inc();
      log.warn({ pod: `${request.namespace}/${name}`, problem: result.problem }, 'a pod was refused');
      return { allowed: false, message: result.problem, code: 400 };
  }
}
