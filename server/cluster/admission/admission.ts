import type { Admission, AdmissionRequest, Core } from '../rest/core.ts';
import type { KObject } from '../object/object.ts';
import { addServiceAccount } from './service-account.ts';
import { mutateByWebhooks, validateByWebhooks } from './webhooks.ts';

/** Further built-in checks of single kinds (RBAC escalation and the like). */
export type Guard = (request: AdmissionRequest) => void;

/** The admission chain: service accounts, mutating webhooks; then guards and validating webhooks. */
export function createAdmission(core: Pick<Core, 'store' | 'randomName'>, guards: readonly Guard[]): Admission {
  const isNewPod = (request: AdmissionRequest): boolean => request.operation === 'CREATE' && request.view.resource.collection === '/pods' && request.subresource === '';
  return {
    mutate: async (request: AdmissionRequest, object: KObject): Promise<KObject> => {
      if (isNewPod(request)) addServiceAccount(core, request, object);
      const changed = await mutateByWebhooks(core, request, object);
      // A webhook may have added containers: they get the token too.
      if (isNewPod(request) && changed !== object) addServiceAccount(core, request, changed);
      return changed;
    },
    validate: async (request: AdmissionRequest): Promise<void> => {
      for (const guard of guards) guard(request);
      await validateByWebhooks(core, request);
    },
  };
}
