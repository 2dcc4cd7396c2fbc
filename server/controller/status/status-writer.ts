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
  if (group === 'gateway.networking.k8s.io' && ['Gateway', 'GatewayClass', 'HTTPRoute'].includes(object.kind)) return { type: 'Accepted' }; // a ReferenceGrant has no status
  return undefined;
}
const listIn = (v: unknown, name: string): readonly unknown[] => (isRecord(v) && Array.isArray(v[name]) ? v[name] : []);
/** A route has its conditions by the Gateway it belongs to. */
const parentsOf = (object: KubeObject): readonly unknown[] | undefined => (object.kind === 'HTTPRoute' ? listIn(object['spec'], 'parentRefs') : undefined);
const CONTROLLER_NAME = 'istio.io/gateway-controller';
function isTold(object: KubeObject, type: string): boolean {
  const status = object['status'];
  const wanted = parentsOf(object)?.length ?? 1;
  const told = parentsOf(object) === undefined ? [listIn(status, 'conditions')] : listIn(status, 'parents').map((parent) => listIn(parent, 'conditions'));
  return told.length >= wanted && told.every((conditions) => conditions.some((condition: unknown) => isRecord(condition) && condition['type'] === type && condition['reason'] === REASON && String(condition['observedGeneration']) === String(object.metadata.generation ?? 1)));
}
/** What `status` has to say. */
function statusFor(object: KubeObject, type: string, at: Date): object {
  const condition = { type, status: 'False', reason: REASON, message: sentence(object.kind), lastTransitionTime: at.toISOString().replace(/\.\d+Z$/, 'Z'), observedGeneration: object.metadata.generation ?? 1 };
  const parents = parentsOf(object);
  if (parents !== undefined) return { parents: parents.map((parentRef) => ({ parentRef, controllerName: CONTROLLER_NAME, conditions: [condition] })) };
  return { conditions: [...listIn(object['status'], 'conditions').filter((other) => isRecord(other) && other['type'] !== type), condition] };
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
    try {
      await client.request({ method: 'PATCH', path: `/apis/${group}/${version}${place}/${kind.plural}/${object.metadata.name}/status`, contentType: 'application/merge-patch+json', body: { metadata: { resourceVersion: object.metadata.resourceVersion }, status: statusFor(object, condition.type, now()) } });
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
