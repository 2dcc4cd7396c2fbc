import { ConfigProblem, durationMs } from '#shared/evaluator';
import type { TcpProxy } from '#shared/xds';
import { compileAccessLogs } from '../stats/access-log.ts';
import type { Formatter } from '../stats/access-log.ts';

export type TcpConfig = { readonly statPrefix: string; readonly clusters: readonly string[]; readonly weights: readonly number[]; readonly totalWeight: number; readonly idleTimeoutMs: number; readonly logs: readonly { readonly format: Formatter; readonly onlyFlag: string | undefined }[] };

/** Envoy's idle timeout of a TCP proxy. */
const IDLE_MS = 3_600_000;

export function compileTcp(proxy: TcpProxy): TcpConfig {
  const weighted = proxy.weighted_clusters?.clusters ?? (proxy.cluster === undefined ? [] : [{ name: proxy.cluster, weight: 1 }]);
  const totalWeight = weighted.reduce((sum, entry) => sum + entry.weight, 0);
  if (weighted.length === 0 || totalWeight <= 0) throw new ConfigProblem('cluster_specifier', 'a TCP proxy needs a cluster or weighted clusters');
  return { statPrefix: proxy.stat_prefix ?? '', clusters: weighted.map((entry) => entry.name), weights: weighted.map((entry) => entry.weight), totalWeight, idleTimeoutMs: durationMs(proxy.idle_timeout, 'idle_timeout', IDLE_MS), logs: compileAccessLogs(proxy.access_log) };
}
