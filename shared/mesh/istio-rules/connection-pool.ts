import { parseDuration } from '#shared/base';
import type { FieldPath } from '../check/issue.ts';
import type { TrafficPolicy } from '../kinds/istio/destination-rule.ts';
import type { Loose } from './proto.ts';
import type { Report } from './report.ts';
import { durationError, percentError } from './values.ts';

type Pool = Loose<NonNullable<TrafficPolicy['connectionPool']>>;
type Outlier = Loose<NonNullable<TrafficPolicy['outlierDetection']>>;
const HTTP_COUNTS = [
  ['http1MaxPendingRequests', 'http1 max pending requests'], ['http2MaxRequests', 'http2 max requests'], ['maxRequestsPerConnection', 'max requests per connection'], ['maxRetries', 'max retries'],
  ['maxConcurrentStreams', 'max concurrent streams'],
] as const;

/** Limits of connections and requests. */
export function checkConnectionPool(pool: Pool | undefined, at: FieldPath, report: Report): void {
  if (pool === undefined) return;
  const { http, tcp } = pool;
  if (http === undefined && tcp === undefined) report.error(at, 'connection pool must have at least one field');
  if (http !== undefined) {
    for (const [field, words] of HTTP_COUNTS) if ((http[field] ?? 0) < 0) report.error([...at, 'http', field], `${words} must be non-negative`);
    report.error([...at, 'http', 'idleTimeout'], durationError(http.idleTimeout));
    if (http.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol === true) report.error([...at, 'http', 'useClientProtocol'], 'use client protocol must not be true when H2UpgradePolicy is UPGRADE');
    for (const field of http.http2KeepAlive === undefined ? [] : (['interval', 'timeout'] as const)) {
      const value = http.http2KeepAlive?.[field];
      report.error([...at, 'http', 'http2KeepAlive', field], value === undefined ? `http2 keepalive ${field} is required` : durationError(value));
    }
  }
  if (tcp === undefined) return;
  if ((tcp.maxConnections ?? 0) < 0) report.error([...at, 'tcp', 'maxConnections'], 'max connections must be non-negative');
  for (const field of ['connectTimeout', 'maxConnectionDuration'] as const) report.error([...at, 'tcp', field], durationError(tcp[field]));
  // 0s turns the idle timeout off.
  if (Math.trunc(parseDuration(tcp.idleTimeout ?? '0') ?? 0) !== 0) report.error([...at, 'tcp', 'idleTimeout'], durationError(tcp.idleTimeout));
  for (const field of ['time', 'interval'] as const) report.error([...at, 'tcp', 'tcpKeepalive', field], durationError(tcp.tcpKeepalive?.[field]));
}

/** When hosts are taken out. */
export function checkOutlier(outlier: Outlier | undefined, at: FieldPath, report: Report): void {
  if (outlier === undefined) return;
  report.error([...at, 'baseEjectionTime'], durationError(outlier.baseEjectionTime));
  if ((outlier.consecutiveErrors ?? 0) !== 0) report.warn([...at, 'consecutiveErrors'], 'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead');
  if (outlier.splitExternalLocalOriginErrors !== true && (outlier.consecutiveLocalOriginFailures ?? 0) > 0) {
    report.error([...at, 'consecutiveLocalOriginFailures'], 'outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false');
  }
  report.error([...at, 'interval'], durationError(outlier.interval));
  report.error([...at, 'maxEjectionPercent'], percentError(outlier.maxEjectionPercent));
  report.error([...at, 'minHealthPercent'], percentError(outlier.minHealthPercent));
}
