import { parseQuantity } from '#shared/base';
import { recordAt, recordsAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';

const COMPUTE = ['cpu', 'memory'];

/** Guaranteed: every container has equal requests and limits for cpu and memory; BestEffort: none has any; else Burstable. */
export function qosClass(object: KObject): string {
  const containers = [...recordsAt(object, 'spec', 'containers'), ...recordsAt(object, 'spec', 'initContainers')];
  const amounts = (container: unknown, kind: 'requests' | 'limits'): readonly string[] => Object.entries(recordAt(container, 'resources', kind) ?? {}).filter(([name, v]) => COMPUTE.includes(name) && (parseQuantity(String(v)) ?? 0) > 0).map(([name, v]) => `${name}=${parseQuantity(String(v))}`).sort();
  if (containers.every((container) => amounts(container, 'requests').length === 0 && amounts(container, 'limits').length === 0)) return 'BestEffort';
  const isGuaranteed = containers.every((container) => amounts(container, 'limits').length === COMPUTE.length && amounts(container, 'requests').join() === amounts(container, 'limits').join());
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}
