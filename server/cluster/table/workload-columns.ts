import { numberAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { selectorText } from '../selectors/selection.ts';
import { at } from '../object/object.ts';
import { ageOf } from './age.ts';
import { AGE, column, NAME, NONE, UNSET, WIDE } from './column.ts';
import type { Column, Printer } from './printer.ts';

const INTEGER = { type: 'integer' } as const;
const templateColumns: readonly Column[] = [column('Containers', 'Names of the containers.', WIDE), column('Images', 'Images of the containers.', WIDE), column('Selector', 'Labels of the pods.', WIDE)];
function templateCells(object: KObject): readonly string[] {
  const containers = recordsAt(object, 'spec', 'template', 'spec', 'containers');
  return [containers.map((one) => textAt(one, 'name')).join(','), containers.map((one) => textAt(one, 'image')).join(','), selectorText(at(object, 'spec', 'selector')) || NONE];
}
const count = (object: KObject, ...path: readonly string[]): number => numberAt(object, ...path) ?? 0;

const deployments: Printer = {
  columns: [NAME, column('Ready', 'Ready pods, of the wanted.'), column('Up-to-date', 'Pods of the newest template.'), column('Available', 'Pods ready for at least minReadySeconds.'), AGE, ...templateColumns],
  cells: (object, { now }) => [
    object.metadata.name, `${count(object, 'status', 'readyReplicas')}/${count(object, 'spec', 'replicas')}`, count(object, 'status', 'updatedReplicas'), count(object, 'status', 'availableReplicas'), ageOf(object.metadata.creationTimestamp, now), ...templateCells(object),
  ],
};
const replicaSets: Printer = {
  columns: [NAME, column('Desired', 'Wanted pods.', INTEGER), column('Current', 'Pods there are.', INTEGER), column('Ready', 'Ready pods.', INTEGER), AGE, ...templateColumns],
  cells: (object, { now }) => [object.metadata.name, count(object, 'spec', 'replicas'), count(object, 'status', 'replicas'), count(object, 'status', 'readyReplicas'), ageOf(object.metadata.creationTimestamp, now), ...templateCells(object)],
};

function endpointPorts(object: KObject): string {
  const ports = recordsAt(object, 'ports');
  if (ports.length === 0) return UNSET;
  const texts = ports.map((port) => (numberAt(port, 'port') === undefined ? '*' : String(port['port'])));
  return limited(texts);
}
function limited(texts: readonly string[]): string {
  const shown = texts.slice(0, 3).join(',');
  return texts.length > 3 ? `${shown} + ${texts.length - 3} more...` : shown;
}
const endpointSlices: Printer = {
  columns: [NAME, column('AddressType', 'IPv4, IPv6 or FQDN.'), column('Ports', 'Ports of the endpoints.'), column('Endpoints', 'Addresses.'), AGE],
  cells: (object, { now }) => {
    const addresses = recordsAt(object, 'endpoints').flatMap((endpoint) => (Array.isArray(endpoint['addresses']) ? endpoint['addresses'].map(String) : []));
    return [object.metadata.name, textAt(object, 'addressType'), endpointPorts(object), addresses.length === 0 ? UNSET : limited(addresses), ageOf(object.metadata.creationTimestamp, now)];
  },
};

/** ip:port of the first three endpoints. */
function endpointTexts(object: KObject): readonly string[] {
  return recordsAt(object, 'subsets').flatMap((subset) => {
    const addresses = recordsAt(subset, 'addresses').map((one) => textAt(one, 'ip'));
    const ports = recordsAt(subset, 'ports');
    return ports.length === 0 ? addresses : ports.flatMap((port) => addresses.map((ip) => `${ip}:${String(port['port'])}`));
  });
}
const endpoints: Printer = {
  columns: [NAME, column('Endpoints', 'Addresses and ports that are ready.'), AGE],
  cells: (object, { now }) => {
    const texts = endpointTexts(object);
    return [object.metadata.name, texts.length === 0 ? NONE : limited(texts), ageOf(object.metadata.creationTimestamp, now)];
  },
};

export const workloadColumns: readonly (readonly [string, Printer])[] = [['apps/deployments', deployments], ['apps/replicasets', replicaSets], ['discovery.k8s.io/endpointslices', endpointSlices], ['/endpoints', endpoints]];
