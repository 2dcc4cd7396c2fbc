import { isRecord } from '#shared/base';

/** AdmissionReview v1, the fields that are used. */
export type AdmissionRequest = { readonly uid: string; readonly namespace: string; readonly operation: string; readonly object: unknown; readonly dryRun: boolean };
export type AdmissionAnswer = { readonly allowed: true; readonly patch?: readonly object[]; readonly warnings?: readonly string[] } | { readonly allowed: false; readonly message: string; readonly code?: number };

const text = (v: unknown): string => (typeof v === 'string' ? v : '');
/** undefined when the body is no AdmissionReview with a request. */
export function readReview(body: string): AdmissionRequest | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined; // told to the caller as 400
  }
  const request = isRecord(parsed) && parsed['kind'] === 'AdmissionReview' ? parsed['request'] : undefined;
  if (!isRecord(request) || text(request['uid']) === '') return undefined;
  return { uid: text(request['uid']), namespace: text(request['namespace']), operation: text(request['operation']), object: request['object'], dryRun: request['dryRun'] === true };
}
export function writeReview(uid: string, answer: AdmissionAnswer): string {
  const response = answer.allowed
    ? {
      uid, allowed: true, ...(answer.patch === undefined ? {} : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(answer.patch)).toString('base64') }),
      ...(answer.warnings === undefined || answer.warnings.length === 0 ? {} : { warnings: answer.warnings }),
    }
    : { uid, allowed: false, status: { status: 'Failure', message: answer.message, code: answer.code ?? 400 } };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response });
}
