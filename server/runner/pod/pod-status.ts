import { isRecord } from '#shared/base';
import type { ContainerState, ContainerStatus } from '../container/status.ts';
import { statusJson } from '../container/status.ts';
import { allContainers, isNativeSidecar } from './pod-schema.ts';
import type { ContainerSpec, PodSpec } from './pod-schema.ts';

/** What the runner knows of a pod when it writes its status. */
export type PodView = {
  readonly spec: PodSpec;
  readonly init: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly sandboxReady: boolean;
  readonly initialized: boolean;
  readonly podIP: string | undefined;
  readonly hostIP: string;
  readonly startTime: string | undefined;
  readonly generation: number | undefined;
  /** Set when the pod as a whole failed (deadline, eviction). */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
};
type Condition = Record<string, unknown>;
const OWN_CONDITIONS: readonly string[] = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady'];

/** Guaranteed: limits of cpu and memory everywhere, equal to the requests. BestEffort: nothing asked anywhere. */
export function qosClass(spec: PodSpec): string {
  const containers = allContainers(spec);
  const asked = containers.some((c) => ['cpu', 'memory'].some((r) => c.resources?.requests?.[r] !== undefined || c.resources?.limits?.[r] !== undefined));
  if (!asked) return 'BestEffort';
  const equal = (c: ContainerSpec, r: string): boolean => c.resources?.limits?.[r] !== undefined && String(c.resources.requests?.[r] ?? c.resources.limits[r]) === String(c.resources.limits[r]);
  return containers.every((c) => equal(c, 'cpu') && equal(c, 'memory')) ? 'Guaranteed' : 'Burstable';
}

const failed = (state: ContainerState | undefined): boolean => state?.kind === 'terminated' && state.exitCode !== 0;

/** Phase as the kubelet's getPhase: init containers first, then the regular ones. A container that waits for its restart counts as stopped. */
export function phaseOf(view: PodView): string {
  const { spec, init, containers } = view;
  if (view.failure !== undefined) return 'Failed';
  const regularInit = init.filter((_status, i) => !isNativeSidecar(spec.initContainers?.[i] ?? { restartPolicy: null }));
  if (spec.restartPolicy === 'Never' && regularInit.some((status) => failed(status.state))) return 'Failed';
  if (!view.initialized) return 'Pending';
  const running = containers.filter((status) => status.state.kind === 'running').length;
  const stopped = containers.filter((status) => status.state.kind === 'terminated' || (status.state.kind === 'waiting' && status.lastState !== undefined));
  if (running + stopped.length < containers.length) return 'Pending';
  if (running > 0 || spec.restartPolicy === 'Always') return 'Running';
  if (stopped.every((status) => status.state.kind === 'terminated' && status.state.exitCode === 0)) return 'Succeeded';
  return spec.restartPolicy === 'Never' ? 'Failed' : 'Running';
}

const namesText = (names: readonly string[]): string => `[${names.join(' ')}]`;

function readiness(view: PodView, phase: string): { readonly ready: boolean; readonly reason?: string; readonly message?: string } {
  if (phase === 'Succeeded') return { ready: false, reason: 'PodCompleted' };
  if (phase === 'Failed') return { ready: false, reason: 'PodFailed' };
  const sidecars = view.init.filter((_status, i) => isNativeSidecar(view.spec.initContainers?.[i] ?? { restartPolicy: null }));
  const unready = [...sidecars, ...view.containers].filter((status) => !status.ready).map((status) => status.name);
  if (unready.length === 0) return { ready: true };
  return { ready: false, reason: 'ContainersNotReady', message: `containers with unready status: ${namesText(unready)}` };
}

function initializedCondition(view: PodView, phase: string): Condition {
  if (view.initialized) return { type: 'Initialized', status: 'True', ...(phase === 'Succeeded' ? { reason: 'PodCompleted' } : {}) };
  const open = view.init.filter((status) => status.state.kind !== 'terminated' || status.state.exitCode !== 0).map((status) => status.name);
  return { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: ${namesText(open)}` };
}

/** The status of the pod; conditions keep their transition time while their status stays, and those of others (scheduler, gates) are kept. */
export function podStatus(view: PodView, known: unknown, now: string): Record<string, unknown> {
  const phase = phaseOf(view);
  const before = (Array.isArray(known) ? known : []).filter(isRecord);
  const ready = readiness(view, phase);
  const gates = (view.spec.readinessGates ?? []).map((gate) => gate.conditionType).filter((type) => before.find((c) => c['type'] === type)?.['status'] !== 'True');
  const whole = ready.ready && gates.length > 0 ? { ready: false, reason: 'ReadinessGatesNotReady', message: gates.map((type) => `corresponding condition of pod readiness gate "${type}" does not exist.`).join(' ') } : ready;
  const { ready: isReady, ...why } = whole;
  const { ready: areReady, ...whyContainers } = ready;
  const wanted: readonly Condition[] = [
    { type: 'PodReadyToStartContainers', status: view.sandboxReady ? 'True' : 'False' }, initializedCondition(view, phase), { type: 'Ready', status: isReady ? 'True' : 'False', ...why },
    { type: 'ContainersReady', status: areReady ? 'True' : 'False', ...whyContainers },
  ];
  const own = wanted.map((condition) => {
    const old = before.find((c) => c['type'] === condition['type']);
    return { ...condition, lastProbeTime: null, lastTransitionTime: old !== undefined && old['status'] === condition['status'] ? old['lastTransitionTime'] : now };
  });
  return {
    phase, conditions: [...own, ...before.filter((condition) => !OWN_CONDITIONS.includes(String(condition['type'])))], hostIP: view.hostIP, hostIPs: [{ ip: view.hostIP }],
    ...(view.podIP === undefined ? {} : { podIP: view.podIP, podIPs: [{ ip: view.podIP }] }), ...(view.startTime === undefined ? {} : { startTime: view.startTime }),
    ...(view.init.length === 0 ? {} : { initContainerStatuses: view.init.map(statusJson) }), containerStatuses: view.containers.map(statusJson), qosClass: qosClass(view.spec),
    ...(view.generation === undefined ? {} : { observedGeneration: view.generation }), ...(view.failure === undefined ? {} : { reason: view.failure.reason, message: view.failure.message }),
  };
}
