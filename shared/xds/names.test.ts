import { expect, test } from 'vitest';
import { clusterName, nodeId, parseClusterName, parseNodeId, sniName } from './index.ts';

test('names go both ways', () => {
  const parts = { direction: 'outbound', port: 9080, subset: 'v1', host: 'reviews.default.svc.cluster.local' } as const;
  expect(clusterName(parts)).toBe('outbound|9080|v1|reviews.default.svc.cluster.local');
  expect(parseClusterName(clusterName(parts))).toEqual(parts);
  expect(parseClusterName('BlackHoleCluster')).toBeUndefined();
  expect(sniName(parts)).toBe('outbound_.9080_.v1_.reviews.default.svc.cluster.local');
  const id = 'sidecar~10.0.0.1~pod.ns~ns.svc.cluster.local';
  const node = parseNodeId(id);
  expect(node === undefined ? '' : nodeId(node)).toBe(id);
  expect(parseNodeId('waypoint~a')).toBeUndefined();
});
