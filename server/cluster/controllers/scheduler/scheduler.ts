import type { EventRecorder, Outcome } from '#server/lib';
import type { KubeObject } from '#shared/mesh';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { podOf } from '../kinds.ts';
import { keyOf, splitKey, timeText } from '../selectors.ts';
import { failureText, refusal } from './fits.ts';

const SCHEDULER = 'default-scheduler';
/** A pod that fits nowhere is looked at again when a node changes, and after this. */
const RETRY_MS = 60_000;

/** Binds pods to a node that takes them. */
export class Scheduler {
  readonly #context: ControllerContext;
  readonly #pods: Collection;
  readonly #nodes: Collection;
  readonly #events: EventRecorder;
  #next = 0;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#pods = context.collection('', 'v1', 'pods');
    this.#nodes = context.collection('', 'v1', 'nodes');
    this.#events = context.events(SCHEDULER);
    const queue = context.queue('scheduler', [this.#pods, this.#nodes], (key) => this.#sync(key), { concurrency: 8 });
    this.#pods.cache.subscribe((event, pod) => {
      if (event !== 'DELETED' && isWaiting(pod)) queue.add(keyOf(pod));
    });
    this.#nodes.cache.subscribe(() => {
      for (const pod of this.#pods.cache.list()) if (isWaiting(pod)) queue.add(keyOf(pod));
    });
  }

  async #sync(key: string): Promise<Outcome | void> {
    const { namespace, name } = splitKey(key);
    const pod = this.#pods.cache.get(namespace, name);
    if (pod === undefined || !isWaiting(pod)) return undefined;
    const gates = podOf(pod)?.spec.schedulingGates ?? [];
    if (gates.length > 0) {
      await this.#notScheduled(pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates');
      return undefined;
    }
    const nodes = this.#nodes.cache.list();
    const refusals = nodes.map((node) => refusal(node, pod, this.#podsOn(node.metadata.name)));
    const fitting = nodes.filter((_node, i) => refusals[i] === undefined);
    const chosen = fitting[this.#next++ % Math.max(1, fitting.length)];
    if (chosen !== undefined) return this.#bind(pod, chosen);
    const text = failureText(nodes.length, refusals.filter((found) => found !== undefined));
    if (await this.#notScheduled(pod, 'Unschedulable', text)) this.#events.record(pod, 'Warning', 'FailedScheduling', text);
    return { againAfterMs: RETRY_MS };
  }

  #podsOn(node: string): number {
    return this.#pods.cache.list().filter((pod) => podOf(pod)?.spec.nodeName === node && !['Succeeded', 'Failed'].includes(podOf(pod)?.status.phase ?? '')).length;
  }

  async #bind(pod: KubeObject, node: KubeObject): Promise<void> {
    const { name, namespace = '', uid } = pod.metadata;
    await this.#context.client.request({
      method: 'POST', path: `/api/v1/namespaces/${namespace}/pods/${name}/binding`,
      body: { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { apiVersion: 'v1', kind: 'Node', name: node.metadata.name } },
    });
    this.#events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`);
  }

  /** True when the condition changed. */
  async #notScheduled(pod: KubeObject, reason: string, message: string): Promise<boolean> {
    const conditions = podOf(pod)?.status.conditions ?? [];
    const known = conditions.find((condition) => condition.type === 'PodScheduled');
    if (known?.status === 'False' && known.reason === reason && known.message === message) return false;
    const made = { type: 'PodScheduled', status: 'False', reason, message, lastProbeTime: null, lastTransitionTime: known?.status === 'False' ? known.lastTransitionTime : timeText(this.#context.now()) };
    await this.#pods.patch(pod, { status: { conditions: [...conditions.filter((condition) => condition.type !== 'PodScheduled'), made] } }, 'status');
    return true;
  }
}

/** Not bound yet, ours to bind, and not on its way out. */
function isWaiting(pod: KubeObject): boolean {
  const spec = podOf(pod)?.spec;
  return spec !== undefined && (spec.nodeName === undefined || spec.nodeName === '') && spec.schedulerName === SCHEDULER && pod.metadata.deletionTimestamp === undefined;
}
