import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { serviceOf } from '../kinds.ts';
import { keyOf, splitKey } from '../selectors.ts';

/** The cloud's part: a Service of type LoadBalancer is reachable from this machine at its cluster IP, so that is its external address. */
export class LoadBalancerController {
  readonly #services: Collection;

  constructor(context: ControllerContext) {
    this.#services = context.collection('', 'v1', 'services');
    const queue = context.queue('loadbalancer', [this.#services], (key) => this.#sync(key), { concurrency: 1 });
    this.#services.cache.subscribe((event, object) => {
      if (event !== 'DELETED') queue.add(keyOf(object));
    });
  }

  async #sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = this.#services.cache.get(namespace, name);
    const view = service === undefined ? undefined : serviceOf(service);
    if (service === undefined || view === undefined || service.metadata.deletionTimestamp !== undefined) return;
    const current = view.status.loadBalancer?.ingress?.[0]?.ip;
    const wanted = view.spec.type === 'LoadBalancer' && view.spec.clusterIP !== 'None' ? view.spec.clusterIP : undefined;
    if (current === wanted || (wanted === undefined && view.spec.type === 'LoadBalancer')) return;
    await this.#services.patch(service, { status: { loadBalancer: wanted === undefined ? { ingress: null } : { ingress: [{ ip: wanted, ipMode: 'VIP' }] } } }, 'status');
  }
}
