import type { KubeObject } from '#shared/mesh';
import type { Collection } from '../collection.ts';
import type { ControllerContext } from '../context.ts';
import { findCondition } from '../deployment/conditions.ts';
import { nodeOf } from '../kinds.ts';

/** Taints that follow from a node's condition; all others are the user's and are left alone. */
const OWN: ReadonlySet<string> = new Set(['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable', 'node.kubernetes.io/unschedulable']);
const NO_SCHEDULE = 'NoSchedule';

/** Keeps new pods off a node that is not ready, not heard of or cordoned, as the node lifecycle controller does. The API server puts not-ready on every new node. */
export class NodeTaintsController {
  readonly #nodes: Collection;

  constructor(context: ControllerContext) {
    this.#nodes = context.collection('', 'v1', 'nodes');
    const queue = context.queue('node-taints', [this.#nodes], (name) => this.#sync(name));
    this.#nodes.cache.subscribe((event, node) => {
      if (event !== 'DELETED') queue.add(node.metadata.name);
    });
  }

  async #sync(name: string): Promise<void> {
    const node = this.#nodes.cache.get('', name);
    if (node === undefined) return;
    const taints = nodeOf(node)?.spec.taints ?? [];
    const wanted = wantedKeys(node);
    const isOwn = (taint: (typeof taints)[number]): boolean => OWN.has(taint.key) && taint.effect === NO_SCHEDULE;
    const known = taints.filter(isOwn).map((taint) => taint.key);
    if (known.length === wanted.length && wanted.every((key) => known.includes(key))) return;
    const next = [...taints.filter((taint) => !isOwn(taint)).map(({ value, ...rest }) => (value === '' ? rest : { value, ...rest })), ...wanted.map((key) => ({ key, effect: NO_SCHEDULE }))];
    // With its version: a taint that somebody adds meanwhile is not lost.
    await this.#nodes.patch(node, { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: next.length === 0 ? null : next } });
  }
}

function wantedKeys(object: KubeObject): readonly string[] {
  const node = nodeOf(object);
  const ready = findCondition(node?.status.conditions ?? [], 'Ready')?.status;
  const state = ready === 'True' ? [] : [ready === 'Unknown' ? 'node.kubernetes.io/unreachable' : 'node.kubernetes.io/not-ready'];
  return [...state, ...(node?.spec.unschedulable === true ? ['node.kubernetes.io/unschedulable'] : [])];
}
