import { parseDuration } from '#shared/base';
import type { RetryPolicy } from '#shared/xds';
import { ConfigProblem } from '../problem.ts';
import type { HeaderList } from '../request.ts';
import { headerOf } from '../request.ts';
import type { Trace } from '../reasons.ts';

const CONDITIONS = [
  '5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'refused-stream', 'envoy-ratelimited', 'retriable-4xx',
  'retriable-status-codes', 'retriable-headers', 'http3-post-connect-failure', 'cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable',
] as const;
export type RetryCondition = (typeof CONDITIONS)[number];
const KNOWN: ReadonlySet<string> = new Set(CONDITIONS);
const isCondition = (text: string): text is RetryCondition => KNOWN.has(text);
const GRPC_STATUS: ReadonlyMap<string, RetryCondition> = new Map([['1', 'cancelled'], ['4', 'deadline-exceeded'], ['8', 'resource-exhausted'], ['13', 'internal'], ['14', 'unavailable']]);

/** Envoy's defaults: base of the back-off; the maximum is ten times the base. */
const BACK_OFF_BASE_MS = 25;
const BACK_OFF_MAX_FACTOR = 10;
/** Retries of a policy that gives no number. */
const RETRIES_DEFAULT = 1;

export type CompiledRetry = {
  readonly on: ReadonlySet<RetryCondition>;
  readonly retriesMax: number;
  readonly perTryTimeoutMs: number;
  readonly codes: ReadonlySet<number>;
  readonly avoidsPreviousHosts: boolean;
  readonly hostPicksMax: number;
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
};

/** How one try ended, as far as a retry is concerned. */
export type TryOutcome =
  | { readonly kind: 'response'; readonly status: number; readonly headers: HeaderList }
  | { readonly kind: 'connect-failure' }
  | { readonly kind: 'reset'; readonly requestSent: boolean }
  | { readonly kind: 'refused-stream' }
  | { readonly kind: 'per-try-timeout' }
  | { readonly kind: 'overflow' };

const durationOf = (text: string | undefined, field: string): number | undefined => {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || ms < 0) throw new ConfigProblem(field, `"${text}" is not a duration`);
  return ms;
};

export function parseRetryOn(text: string): ReadonlySet<RetryCondition> {
  return new Set(text.split(',').map((word) => word.trim()).filter(isCondition)); // unknown words are ignored, as Envoy does
}

export function compileRetry(policy: RetryPolicy, field: string): CompiledRetry {
  const base = durationOf(policy.retry_back_off?.base_interval, `${field}.retry_back_off.base_interval`) ?? BACK_OFF_BASE_MS;
  const max = durationOf(policy.retry_back_off?.max_interval, `${field}.retry_back_off.max_interval`) ?? base * BACK_OFF_MAX_FACTOR;
  if (base <= 0) throw new ConfigProblem(`${field}.retry_back_off`, 'retry_policy.base_interval must be greater than 0');
  if (max < base) throw new ConfigProblem(`${field}.retry_back_off`, 'retry_policy.max_interval must greater than or equal to the base_interval');
  const predicates = policy.retry_host_predicate ?? [];
  return {
    on: parseRetryOn(policy.retry_on ?? ''),
    retriesMax: policy.num_retries ?? RETRIES_DEFAULT,
    perTryTimeoutMs: durationOf(policy.per_try_timeout, `${field}.per_try_timeout`) ?? 0,
    codes: new Set(policy.retriable_status_codes ?? []),
    avoidsPreviousHosts: predicates.some((predicate) => predicate.name.endsWith('previous_hosts')),
    hostPicksMax: Math.max(1, Number(policy.host_selection_retry_max_attempts ?? 1)),
    backOffBaseMs: base,
    backOffMaxMs: max,
  };
}

/** The policy of one request: its `x-envoy-*` headers add to the policy of the route (Envoy's router docs). */
export function retryForRequest(policy: CompiledRetry | undefined, headers: HeaderList): CompiledRetry | undefined {
  const on = [headerOf(headers, 'x-envoy-retry-on'), headerOf(headers, 'x-envoy-retry-grpc-on')].filter((text) => text !== undefined).join(',');
  const max = headerOf(headers, 'x-envoy-max-retries');
  const codes = (headerOf(headers, 'x-envoy-retriable-status-codes') ?? '').split(',').map(Number).filter((code) => code > 0);
  if (on === '' && (policy === undefined || max === undefined)) return policy;
  const base = policy ?? compileRetry({}, '');
  const retriesMax = max !== undefined && /^\d{1,9}$/.test(max) ? Number(max) : base.retriesMax;
  return { ...base, on: new Set([...base.on, ...parseRetryOn(on)]), retriesMax, codes: new Set([...base.codes, ...codes]) };
}

/** The condition of the policy that the outcome meets; undefined when it is not retried. */
function metCondition(policy: CompiledRetry, outcome: TryOutcome): RetryCondition | undefined {
  const first = (...wanted: readonly RetryCondition[]): RetryCondition | undefined => wanted.find((condition) => policy.on.has(condition));
  switch (outcome.kind) {
    case 'overflow': return undefined;
    case 'connect-failure': return first('connect-failure', '5xx', 'gateway-error', 'reset-before-request');
    case 'refused-stream': return first('refused-stream', '5xx', 'gateway-error', 'reset');
    case 'per-try-timeout': return first('5xx', 'gateway-error', 'reset');
    case 'reset': return first('5xx', 'gateway-error', 'reset', ...(outcome.requestSent ? [] : (['reset-before-request'] as const)));
    case 'response': {
      if (headerOf(outcome.headers, 'x-envoy-ratelimited') !== undefined) return first('envoy-ratelimited');
      const { status } = outcome;
      if (status >= 500 && policy.on.has('5xx')) return '5xx';
      if ((status === 502 || status === 503 || status === 504) && policy.on.has('gateway-error')) return 'gateway-error';
      if (status === 409 && policy.on.has('retriable-4xx')) return 'retriable-4xx';
      if (policy.codes.has(status) && policy.on.has('retriable-status-codes')) return 'retriable-status-codes';
      const grpc = GRPC_STATUS.get(headerOf(outcome.headers, 'grpc-status') ?? '');
      return grpc !== undefined && policy.on.has(grpc) ? grpc : undefined;
    }
  }
}

/** Whether the policy would retry this outcome, the number of tries left aside. */
export function wouldRetry(policy: CompiledRetry, outcome: TryOutcome, trace?: Trace): boolean {
  const condition = metCondition(policy, outcome);
  if (trace !== undefined) {
    trace.push(condition === undefined
      ? { step: 'retry', outcome: 'decided', code: 'retry-no', subject: '', field: 'retry_policy.retry_on', params: { why: outcome.kind } }
      : { step: 'retry', outcome: 'decided', code: 'retry-yes', subject: '', field: 'retry_policy.retry_on', params: { condition } });
  }
  return condition !== undefined;
}

/** The pause before retry number `n` (1 is the first), ms: uniform in [0, base·2^(n−1)), at most the maximum (measured from Envoy 1.40). */
export const backOffMs = (policy: CompiledRetry, n: number, dice: () => number): number => dice() * Math.min(policy.backOffMaxMs, policy.backOffBaseMs * 2 ** (n - 1));
