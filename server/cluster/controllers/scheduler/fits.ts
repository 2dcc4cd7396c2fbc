import { parseQuantity } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import { nodeOf, podOf } from '../kinds.ts';
import type { Node, Pod } from '../kinds.ts';
import { hasLabels, matchesExpression } from '../selectors.ts';

type Toleration = { readonly key?: string | undefined; readonly operator: string; readonly value: string; readonly effect: string };
const tolerates = (toleration: Toleration, taint: { readonly key: string; readonly value: string; readonly effect: string }): boolean =>
  (toleration.effect === '' || toleration.effect === taint.effect) && (toleration.key === undefined || toleration.key === '' ? toleration.operator === 'Exists' : toleration.key === taint.key && (toleration.operator === 'Exists' || toleration.value === taint.value));

function matchesAffinity(node: KubeObject, spec: Pod['spec']): boolean {
  if (!hasLabels(node.metadata.labels, spec.nodeSelector ?? {})) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === null || required === undefined) return true;
  const fields = { 'metadata.name': node.metadata.name };
  return required.nodeSelectorTerms.some((term) => (term.matchExpressions ?? []).length + (term.matchFields ?? []).length > 0 && (term.matchExpressions ?? []).every((e) => matchesExpression(node.metadata.labels, e)) && (term.matchFields ?? []).every((e) => matchesExpression(fields, e)));
}

/** Resources one pod asks for: its containers together, or the largest init container. */
function requestOf(spec: Pod['spec'], resource: string): number {
  const of = (container: Pod['spec']['containers'][number]): number => parseQuantity(String(container.resources?.requests?.[resource] ?? 0)) ?? 0;
  const sidecars = (spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').reduce((sum, c) => sum + of(c), 0);
  return Math.max(spec.containers.reduce((sum, c) => sum + of(c), 0) + sidecars, ...(spec.initContainers ?? []).filter((c) => c.restartPolicy !== 'Always').map(of));
}

function tooBig(node: Node, spec: Pod['spec']): string | undefined {
  for (const resource of ['cpu', 'memory']) {
    const has = parseQuantity(String(node.status.allocatable?.[resource] ?? ''));
    // Pods are processes that share the machine freely, so only what could never fit is refused; the sum of requests is not.
    if (has !== undefined && requestOf(spec, resource) > has) return `Insufficient ${resource}`;
  }
  return undefined;
}

/** Why a node with `podsOnNode` pods cannot take the pod, in the scheduler's words; undefined when it can. */
export function refusal(nodeObject: KubeObject, podObject: KubeObject, podsOnNode = 0): string | undefined {
  const node = nodeOf(nodeObject);
  const pod = podOf(podObject);
  if (node === undefined || pod === undefined) return 'node(s) could not be read';
  const tolerations = pod.spec.tolerations ?? [];
  const unschedulable = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };
  if (node.spec.unschedulable && !tolerations.some((t) => tolerates(t, unschedulable))) return 'node(s) were unschedulable';
  const taint = (node.spec.taints ?? []).find((known) => known.effect !== 'PreferNoSchedule' && !tolerations.some((t) => tolerates(t, known)));
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value}}`;
  if (!matchesAffinity(nodeObject, pod.spec)) return "node(s) didn't match Pod's node affinity/selector";
  if (podsOnNode >= (parseQuantity(String(node.status.allocatable?.['pods'] ?? '')) ?? Number.POSITIVE_INFINITY)) return 'Too many pods';
  return tooBig(node, pod.spec);
}

/** The message of FailedScheduling: how many nodes said what. */
export function failureText(nodes: number, refusals: readonly string[]): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const text of refusals) counts.set(text, (counts.get(text) ?? 0) + 1);
  const reasons = [...counts].map(([text, count]) => `${count} ${text}`).toSorted().join(', ');
  return `0/${nodes} nodes are available: ${reasons}. preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;
}
