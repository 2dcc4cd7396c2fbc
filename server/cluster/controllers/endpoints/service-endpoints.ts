import type { KubeObject } from '#shared/mesh';
import { podOf, serviceOf } from '../kinds.ts';
import { isReady } from '../replica-set/rank.ts';
import { hasLabels } from '../selectors.ts';

/** Endpoints in one slice; more open a further slice. Kubernetes' default. */
export const ENDPOINTS_MAX = 100;
export type SlicePort = { readonly name: string; readonly port: number; readonly protocol: string; readonly appProtocol?: string };
export type Endpoint = {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly targetRef: { readonly kind: 'Pod'; readonly namespace: string; readonly name: string; readonly uid: string };
};
export type SliceContent = { readonly ports: readonly SlicePort[]; readonly endpoints: readonly Endpoint[] };

/** The ports of a Service as one pod offers them: numbers as they are, names looked up in its containers. */
function portsOf(service: KubeObject, pod: KubeObject): readonly SlicePort[] {
  const containers = [...(podOf(pod)?.spec.initContainers?.filter((c) => c.restartPolicy === 'Always') ?? []), ...(podOf(pod)?.spec.containers ?? [])];
  return (serviceOf(service)?.spec.ports ?? []).flatMap((port): SlicePort[] => {
    const target = port.targetPort ?? port.port;
    const found = typeof target === 'number' ? target : containers.flatMap((c) => c.ports ?? []).find((p) => p.name === target && p.protocol === port.protocol)?.containerPort;
    return found === undefined ? [] : [{ name: port.name, port: found, protocol: port.protocol, ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }) }];
  });
}

function endpointOf(service: KubeObject, pod: KubeObject): Endpoint | undefined {
  const view = podOf(pod);
  const { name, namespace = '', uid = '', deletionTimestamp } = pod.metadata;
  const ip = view?.status.podIP;
  if (view === undefined || ip === undefined || ip === '' || ['Succeeded', 'Failed'].includes(view.status.phase)) return undefined;
  const spec = serviceOf(service)?.spec;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  return {
    addresses: [ip], conditions: { ready: spec?.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...(view.spec.nodeName === undefined ? {} : { nodeName: view.spec.nodeName }),
    ...(view.spec.hostname !== undefined && view.spec.hostname !== '' && view.spec.subdomain === service.metadata.name ? { hostname: view.spec.hostname } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** What the slices of a Service hold: one group for each different set of ports, each cut at ENDPOINTS_MAX, in the order of the pods' names. */
export function sliceContents(service: KubeObject, pods: readonly KubeObject[]): readonly SliceContent[] {
  const selector = serviceOf(service)?.spec.selector ?? {};
  const groups = new Map<string, { ports: readonly SlicePort[]; endpoints: Endpoint[] }>();
  for (const pod of pods.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name))) {
    if (!hasLabels(pod.metadata.labels, selector)) continue;
    const endpoint = endpointOf(service, pod);
    if (endpoint === undefined) continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpoint);
    groups.set(key, group);
  }
  const contents = [...groups.values()].flatMap(({ ports, endpoints }) =>
    Array.from({ length: Math.ceil(endpoints.length / ENDPOINTS_MAX) }, (_, i) => ({ ports, endpoints: endpoints.slice(i * ENDPOINTS_MAX, (i + 1) * ENDPOINTS_MAX) })));
  // A Service without a pod keeps one empty slice, as the real controller's placeholder.
  return contents.length > 0 ? contents : [{ ports: [], endpoints: [] }];
}
