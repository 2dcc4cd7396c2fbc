/** What an Envoy response flag says in plain words, and whether the mesh (not the application) made the answer. */
export type FlagMeaning = { readonly long: string; readonly words: string; readonly byMesh: boolean };

const entry = (flag: string, long: string, words: string, byMesh = true): readonly [string, FlagMeaning] => [flag, { long, words, byMesh }];

/** Envoy's response flags, in the order of its API. */
export const FLAGS: ReadonlyMap<string, FlagMeaning> = new Map([
  entry('LH', 'FailedLocalHealthCheck', 'The local service failed its health check.'),
  entry('UH', 'NoHealthyUpstream', 'No healthy endpoint was left to send the request to.'),
  entry('UT', 'UpstreamRequestTimeout', 'The answer did not come within the timeout of the route.'),
  entry('LR', 'LocalReset', 'The sidecar reset the connection.'),
  entry('UR', 'UpstreamRemoteReset', 'The endpoint reset the connection.'),
  entry('UF', 'UpstreamConnectionFailure', 'The connection to the endpoint failed.'),
  entry('UC', 'UpstreamConnectionTermination', 'The endpoint closed the connection before it answered.'),
  entry('UO', 'UpstreamOverflow', 'A circuit breaker was open.'),
  entry('NR', 'NoRouteFound', 'No route matches the request.'),
  entry('DI', 'DelayInjected', 'A fault rule delayed the request.'),
  entry('FI', 'FaultInjected', 'A fault rule answered the request.'),
  entry('RL', 'RateLimited', 'A rate limit refused the request.'),
  entry('UAEX', 'UnauthorizedExternalService', 'An external authorization service refused the request.'),
  entry('RLSE', 'RateLimitServiceError', 'The rate limit service failed.'),
  entry('DC', 'DownstreamConnectionTermination', 'The caller went away before the answer was complete.', false),
  entry('URX', 'UpstreamRetryLimitExceeded', 'Every retry was used up.'),
  entry('SI', 'StreamIdleTimeout', 'Nothing was sent for longer than the idle timeout.'),
  entry('IH', 'InvalidEnvoyRequestHeaders', 'A header of the request was refused.'),
  entry('DPE', 'DownstreamProtocolError', 'The caller sent bytes that are not valid HTTP.', false),
  entry('UMSDR', 'UpstreamMaxStreamDurationReached', 'The request took longer than the longest allowed stream.'),
  entry('RFCF', 'ResponseFromCacheFilter', 'A cache answered the request.'),
  entry('NFCF', 'NoFilterConfigFound', 'A filter had no configuration yet.'),
  entry('DT', 'DurationTimeout', 'The connection lived longer than allowed.'),
  entry('UPE', 'UpstreamProtocolError', 'The endpoint sent bytes that are not valid HTTP.'),
  entry('NC', 'NoClusterFound', 'The route names a cluster that does not exist: check host, port and subset.'),
  entry('OM', 'OverloadManagerTerminated', 'The sidecar was overloaded.'),
  entry('DF', 'DnsResolutionFailed', 'The name of the endpoint could not be resolved.'),
  entry('DO', 'DropOverload', 'The load report told the sidecar to drop the request.'),
  entry('DR', 'DownstreamRemoteReset', 'The caller reset the stream.', false),
]);
