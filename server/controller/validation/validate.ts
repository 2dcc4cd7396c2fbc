import { isRecord } from '#shared/base';
import { validateIstio, withoutNulls } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import type { ControllerMetrics } from '../metrics.ts';
import type { AdmissionAnswer, AdmissionRequest } from '../webhooks/admission.ts';

const isObject = (v: unknown): v is KubeObject => isRecord(v) && typeof v['apiVersion'] === 'string' && typeof v['kind'] === 'string' && isRecord(v['metadata']);
const several = (errors: readonly string[]): string => (errors.length === 1 ? `${errors[0]}` : `${errors.length} errors occurred:\n${errors.map((error) => `\t* ${error}`).join('\n')}\n\n`);

/** What istiod says to an Istio object that is created or changed. */
export function validateObject(request: AdmissionRequest, metrics: ControllerMetrics): AdmissionAnswer {
  const object = withoutNulls(request.object);
  if (!isObject(object)) {
    metrics.validationErrors.inc();
    return { allowed: false, message: 'the request holds no object', code: 400 };
  }
  const named = { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? request.namespace } };
  const { errors, warnings } = validateIstio(named);
  const labels = { group: object.apiVersion.split('/')[0] ?? '', kind: object.kind };
  if (errors.length === 0) {
    metrics.validationPassed.inc(labels);
    return { allowed: true, warnings };
  }
  metrics.validationFailed.inc(labels);
  return { allowed: false, message: `configuration is invalid: ${several(errors)}`, code: 400 };
}
