import type { HealthState } from '#shared/health';
import type { MeshInfo } from '#web/data';

type ProxyRow = Extract<MeshInfo['proxies'], { state: 'value' }>['value'][number];
export type { ProxyRow };

/** Time before its end at which a certificate that was not renewed is worth a warning; sidecars renew at half of 24 h. */
const CERTIFICATE_SOON_MS = 2 * 3_600_000;
const TYPES = [['CDS', 'cds'], ['LDS', 'lds'], ['EDS', 'eds'], ['RDS', 'rds']] as const;

/** A proxy's state with its reason: what it refused, what it has not acknowledged, a certificate near its end. */
export function judgeProxy(row: ProxyRow, now: number): { readonly state: HealthState; readonly reason: string } {
  if (row.lastError !== undefined && row.lastError !== '') return { state: 'failing', reason: `refused its configuration: ${row.lastError}` };
  const stale = TYPES.filter(([, field]) => row[field] === 'STALE' || row[field] === 'ERROR').map(([name]) => name);
  if (stale.length > 0) return { state: 'degraded', reason: `has not acknowledged ${stale.join(', ')}` };
  if (row.certificateTo !== undefined && row.certificateTo < now) return { state: 'failing', reason: 'its certificate has ended' };
  if (row.certificateTo !== undefined && row.certificateTo - now < CERTIFICATE_SOON_MS) return { state: 'degraded', reason: 'its certificate ends soon and was not renewed' };
  return { state: 'healthy', reason: 'in sync' };
}

/** "7 of 7 in sync". */
export function syncWords(rows: readonly ProxyRow[], now: number): string {
  const well = rows.filter((row) => judgeProxy(row, now).state === 'healthy').length;
  return `${well} of ${rows.length} in sync`;
}

/** Namespace and pod of a proxy's name: istiod says "pod.namespace". */
export const proxyKey = (row: ProxyRow): string => `${row.namespace}/${row.pod.replace(`.${row.namespace}`, '')}`;
