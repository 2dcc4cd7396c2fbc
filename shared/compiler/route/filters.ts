import type { HTTPRoute } from '#shared/mesh';
import type { Any, FractionalPercent } from '#shared/xds';
import { duration } from '../values.ts';
import { stringMatcher } from './match.ts';

export const FAULT = 'envoy.filters.http.fault';
export const CORS = 'envoy.filters.http.cors';
const GRPC_STATUS: ReadonlyMap<string, number> = new Map([
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED',
].map((name, code) => [name, code]));

/** A percentage as millionths: 12.5 % is 125 000. */
export const millionths = (percent: number): FractionalPercent => ({ numerator: Math.trunc(Number((percent * 10_000).toFixed(3))), denominator: 'MILLION' });
const hundredths = (percent: number): FractionalPercent => ({ numerator: percent });

type Fault = NonNullable<HTTPRoute['fault']>;
function delayOf(delay: Fault['delay']): object | undefined {
  const fixed = duration(delay?.fixedDelay);
  if (delay === undefined || fixed === undefined) return undefined;
  return { fixed_delay: fixed, percentage: delay.percentage === undefined ? hundredths(delay.percent ?? 0) : millionths(delay.percentage.value ?? 0) };
}
function abortOf(abort: Fault['abort']): object | undefined {
  if (abort === undefined) return undefined;
  const percentage = abort.percentage === undefined ? {} : { percentage: millionths(abort.percentage.value ?? 0) };
  if (abort.httpStatus !== undefined) return { http_status: abort.httpStatus, ...percentage };
  const code = abort.grpcStatus === undefined ? undefined : GRPC_STATUS.get(abort.grpcStatus);
  return code === undefined ? undefined : { grpc_status: code, ...percentage };
}
type FilterConfig = Any<{ readonly [field: string]: unknown }>;
export function faultConfig(fault: Fault | undefined): FilterConfig | undefined {
  const [delay, abort] = [delayOf(fault?.delay), abortOf(fault?.abort)];
  if (delay === undefined && abort === undefined) return undefined;
  return { '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault', ...(delay === undefined ? {} : { delay }), ...(abort === undefined ? {} : { abort }) };
}

export function corsConfig(cors: HTTPRoute['corsPolicy']): FilterConfig | undefined {
  if (cors === undefined) return undefined;
  const origins = cors.allowOrigins === undefined ? (cors.allowOrigin ?? []).map((exact) => ({ exact })) : cors.allowOrigins.map(stringMatcher);
  const age = duration(cors.maxAge);
  const joined = (key: string, items: readonly string[] | undefined): object => (items === undefined || items.length === 0 ? {} : { [key]: items.join(',') });
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy', ...(origins.length === 0 ? {} : { allow_origin_string_match: origins }),
    ...joined('allow_methods', cors.allowMethods), ...joined('allow_headers', cors.allowHeaders), ...joined('expose_headers', cors.exposeHeaders), ...(age === undefined ? {} : { max_age: String(Math.trunc(Number(age.slice(0, -1)))) }),
    ...(typeof cors.allowCredentials === 'boolean' ? { allow_credentials: cors.allowCredentials } : {}), filter_enabled: { default_value: hundredths(100) }, forward_not_matching_preflights: cors.unmatchedPreflights !== 'IGNORE',
  };
}

/** The share a mirror gets; undefined for none. */
export function mirrorShare(percentage: { readonly value?: number } | undefined, old?: number | null): FractionalPercent | undefined {
  if (percentage !== undefined) return (percentage.value ?? 0) > 0 ? millionths(percentage.value ?? 0) : undefined;
  if (typeof old === 'number') return old > 0 ? hundredths(old) : undefined;
  return hundredths(100);
}
