import { canonicalName, workloadNameOfPod } from '../hosts/canonical.ts';
import { serviceHost } from '../hosts/host-names.ts';
import { portProtocol } from '../hosts/port-protocol.ts';
import type { Labels } from '../hosts/selectors.ts';
import type { EndpointSlice } from '../kinds/core/endpoint-slice.ts';
import type { Node } from '../kinds/core/node.ts';
import type { Service } from '../kinds/core/service.ts';
import type { Pod } from '../kinds/pod/pod.ts';
import type { Locality, MeshEndpoint, MeshPod, MeshPort, MeshService } from './mesh-snapshot.ts';

const NONE: Labels = {};
export const versionOf = (object: { readonly metadata: { readonly resourceVersion?: string } }): number => Number(object.metadata.resourceVersion ?? 0) || 0;
const EXPORT_TO = 'networking.istio.io/exportTo';
export const TLS_MODE_LABEL = 'security.istio.io/tlsMode';
const exportToOf = (text: string | undefined): readonly string[] => (text === undefined ? [] : text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== ''));

export function meshService(object: Service): MeshService {
  const { name, namespace = '', labels = NONE, annotations = NONE, creationTimestamp = '' } = object.metadata;
  const spec = object.spec;
  const headless = spec.clusterIP === 'None' || (spec.clusterIP ?? '') === '';
  const ports = (spec.ports ?? []).map((port): MeshPort => ({
    name: port.name ?? '', port: port.port, targetPort: port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '' ? port.port : port.targetPort,
    protocol: portProtocol({ port: port.port, name: port.name, protocol: port.protocol, appProtocol: port.appProtocol }),
  }));
  return {
    host: serviceHost(name, namespace), name, namespace, ports, headless, addresses: headless ? [] : (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter((ip) => ip !== '' && ip !== 'None'),
    externalName: spec.type === 'ExternalName' ? spec.externalName : undefined, selector: spec.selector, labels, exportTo: exportToOf(annotations[EXPORT_TO]),
    publishNotReady: spec.publishNotReadyAddresses === true, createdAt: creationTimestamp, resourceVersion: versionOf(object),
  };
}

export function localityOfLabels(labels: Labels): Locality | undefined {
  const own = labels['topology.istio.io/locality'] ?? labels['istio-locality'];
  if (own !== undefined) {
    const [region = '', zone = '', subzone = ''] = own.split(own.includes('/') ? '/' : '.');
    return { region, zone, subzone };
  }
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  const subzone = labels['topology.istio.io/subzone'] ?? '';
  return region === '' && zone === '' && subzone === '' ? undefined : { region, zone, subzone };
}
export const nodeLocality = (node: Node): Locality => localityOfLabels(node.metadata.labels ?? NONE) ?? { region: '', zone: '', subzone: '' };

const STATUS_ANNOTATION = 'sidecar.istio.io/status';
export function meshPod(object: Pod): MeshPod {
  const { name, namespace = '', labels = NONE, annotations = NONE, ownerReferences = [] } = object.metadata;
  const containers = [...object.spec.containers, ...(object.spec.initContainers ?? [])];
  return {
    name, namespace, ip: object.status?.podIP ?? '', labels, serviceAccount: object.spec.serviceAccountName ?? 'default', nodeName: object.spec.nodeName ?? '',
    workload: workloadNameOfPod(name, ownerReferences.find((owner) => owner.controller === true), labels),
    containerPorts: object.spec.containers.flatMap((container) => (container.ports ?? []).map((port) => ({ name: port.name ?? '', port: port.containerPort }))),
    hasSidecar: annotations[STATUS_ANNOTATION] !== undefined || containers.some((container) => container.name === 'istio-proxy'), hostNetwork: object.spec.hostNetwork === true, resourceVersion: versionOf(object),
  };
}
/** What of a pod matters to the mesh, to see whether a new version of it changes anything. */
export const podFacts = (pod: MeshPod): string => JSON.stringify({ ...pod, resourceVersion: 0 });

const HERE: Locality = { region: '', zone: '', subzone: '' };
export type EndpointSources = { readonly pods: ReadonlyMap<string, MeshPod>; readonly nodes: ReadonlyMap<string, Locality> };
/** The endpoints of a service from its slices, in the order of their addresses. */
export function endpointsOf(namespace: string, slices: Iterable<EndpointSlice>, sources: EndpointSources): readonly MeshEndpoint[] {
  const found = new Map<string, MeshEndpoint>();
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    const ports = new Map((slice.ports ?? []).flatMap((port): readonly [string, number][] => (port.port === undefined ? [] : [[port.name ?? '', port.port]])));
    for (const endpoint of slice.endpoints) {
      const [address] = endpoint.addresses;
      if (address === undefined) continue;
      const target = endpoint.targetRef?.kind === 'Pod' ? endpoint.targetRef : undefined;
      const pod = target === undefined ? undefined : sources.pods.get(`${target.namespace ?? namespace}/${target.name ?? ''}`);
      const known = found.get(address);
      found.set(address, known === undefined ? endpointOf(namespace, address, ports, endpoint, pod, sources) : { ...known, ports: new Map([...known.ports, ...ports]) });
    }
  }
  return [...found.values()].toSorted((a, b) => compareAddresses(a.address, b.address));
}
function endpointOf(namespace: string, address: string, ports: ReadonlyMap<string, number>, endpoint: EndpointSlice['endpoints'][number], pod: MeshPod | undefined, sources: EndpointSources): MeshEndpoint {
  const labels = pod?.labels ?? NONE;
  const nodeName = endpoint.nodeName ?? pod?.nodeName ?? '';
  return {
    address, ports, ready: endpoint.conditions?.ready !== false, labels, serviceAccount: pod?.serviceAccount ?? '', tlsMode: labels[TLS_MODE_LABEL] === 'istio' ? 'istio' : 'disabled',
    namespace: pod?.namespace ?? namespace, pod: pod?.name, workload: pod?.workload ?? '', nodeName, locality: localityOfLabels(labels) ?? sources.nodes.get(nodeName) ?? HERE,
  };
}
const compareAddresses = (a: string, b: string): number => {
  const [x, y] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let i = 0; i < 4; i++) if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) - (y[i] ?? 0);
  return a < b ? -1 : a > b ? 1 : 0;
};
/** `istio.workload` of an endpoint: name;namespace;canonical name;canonical revision;cluster. */
export function workloadText(endpoint: MeshEndpoint, clusterId: string): string {
  const revision = endpoint.labels['service.istio.io/canonical-revision'] ?? endpoint.labels['app.kubernetes.io/version'] ?? endpoint.labels['version'] ?? '';
  return [endpoint.workload, endpoint.namespace, canonicalName(endpoint.labels, endpoint.workload), revision === 'latest' ? '' : revision, clusterId].join(';');
}
/** The service a slice belongs to. */
export function sliceHost(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.['kubernetes.io/service-name'];
  return name === undefined ? undefined : serviceHost(name, slice.metadata.namespace ?? '');
}
/** Whether a slice names one of these pods ("namespace/name"). */
export const isAboutAny = (slice: EndpointSlice, pods: ReadonlySet<string>): boolean =>
  slice.endpoints.some(({ targetRef }) => targetRef?.kind === 'Pod' && pods.has(`${targetRef.namespace ?? slice.metadata.namespace ?? ''}/${targetRef.name ?? ''}`));
