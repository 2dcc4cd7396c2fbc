import { isKubeError } from '#server/lib';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { ControllerContext } from './context.ts';
import { findCondition } from './deployment/conditions.ts';
import { nodeOf, podOf } from './kinds.ts';
import { timeText } from './selectors.ts';

/** Events live for an hour, as behind the real API server. */
const EVENT_MS_MAX = 3_600_000;
const EVENT_EVERY_MS = 5 * 60_000;
/** A node whose lease nobody renewed for this long is unknown (node-monitor-grace-period is 40 or 50 s). */
const NODE_MS_MAX = 50_000;
const NODE_EVERY_MS = 10_000;
const POD_EVERY_MS = 20_000;
/** Finished pods that may stay (terminated-pod-gc-threshold is 12 500 there; a laptop needs fewer). */
const FINISHED_MAX = 500;

function lastSeen(event: unknown): { readonly name: string; readonly namespace: string; readonly at: number } | undefined {
  if (!isRecord(event) || !isRecord(event['metadata'])) return undefined;
  const { name, namespace, creationTimestamp } = event['metadata'];
  const time = event['lastTimestamp'] ?? event['eventTime'] ?? creationTimestamp;
  return typeof name === 'string' && typeof namespace === 'string' ? { name, namespace, at: Date.parse(String(time)) } : undefined;
}

/** Removes Events older than an hour. */
export function expireEvents(context: ControllerContext): void {
  context.every(EVENT_EVERY_MS, async () => {
    const found = await context.client.request({ method: 'GET', path: '/api/v1/events' });
    const items = isRecord(found) && Array.isArray(found['items']) ? found['items'] : [];
    for (const event of items.map(lastSeen)) {
      if (event === undefined || context.now().getTime() - event.at < EVENT_MS_MAX) continue;
      await ignoreMissing(context.client.request({ method: 'DELETE', path: `/api/v1/namespaces/${event.namespace}/events/${event.name}` }));
    }
  });
}

async function ignoreMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isKubeError(error, 404)) throw error;
  }
}

/** Marks a node unknown when its lease is renewed no more; the kubelet marks it ready again. */
export function watchNodes(context: ControllerContext, { everyMs = NODE_EVERY_MS, lostMs = NODE_MS_MAX }: { readonly everyMs?: number; readonly lostMs?: number } = {}): void {
  const nodes = context.collection('', 'v1', 'nodes');
  const seen = new Map<string, { readonly renewTime: string; readonly atMs: number }>();
  context.every(everyMs, async () => {
    await nodes.cache.synced;
    for (const node of nodes.cache.list()) {
      const renewTime = await renewTimeOf(context, node.metadata.name);
      const known = seen.get(node.metadata.name);
      if (known === undefined || known.renewTime !== renewTime) seen.set(node.metadata.name, { renewTime, atMs: performance.now() });
      else if (performance.now() - known.atMs > lostMs) await markUnknown(context, node);
    }
  });
}

async function renewTimeOf(context: ControllerContext, name: string): Promise<string> {
  try {
    const lease = await context.client.request({ method: 'GET', path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}` });
    return isRecord(lease) && isRecord(lease['spec']) ? String(lease['spec']['renewTime']) : '';
  } catch (error) {
    if (isKubeError(error, 404)) return '';
    throw error;
  }
}

async function markUnknown(context: ControllerContext, node: KubeObject): Promise<void> {
  const conditions = nodeOf(node)?.status.conditions ?? [];
  if (findCondition(conditions, 'Ready')?.status === 'Unknown') return;
  const time = timeText(context.now());
  const unknown = conditions.map((condition) => ({ ...condition, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: time }));
  await context.collection('', 'v1', 'nodes').patch(node, { status: { conditions: unknown } }, 'status');
  context.events('node-controller').record(node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`);
}

/** Removes pods that no one will: bound to a node that is gone, ending without ever having been bound, or finished beyond the limit. */
export function collectPods(context: ControllerContext): void {
  const pods = context.collection('', 'v1', 'pods');
  const nodes = context.collection('', 'v1', 'nodes');
  context.every(POD_EVERY_MS, async () => {
    await Promise.all([pods.cache.synced, nodes.cache.synced]);
    const all = pods.cache.list();
    const finished = all.filter((pod) => ['Succeeded', 'Failed'].includes(podOf(pod)?.status.phase ?? '')).toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''));
    const surplus = new Set(finished.slice(0, Math.max(0, finished.length - FINISHED_MAX)));
    for (const pod of all) {
      const node = podOf(pod)?.spec.nodeName;
      const lost = node !== undefined && node !== '' && nodes.cache.get('', node) === undefined;
      const never = (node === undefined || node === '') && pod.metadata.deletionTimestamp !== undefined;
      if (lost || never || surplus.has(pod)) await pods.remove(pod, { gracePeriodSeconds: 0 });
    }
  });
}
