import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '#shared/base';
import { isKubeError, KubeError } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';
import { injectorConfiguration, validatorConfigurations } from './configurations.ts';
import type { Place } from './configurations.ts';

const MUTATING = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const VALIDATING = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
/** Waits between tries, ms. */
const TRY_MS = 50;
const TRY_MS_MAX = 5000;
/** A Gateway without a port protocol: if the API server refuses it in our words, the webhook is reached. */
const BAD_GATEWAY = { apiVersion: 'networking.istio.io/v1', kind: 'Gateway', metadata: { generateName: 'istiod-default-validator-check-' }, spec: {} };

async function put(client: KubeClient, path: string, body: { readonly metadata: { readonly name: string } }): Promise<void> {
  try {
    await client.request({ method: 'POST', path, body });
  } catch (error) {
    if (!isKubeError(error, 409)) throw error;
    await client.request({ method: 'PATCH', path: `${path}/${body.metadata.name}`, contentType: 'application/merge-patch+json', body });
  }
}

export type Registration = { /** The validation webhook is reached and failures of it are now refusals. */ readonly closed: Promise<void>; stop(): void };
/** Writes our webhook configurations, and makes the validation webhook binding once the API server reaches it. */
export function registerWebhooks(options: { readonly client: KubeClient; readonly place: Place; readonly log: Logger }): Registration {
  const { client, place, log } = options;
  const abort = new AbortController();
  const retried = async (what: string, work: () => Promise<boolean>): Promise<void> => {
    for (let wait = TRY_MS, told = false; !abort.signal.aborted; wait = Math.min(TRY_MS_MAX, wait * 2)) {
      try {
        if (await work()) return;
      } catch (error) {
        if (abort.signal.aborted) return;
        if (!told) log.warn({ error: errorText(error) }, `${what} failed and is tried again`);
        told = true;
      }
      await sleep(wait, undefined, { signal: abort.signal }).catch(() => undefined); // stopping ends the wait
    }
  };
  const run = async (): Promise<void> => {
    await retried('registering the webhooks', async () => {
      await put(client, MUTATING, injectorConfiguration(place));
      for (const configuration of validatorConfigurations(place, 'Ignore')) await put(client, VALIDATING, configuration);
      return true;
    });
    await retried('asking for a validation', async () => {
      try {
        await client.request({ method: 'POST', path: `/apis/networking.istio.io/v1/namespaces/${place.namespace}/gateways`, query: { dryRun: 'All' }, body: BAD_GATEWAY });
        return false; // let through: not reached yet
      } catch (error) {
        return error instanceof KubeError && error.code >= 400 && error.code < 500 && error.message.includes('validation.istio.io');
      }
    });
    if (abort.signal.aborted) return;
    await retried('making the validation binding', async () => {
      for (const configuration of validatorConfigurations(place, 'Fail')) await put(client, VALIDATING, configuration);
      return true;
    });
    log.info('the validation webhook is reached; objects it cannot judge are refused from now on');
  };
  return { closed: run(), stop: () => abort.abort() };
}
