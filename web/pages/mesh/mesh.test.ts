import { expect, test } from 'vitest';
import { judgeProxy, proxyKey, syncWords } from './sync.ts';
import type { ProxyRow } from './sync.ts';

const HOUR = 3_600_000;
const row = (more: Partial<ProxyRow> = {}): ProxyRow => ({ pod: 'reviews-v1-abc.default', namespace: 'default', type: 'sidecar', version: '1', istiod: 'istiod-1', cds: 'SYNCED', lds: 'SYNCED', eds: 'SYNCED', rds: 'SYNCED', certificateTo: 20 * HOUR, ...more });

test('a proxy is judged with its reason, refusal before lag before certificate', () => {
  expect(judgeProxy(row(), 0)).toEqual({ state: 'healthy', reason: 'in sync' });
  expect(judgeProxy(row({ rds: 'STALE', eds: 'STALE' }), 0).reason).toBe('has not acknowledged EDS, RDS');
  expect(judgeProxy(row({ lastError: 'bad regex', rds: 'ERROR' }), 0)).toEqual({ state: 'failing', reason: 'refused its configuration: bad regex' });
  expect(judgeProxy(row(), 19 * HOUR).state).toBe('degraded');
  expect(judgeProxy(row(), 21 * HOUR).state).toBe('failing');
  expect(syncWords([row(), row({ cds: 'STALE' })], 0)).toBe('1 of 2 in sync');
  expect(proxyKey(row())).toBe('default/reviews-v1-abc');
});
