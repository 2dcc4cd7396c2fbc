import type { FieldPath } from '../check/issue.ts';
import type { HTTPMatchRequest, HTTPRoute } from '../kinds/istio/virtual-service.ts';
import { corsNameError } from './headers.ts';
import { portError } from './names.ts';
import type { Loose } from './proto.ts';
import { each, quoted } from './report.ts';
import type { Report } from './report.ts';
import { durationError, matchForm, matchRegexError, patternError, shareError } from './values.ts';

type Route = Loose<HTTPRoute>;
const BODY_BYTES_MAX = 1024 * 1024;
const BODY_BYTES_LARGE = 100 * 1024;
const GRPC_STATUSES: ReadonlySet<string> = new Set([
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL',
  'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED',
]);
const RETRY_WORDS: ReadonlySet<string> = new Set([
  '5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'retriable-4xx', 'refused-stream', 'retriable-status-codes', 'retriable-headers', 'envoy-ratelimited', 'http3-post-connect-failure',
  'cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable',
]);
/** Statuses Go has a text for; only those are taken as retriable. */
const STATUSES: ReadonlySet<number> = new Set([
  100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424,
  425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
]);
const CORS_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*']);
// 600 passes in Istio, whatever its own message says; the same here.
const statusError = (status: number | undefined): string | undefined => ((status ?? 0) < 200 || (status ?? 0) > 600 ? `HTTP status ${status ?? 0} is not in range 200-599` : undefined);

export function checkRetries(retries: Route['retries'], at: FieldPath, report: Report): void {
  if (retries === undefined) return;
  const attempts = retries.attempts ?? 0;
  if (attempts < 0) report.error([...at, 'attempts'], 'attempts cannot be negative');
  const isConfigured = retries.perTryTimeout !== undefined || (retries.retryOn ?? '') !== '' || retries.retryRemoteLocalities !== undefined;
  if (attempts === 0 && isConfigured) report.error(at, 'http retry policy configured when attempts are set to 0 (disabled)');
  report.error([...at, 'perTryTimeout'], durationError(retries.perTryTimeout));
  for (const word of (retries.retryOn ?? '') === '' ? [] : (retries.retryOn ?? '').split(',')) {
    if (!RETRY_WORDS.has(word) && !(/^[-+]?\d+$/.test(word) && STATUSES.has(Number(word)))) report.error([...at, 'retryOn'], `${quoted(word)} is not a valid retryOn policy`);
  }
  report.error([...at, 'backoff'], durationError(retries.backoff));
}

export function checkFault(fault: Route['fault'], at: FieldPath, report: Report): void {
  if (fault === undefined) return;
  const { abort, delay } = fault;
  if (abort === undefined && delay === undefined) report.error(at, 'HTTP fault injection must have an abort and/or a delay');
  if (abort !== undefined) {
    report.error([...at, 'abort', 'percentage', 'value'], shareError(abort.percentage?.value));
    if (abort.grpcStatus !== undefined) {
      const isKnown = GRPC_STATUSES.has(abort.grpcStatus);
      report.error([...at, 'abort', 'grpcStatus'], isKnown ? undefined : `gRPC status ${quoted(abort.grpcStatus)} is not supported. See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported codes, for example 'NOT_FOUND'`);
    } else if (abort.http2Error !== undefined) report.error([...at, 'abort', 'http2Error'], 'HTTP/2 abort fault injection not supported yet');
    else if (abort.httpStatus === undefined) report.warn([...at, 'abort'], 'abort configured, but error type not set');
    else report.error([...at, 'abort', 'httpStatus'], statusError(abort.httpStatus));
  }
  if (delay === undefined) return;
  report.error([...at, 'delay', 'percentage', 'value'], shareError(delay.percentage?.value));
  report.error([...at, 'delay', 'fixedDelay'], durationError(delay.fixedDelay));
  if (delay.exponentialDelay !== undefined) report.error([...at, 'delay', 'exponentialDelay'], 'exponentialDelay not supported yet');
}

