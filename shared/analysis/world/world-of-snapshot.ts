import { refOf } from '#shared/mesh';
import type { MeshPod, MeshService, MeshSnapshot } from '#shared/mesh';
import { namespaceFacts } from './facts.ts';
import type { PodFacts, ServiceFacts } from './facts.ts';
import { HostRegistry } from './hosts.ts';
import { PodIndex } from './pod-index.ts';
import { hostOfService, hostsOfEntry, worldOfObjects } from './world-of-objects.ts';
import type { WorldOptions } from './world-of-objects.ts';
import type { World } from './world.ts';

/** What a snapshot does not hold. */
const NOT_IN_SNAPSHOT = ['Secret', 'ServiceAccount', 'Deployment'];

export function worldOfSnapshot(snapshot: MeshSnapshot, options: WorldOptions = {}): World {
  const objects = [...snapshot.virtualServices.values(), ...snapshot.destinationRules.values(), ...snapshot.gateways.values(), ...snapshot.peerAuthentications.values(), ...snapshot.others.values()];
  const world = worldOfObjects(objects, { rootNamespace: snapshot.mesh.rootNamespace, ...options, missing: [...NOT_IN_SNAPSHOT, ...(options.missing ?? [])] });
  const services = [...snapshot.services.values()].map(serviceOf);
  const pods = [...snapshot.pods.values()].map(podOf);
  return {
    ...world, services, pods, namespaces: new Map([...snapshot.namespaces.values()].map((object) => [object.metadata.name, namespaceFacts(object, refOf(object))])),
    hosts: new HostRegistry([...services.map(hostOfService), ...world.serviceEntries.flatMap(hostsOfEntry)]), podIndex: new PodIndex(pods),
  };
}

const serviceOf = (service: MeshService): ServiceFacts => ({
  ref: { group: '', kind: 'Service', namespace: service.namespace, name: service.name }, name: service.name, namespace: service.namespace, host: service.host, labels: service.labels,
  type: service.externalName === undefined ? 'ClusterIP' : 'ExternalName', selector: service.selector === undefined || Object.keys(service.selector).length === 0 ? undefined : service.selector, exportTo: service.exportTo,
  ports: service.ports.map((port) => ({ name: port.name, port: port.port, l4: port.protocol === 'UDP' ? 'UDP' : 'TCP', targetPort: port.targetPort, protocol: port.protocol })),
});
const podOf = (pod: MeshPod): PodFacts => ({
  ref: { group: '', kind: 'Pod', namespace: pod.namespace, name: pod.name }, name: pod.name, namespace: pod.namespace, labels: pod.labels, serviceAccount: pod.serviceAccount, hasProxy: pod.hasSidecar,
  isOnHostNetwork: pod.hostNetwork, isAmbient: false, isFinished: false, injectLabel: pod.labels['sidecar.istio.io/inject'], containerPorts: pod.containerPorts, proxyUser: undefined,
});
