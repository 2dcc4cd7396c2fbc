import * as z from 'zod/mini';
import { shapes } from '#shared/graph';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';

/** One proxy as istiod's /debug/syncz tells it; fields that a version does not have are absent. */
const entry = z.object({
  proxy: z.string(), proxy_type: z.optional(z.string()), proxy_version: z.optional(z.string()), istio_version: z.optional(z.string()), cluster_id: z.optional(z.string()), istiod: z.optional(z.string()), connected_at: z.optional(z.union([z.string(), z.number()])),
  cluster_sent: z.optional(z.string()), cluster_acked: z.optional(z.string()), listener_sent: z.optional(z.string()), listener_acked: z.optional(z.string()), route_sent: z.optional(z.string()), route_acked: z.optional(z.string()),
  endpoint_sent: z.optional(z.string()), endpoint_acked: z.optional(z.string()), last_nack: z.optional(z.nullable(z.object({ type: z.string(), message: z.string(), at: z.optional(z.union([z.string(), z.number()])) }))), acked_revision: z.optional(z.string()),
});
export type Sync = z.infer<typeof entry> & { readonly from: string };
const list = z.array(entry);

/** istiod answers its debug pages on the monitoring port; some set-ups open the plain HTTP port only. */
const PORTS = [15014, 8080] as const;

export type IstiodPod = { readonly namespace: string; readonly name: string; readonly ready: boolean };

/** Reads istiod's debug pages through the Kubernetes API's pod proxy. */
export class Istiod {
  readonly #kubernetes: Kubernetes;
  #port: number = PORTS[0];
  constructor(kubernetes: Kubernetes) {
    this.#kubernetes = kubernetes;
  }

  pods(): readonly IstiodPod[] {
    return shapes.shaped(shapes.podShape, this.#kubernetes.objects('', 'Pod'))
      .filter((pod) => (pod.metadata.labels?.['app'] === 'istiod' || pod.metadata.labels?.['istio'] === 'pilot') && pod.status?.phase === 'Running' && typeof pod.metadata.deletionTimestamp !== 'string')
      .map((pod) => ({ namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, ready: (pod.status?.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True') }));
  }

  /** A page of one istiod. */
  async page(pod: IstiodPod, path: string): Promise<string> {
    try {
      return await this.#kubernetes.podPage(pod.namespace, pod.name, this.#port, path);
    } catch (error) {
      const other = PORTS.find((port) => port !== this.#port) ?? this.#port;
      const text = await this.#kubernetes.podPage(pod.namespace, pod.name, other, path).catch(() => {
        throw error; // the first failure is the one that matters
      });
      this.#port = other;
      return text;
    }
  }

  /** Every proxy of every istiod; a proxy that moved from one to another is taken from where it connected last. With `until`, an istiod that can wait answers when every proxy has acknowledged that revision, or after `ms`; a real one answers at once. */
  async syncs(until?: { readonly revision: string; readonly ms: number }): Promise<readonly Sync[]> {
    const path = until === undefined ? '/debug/syncz' : `/debug/syncz?revision=${encodeURIComponent(until.revision)}&wait=${until.ms}`;
    const pods = this.pods();
    if (pods.length === 0) throw new NoIstiod();
    const all = await Promise.all(pods.map(async (pod) => list.parse(JSON.parse(await this.page(pod, path))).map((sync): Sync => ({ ...sync, from: sync.istiod ?? pod.name }))));
    const newest = new Map<string, Sync>();
    for (const sync of all.flat()) {
      const known = newest.get(sync.proxy);
      if (known === undefined || String(sync.connected_at ?? '') > String(known.connected_at ?? '')) newest.set(sync.proxy, sync);
    }
    return [...newest.values()].toSorted((a, b) => a.proxy.localeCompare(b.proxy));
  }
}

export class NoIstiod extends Error {
  override readonly name = 'NoIstiod';
  constructor() {
    super('no running istiod was found');
  }
}

const TYPES = ['cluster', 'listener', 'route', 'endpoint'] as const;
export type SyncState = 'synced' | 'stale' | 'not-sent' | 'error';
/** istioctl proxy-status: an error first, then never sent, then sent against acknowledged. */
export function syncState(sync: Sync, type: (typeof TYPES)[number]): SyncState {
  if (typeof sync.last_nack === 'object' && sync.last_nack !== null && sync.last_nack.type.toLowerCase().includes(type === 'endpoint' ? 'loadassignment' : type)) return 'error';
  const [sent, acked] = [sync[`${type}_sent`] ?? '', sync[`${type}_acked`] ?? ''];
  return sent === '' ? 'not-sent' : sent === acked ? 'synced' : 'stale';
}
export const allSynced = (sync: Sync): boolean => TYPES.every((type) => {
  const state = syncState(sync, type);
  return state === 'synced' || state === 'not-sent';
});
export const nonces = (sync: Sync): string => TYPES.map((type) => sync[`${type}_sent`] ?? '').join(' ');