export function checkCors(cors: Route['corsPolicy'], at: FieldPath, report: Report): void {
  if (cors === undefined) return;
  for (const [i, origin] of each(cors.allowOrigins)) {
    const form = matchForm(origin);
    report.error([...at, 'allowOrigins', i], (form?.text ?? '') === '' ? "'' is not a valid match type for CORS allow origins" : matchRegexError(origin, 'corsPolicy.allowOrigins'));
  }
  for (const [i, method] of each(cors.allowMethods)) if (!CORS_METHODS.has(method)) report.error([...at, 'allowMethods', i], `${quoted(method)} is not a supported HTTP method`);
  for (const [i, name] of each(cors.allowHeaders)) report.error([...at, 'allowHeaders', i], corsNameError(name));
  for (const [i, name] of each(cors.exposeHeaders)) report.error([...at, 'exposeHeaders', i], corsNameError(name));
  report.error([...at, 'maxAge'], durationError(cors.maxAge));
  if (cors.maxAge !== undefined && /\.\d*[1-9]|[num]s$|µs$/.test(cors.maxAge)) report.error([...at, 'maxAge'], 'max_age duration is accurate only to seconds precision');
}

export function checkRedirect(redirect: Route['redirect'], matches: readonly Loose<HTTPMatchRequest>[] | undefined, at: FieldPath, report: Report): void {
  report.error(at, redirect === undefined ? undefined : redirectError(redirect, matches ?? []));
}
function redirectError(redirect: NonNullable<Route['redirect']>, matches: readonly Loose<HTTPMatchRequest>[]): string | undefined {
  const { uri = '', prefixRewrite = '', authority = '', scheme = '', redirectCode = 0, port } = redirect;
  if (uri !== '' && prefixRewrite !== '') return 'redirect may only specify one of uri or prefix_rewrite';
  if (prefixRewrite !== '' && matches.some((match) => match.uri !== undefined && matchForm(match.uri)?.form !== 'prefix')) return 'redirect prefix_rewrite requires all URI matches to use prefix match type';
  const hasPort = port !== undefined || redirect.derivePort !== undefined;
  if (uri === '' && prefixRewrite === '' && authority === '' && scheme === '' && !hasPort) return 'redirect must specify URI, authority, scheme, or port';
  if (redirectCode !== 0 && (redirectCode < 300 || redirectCode > 399)) return `${redirectCode} is not a valid redirect code, must be 3xx`;
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https') return 'invalid redirect scheme, must be "http" or "https"';
  return (port ?? 0) > 0 ? portError(port) : undefined;
}

export function checkDirectResponse(response: Route['directResponse'], at: FieldPath, report: Report): void {
  if (response === undefined) return;
  const bytes = response.body?.bytes === undefined ? (response.body?.string ?? '').length : (response.body.bytes.length * 3) / 4;
  const text = 'large direct_responses may impact control plane performance';
  if (bytes > BODY_BYTES_MAX) report.error([...at, 'body'], `${text}, must be less than 1MB`);
  else if (bytes > BODY_BYTES_LARGE) report.warn([...at, 'body'], text);
  report.error([...at, 'status'], statusError(response.status));
}

export function checkRewrite(route: Route, at: FieldPath, report: Report): void {
  const { rewrite } = route;
  if (rewrite === undefined) return;
  const { uri = '', authority = '', uriRegexRewrite } = rewrite;
  if (uri !== '' && uriRegexRewrite !== undefined) report.error(at, 'rewrite may only contain one of URI or UriRegexRewrite');
  else if (uri === '' && uriRegexRewrite === undefined && authority === '') report.error(at, 'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified');
  else if (uriRegexRewrite !== undefined) {
    const isFull = (uriRegexRewrite.match ?? '') !== '' && (uriRegexRewrite.rewrite ?? '') !== '';
    const error = isFull ? patternError(uriRegexRewrite.match ?? '', 'HTTPRewrite.UriRegexRewrite.Match') : 'UriRegexRewrite requires both Rewrite and Match fields to be specified';
    report.error([...at, 'uriRegexRewrite'], error === undefined ? undefined : `UriRegexRewrite has errors\n${error}`);
  }
}
