import { isRecord } from '#shared/base';
import { groupOf, kindOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { createWorkQueue, isKubeError } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';

/** Kinds of Istio's groups that change what proxies do. */
const ACTING: ReadonlySet<string> = new Set(['VirtualService', 'DestinationRule', 'Gateway', 'PeerAuthentication']);
const ISTIO_GROUPS: ReadonlySet<string> = new Set(['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io']);
const REASON = 'NotImplemented';
const sentence = (kind: string): string => `The object is valid and stored; Pharos does not act on ${kind} yet.`;
/** Objects that wait for their status at once. */
const CONCURRENCY = 2;

/** The condition a kind gets when nobody acts on it; undefined for kinds that act or have no status for it. */
export function conditionFor(object: KubeObject): { readonly type: string } | undefined {
  const { group } = groupOf(object.apiVersion);
  if (ISTIO_GROUPS.has(group)) return ACTING.has(object.kind) ? undefined : { type: 'Reconciled' };
  if (group === 'gateway.networking.k8s.io' && (object.kind === 'Gateway' || object.kind === 'GatewayClass')) return { type: 'Accepted' };
  return undefined;
}
function isTold(object: KubeObject, type: string): boolean {
  const status = object['status'];
  const conditions = isRecord(status) && Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions.some((condition: unknown) => isRecord(condition) && condition['type'] === type && condition['reason'] === REASON && String(condition['observedGeneration']) === String(object.metadata.generation ?? 1));
}

/** Tells in `status` which objects nobody acts on, so that nobody wonders. */
export function createStatusWriter(options: { readonly client: KubeClient; readonly log: Logger; now(): Date }): { onObject(event: string, object: KubeObject): void; stop(): Promise<void> } {
  const { client, log, now } = options;
  const waiting = new Map<string, KubeObject>();
  const write = async (key: string): Promise<void> => {
    const object = waiting.get(key);
    waiting.delete(key);
    const condition = object === undefined ? undefined : conditionFor(object);
    if (object === undefined || condition === undefined || isTold(object, condition.type)) return;
    const { group, version } = groupOf(object.apiVersion);
    const kind = kindOf(group, object.kind);
    if (kind === undefined) return;
    const place = kind.namespaced ? `/namespaces/${object.metadata.namespace ?? ''}` : '';
    const kept = isRecord(object['status']) && Array.isArray(object['status']['conditions']) ? object['status']['conditions'].filter((other: unknown) => isRecord(other) && other['type'] !== condition.type) : [];
    const conditions = [...kept, { type: condition.type, status: 'False', reason: REASON, message: sentence(object.kind), lastTransitionTime: now().toISOString().replace(/\.\d+Z$/, 'Z'), observedGeneration: object.metadata.generation ?? 1 }];
    try {
      await client.request({ method: 'PATCH', path: `/apis/${group}/${version}${place}/${kind.plural}/${object.metadata.name}/status`, contentType: 'application/merge-patch+json', body: { metadata: { resourceVersion: object.metadata.resourceVersion }, status: { conditions } } });
    } catch (error) {
      if (isKubeError(error, 404) || isKubeError(error, 409)) return; // gone, or changed: the watch brings the new state
      throw error;
    }
  };
  const queue = createWorkQueue({ name: 'status', work: write, log, concurrency: CONCURRENCY });
  return {
    onObject: (event, object) => {
      if (event === 'DELETED' || conditionFor(object) === undefined) return;
      const key = `${object.apiVersion}/${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      waiting.set(key, object);
      queue.add(key);
    },
    stop: () => queue.stop(),
  };
}
