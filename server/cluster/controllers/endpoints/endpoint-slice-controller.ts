import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { serviceOf } from '../kinds.ts';
import { controllerReference, hasLabels, keyOf, splitKey, timeText } from '../selectors.ts';
import { sliceContents } from './service-endpoints.ts';
import type { SliceContent } from './service-endpoints.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
const MANAGED_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'endpointslice-controller.k8s.io';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Keeps the EndpointSlices of Services with a selector. */
export class EndpointSliceController {
  readonly #context: ControllerContext;
  readonly #services: Collection;
  readonly #pods: Collection;
  readonly #slices: Collection;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#services = context.collection('', 'v1', 'services');
    this.#pods = context.collection('', 'v1', 'pods');
    this.#slices = context.collection('discovery.k8s.io', 'v1', 'endpointslices');
    const queue = context.queue('endpointslice', [this.#services, this.#pods, this.#slices], (key) => this.#sync(key));
    this.#services.cache.subscribe((_event, object) => queue.add(keyOf(object)));
    this.#pods.cache.subscribe((_event, pod, before) => {
      for (const key of servicesOf(this.#services, pod, before)) queue.add(key);
    });
    this.#slices.cache.subscribe((_event, slice) => {
      const service = slice.metadata.labels?.[SERVICE_LABEL];
      if (service !== undefined && slice.metadata.labels?.[MANAGED_LABEL] === MANAGER) queue.add(`${slice.metadata.namespace ?? ''}/${service}`);
    });
  }

  async #sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = this.#services.cache.get(namespace, name);
    const own = this.#slices.cache.inNamespace(namespace).filter((slice) => slice.metadata.labels?.[SERVICE_LABEL] === name && slice.metadata.labels[MANAGED_LABEL] === MANAGER && slice.metadata.deletionTimestamp === undefined);
    const spec = service === undefined ? undefined : serviceOf(service)?.spec;
    if (service === undefined || spec === undefined || spec.type === 'ExternalName' || Object.keys(spec.selector ?? {}).length === 0) {
      if (service === undefined || spec?.type === 'ExternalName') for (const slice of own) await this.#slices.remove(slice);
      return;
    }
    if (service.metadata.deletionTimestamp !== undefined) return;
    const contents = [...sliceContents(service, this.#pods.cache.inNamespace(namespace))];
    const labels = labelsOf(service, spec.clusterIP === 'None');
    const known = own.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
    const spare = new Set(known);
    // Slices whose ports fit are kept first, so that a change touches as few as can be.
    for (const slice of known) {
      const at = contents.findIndex((content) => JSON.stringify(content.ports) === JSON.stringify(portsIn(slice)));
      const content = contents[at];
      if (content === undefined) continue;
      contents.splice(at, 1);
      spare.delete(slice);
      await this.#update(slice, content, labels);
    }
    for (const content of contents) {
      const [slice] = spare;
      if (slice === undefined) await this.#create(service, content, labels);
      else {
        spare.delete(slice);
        await this.#update(slice, content, labels);
      }
    }
    for (const slice of spare) await this.#slices.remove(slice);
  }

  async #update(slice: KubeObject, content: SliceContent, labels: Readonly<Record<string, string>>): Promise<void> {
    const body = bodyOf(content);
    const missing = Object.fromEntries(Object.entries(labels).filter(([name, v]) => slice.metadata.labels?.[name] !== v));
    if (JSON.stringify(endpointsIn(slice)) === JSON.stringify(body.endpoints) && JSON.stringify(portsIn(slice)) === JSON.stringify(content.ports) && Object.keys(missing).length === 0) return;
    await this.#slices.patch(slice, { ...body, metadata: { labels: missing, annotations: { [TRIGGER]: timeText(this.#context.now()) }, resourceVersion: slice.metadata.resourceVersion } });
  }

  async #create(service: KubeObject, content: SliceContent, labels: Readonly<Record<string, string>>): Promise<void> {
    const { name, namespace = '' } = service.metadata;
    await this.#slices.create(namespace, {
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ...bodyOf(content),
      metadata: { generateName: `${name}-`, namespace, labels, annotations: { [TRIGGER]: timeText(this.#context.now()) }, ownerReferences: [controllerReference(service)] },
    });
  }
}

const bodyOf = (content: SliceContent): { readonly endpoints: SliceContent['endpoints']; readonly ports: SliceContent['ports'] } => ({ endpoints: content.endpoints, ports: content.ports });

const labelsOf = (service: KubeObject, headless: boolean): Record<string, string> => ({
  ...service.metadata.labels, [SERVICE_LABEL]: service.metadata.name, [MANAGED_LABEL]: MANAGER, ...(headless ? { [HEADLESS_LABEL]: '' } : {}),
});

/** Endpoints and ports of a stored slice in the order of fields in which they are made, so that equal ones have equal texts. */
function endpointsIn(slice: KubeObject): readonly unknown[] {
  return (Array.isArray(slice['endpoints']) ? slice['endpoints'] : []).filter(isRecord).map((endpoint) => {
    const conditions = isRecord(endpoint['conditions']) ? endpoint['conditions'] : {};
    const ref = isRecord(endpoint['targetRef']) ? endpoint['targetRef'] : {};
    return {
      addresses: endpoint['addresses'], conditions: { ready: conditions['ready'], serving: conditions['serving'], terminating: conditions['terminating'] }, ...(endpoint['nodeName'] === undefined ? {} : { nodeName: endpoint['nodeName'] }),
      ...(endpoint['hostname'] === undefined ? {} : { hostname: endpoint['hostname'] }), targetRef: { kind: ref['kind'], namespace: ref['namespace'], name: ref['name'], uid: ref['uid'] },
    };
  });
}
const portsIn = (slice: KubeObject): readonly unknown[] =>
  (Array.isArray(slice['ports']) ? slice['ports'] : []).filter(isRecord).map((port) => ({ name: port['name'] ?? '', port: port['port'], protocol: port['protocol'] ?? 'TCP', ...(port['appProtocol'] === undefined ? {} : { appProtocol: port['appProtocol'] }) }));

/** Keys of the Services that select the pod, as it is or as it was. */
export function servicesOf(services: Collection, pod: KubeObject, before: KubeObject | undefined): readonly string[] {
  return services.cache.inNamespace(pod.metadata.namespace ?? '').filter((service) => {
    const selector = serviceOf(service)?.spec.selector ?? {};
    if (Object.keys(selector).length === 0) return false;
    return hasLabels(pod.metadata.labels, selector) || (before !== undefined && hasLabels(before.metadata.labels, selector));
  }).map(keyOf);
}
