import { expect, test } from 'vitest';
import { failureText, refusal } from './fits.ts';

const node = (spec: object, labels: Record<string, string> = {}) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'laptop', labels }, spec, status: { allocatable: { cpu: '2', memory: '4Gi' } } });
const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec: { containers: [{ name: 'a' }], ...spec } });

test('a node refuses in the words of the real scheduler', () => {
  expect(refusal(node({}), pod({}))).toBeUndefined();
  expect(refusal(node({ unschedulable: true }), pod({}))).toBe('node(s) were unschedulable');
  expect(refusal(node({ taints: [{ key: 'gpu', effect: 'NoSchedule' }] }), pod({}))).toBe('node(s) had untolerated taint {gpu: }');
  expect(refusal(node({ taints: [{ key: 'gpu', effect: 'NoSchedule' }] }), pod({ tolerations: [{ operator: 'Exists' }] }))).toBeUndefined();
  expect(refusal(node({}), pod({ nodeSelector: { disk: 'ssd' } }))).toBe("node(s) didn't match Pod's node affinity/selector");
  expect(refusal(node({}, { disk: 'ssd' }), pod({ nodeSelector: { disk: 'ssd' } }))).toBeUndefined();
  expect(refusal(node({}), pod({ containers: [{ name: 'a', resources: { requests: { cpu: '1500m' } } }, { name: 'b', resources: { requests: { cpu: '1' } } }] }))).toBe('Insufficient cpu');
  expect(failureText(1, ['Insufficient cpu'])).toBe('0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.');
});
