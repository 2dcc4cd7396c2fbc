import type { KubeObject } from '#shared/mesh';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { serviceOf } from '../kinds.ts';
import { keyOf, splitKey, timeText } from '../selectors.ts';
import { servicesOf } from './endpoint-slice-controller.ts';
import { sliceContents } from './service-endpoints.ts';
import type { Endpoint, SliceContent } from './service-endpoints.ts';

const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';
/** Addresses in one Endpoints object; more are cut and the object says so. Kubernetes' limit. */
const ADDRESSES_MAX = 1000;
/** Nothing in the mesh waits for this old view, so changes are gathered. */
const GATHER_MS = 250;
const CAPACITY = 'endpoints.kubernetes.io/over-capacity';

type Address = { readonly ip: string; readonly nodeName?: string; readonly hostname?: string; readonly targetRef: Endpoint['targetRef'] };
const addressOf = (endpoint: Endpoint): Address => ({ ip: endpoint.addresses[0] ?? '', ...(endpoint.hostname === undefined ? {} : { hostname: endpoint.hostname }), ...(endpoint.nodeName === undefined ? {} : { nodeName: endpoint.nodeName }), targetRef: endpoint.targetRef });

/** The legacy view of the same pods: ready and unready addresses by set of ports. Pods that end are left out. */
export function subsetsOf(contents: readonly SliceContent[]): readonly Record<string, unknown>[] {
  return contents.flatMap(({ ports, endpoints }) => {
    const live = endpoints.filter((endpoint) => !endpoint.conditions.terminating).slice(0, ADDRESSES_MAX);
    const ready = live.filter((endpoint) => endpoint.conditions.ready).map(addressOf);
    const unready = live.filter((endpoint) => !endpoint.conditions.ready).map(addressOf);
    if (live.length === 0) return [];
    return [{ ...(ready.length === 0 ? {} : { addresses: ready }), ...(unready.length === 0 ? {} : { notReadyAddresses: unready }), ports: ports.map((port) => ({ ...(port.name === '' ? {} : { name: port.name }), port: port.port, protocol: port.protocol, ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }) })) }];
  });
}

/** Keeps the Endpoints object of each Service with a selector, for clients of the old API. */
export class EndpointsController {
  readonly #context: ControllerContext;
  readonly #services: Collection;
  readonly #pods: Collection;
  readonly #endpoints: Collection;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#services = context.collection('', 'v1', 'services');
    this.#pods = context.collection('', 'v1', 'pods');
    this.#endpoints = context.collection('', 'v1', 'endpoints');
    const queue = context.queue('endpoints', [this.#services, this.#pods, this.#endpoints], (key) => this.#sync(key), { concurrency: 1 });
    this.#services.cache.subscribe((_event, object) => queue.addAfter(keyOf(object), GATHER_MS));
    this.#pods.cache.subscribe((_event, pod, before) => {
      for (const key of servicesOf(this.#services, pod, before)) queue.addAfter(key, GATHER_MS);
    });
    this.#endpoints.cache.subscribe((_event, object) => queue.addAfter(keyOf(object), GATHER_MS));
  }

  async #sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = this.#services.cache.get(namespace, name);
    const known = this.#endpoints.cache.get(namespace, name);
    if (service === undefined) {
      if (known !== undefined && known.metadata.annotations?.[TRIGGER] !== undefined) await this.#endpoints.remove(known);
      return;
    }
    const spec = serviceOf(service)?.spec;
    if (spec === undefined || Object.keys(spec.selector ?? {}).length === 0 || service.metadata.deletionTimestamp !== undefined) return;
    const contents = sliceContents(service, this.#pods.cache.inNamespace(namespace));
    await this.#write(service, known, subsetsOf(contents), contents.reduce((sum, content) => sum + content.endpoints.length, 0) > ADDRESSES_MAX);
  }

  async #write(service: KubeObject, known: KubeObject | undefined, subsets: readonly Record<string, unknown>[], cut: boolean): Promise<void> {
    const { name, namespace = '', labels } = service.metadata;
    const annotations = { [TRIGGER]: timeText(this.#context.now()), ...(cut ? { [CAPACITY]: 'truncated' } : {}) };
    const all = { ...labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
    if (known === undefined) {
      await this.#endpoints.create(namespace, { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, labels: all, annotations }, subsets });
      return;
    }
    if (sortedText(known['subsets'] ?? []) !== sortedText(subsets)) await this.#endpoints.patch(known, { metadata: { annotations, resourceVersion: known.metadata.resourceVersion }, subsets });
  }
}

const sortedText = (v: unknown): string => JSON.stringify(v, (_key, field: unknown) => (typeof field === 'object' && field !== null && !Array.isArray(field) ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => a.localeCompare(b))) : field));
