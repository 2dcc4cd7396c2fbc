import type { HTTPRoute } from '#shared/mesh';
import type { RetryPolicy } from '#shared/xds';
import { duration, isSet } from '../values.ts';

/** istio: DefaultPolicy. No status codes are listed, so a plain 503 of the application is not retried. */
const RETRY_ON = 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes';
const HOST_PICKS = '5';
const PREVIOUS_HOSTS = [{ name: 'envoy.retry_host_predicates.previous_hosts', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate' } }];
const PREVIOUS_PRIORITIES = {
  name: 'envoy.retry_priorities.previous_priorities',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig', update_frequency: 2 },
};

/** Names stay, numbers are status codes. */
function parseRetryOn(text: string): Pick<RetryPolicy, 'retry_on' | 'retriable_status_codes'> {
  const words = text.split(',').map((word) => word.trim()).filter((word) => word !== '');
  const codes = words.filter((word) => /^[1-5]\d\d$/.test(word)).map(Number);
  const names = words.filter((word) => !/^[1-5]\d\d$/.test(word));
  if (codes.length > 0 && !names.includes('retriable-status-codes')) names.push('retriable-status-codes');
  return { retry_on: names.join(','), ...(codes.length === 0 ? {} : { retriable_status_codes: codes }) };
}

/** The policy of a rule; without one that of the mesh; attempts of 0 are none. With consistent hashing a retry goes to the same host. */
export function retryPolicy(retries: HTTPRoute['retries'], meshAttempts: number, hashed: boolean): RetryPolicy | undefined {
  const attempts = retries === undefined ? meshAttempts : (retries.attempts ?? 0);
  if (attempts <= 0) return undefined;
  const perTry = duration(retries?.perTryTimeout);
  const backoff = duration(retries?.backoff);
  const avoid = isSet(retries?.retryIgnorePreviousHosts) ? retries.retryIgnorePreviousHosts : !hashed;
  return {
    num_retries: attempts, ...(retries?.retryOn === undefined || retries.retryOn === '' ? { retry_on: RETRY_ON } : parseRetryOn(retries.retryOn)), host_selection_retry_max_attempts: HOST_PICKS,
    ...(avoid ? { retry_host_predicate: PREVIOUS_HOSTS } : {}), ...(perTry === undefined ? {} : { per_try_timeout: perTry }),
    ...(retries?.retryRemoteLocalities === true ? { retry_priority: PREVIOUS_PRIORITIES } : {}), ...(backoff === undefined ? {} : { retry_back_off: { base_interval: backoff } }),
  };
}
/** Server side: a request whose connection the application closed before it was sent is sent once more on another. */
export const INBOUND_RETRY: RetryPolicy = { num_retries: 2, retry_on: 'reset-before-request' };
