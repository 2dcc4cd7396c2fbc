import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';
import type { Terminated } from '../container/status.ts';

/** What a container had done before this runner started. */
export type Before = { readonly restartCount: number; readonly lastState: Terminated | undefined };
/** Exit code of a container whose end nobody saw. */
const UNKNOWN_CODE = 255;

const text = (v: unknown): string => (typeof v === 'string' ? v : '');

function terminatedOf(v: unknown, now: string): Terminated | undefined {
  if (!isRecord(v)) return undefined;
  if (isRecord(v['terminated'])) {
    const t = v['terminated'];
    const message = text(t['message']);
    return { kind: 'terminated', exitCode: typeof t['exitCode'] === 'number' ? t['exitCode'] : UNKNOWN_CODE, reason: text(t['reason']), ...(message === '' ? {} : { message }), startedAt: text(t['startedAt']), finishedAt: text(t['finishedAt']), containerID: text(t['containerID']) };
  }
  if (isRecord(v['running'])) return { kind: 'terminated', exitCode: UNKNOWN_CODE, reason: 'Unknown', startedAt: text(v['running']['startedAt']), finishedAt: now, containerID: '' };
  return undefined;
}

/** Restart counts and last ends of the containers as the pod's status tells them; a container that ran then starts its next run now. */
export function restoreContainers(pod: KubeObject, now: string): ReadonlyMap<string, Before> {
  const out = new Map<string, Before>();
  const status = isRecord(pod['status']) ? pod['status'] : {};
  for (const field of ['initContainerStatuses', 'containerStatuses']) {
    for (const entry of (Array.isArray(status[field]) ? status[field] : []).filter(isRecord)) {
      const ended = terminatedOf(entry['state'], now) ?? terminatedOf(entry['lastState'], now);
      const count = typeof entry['restartCount'] === 'number' ? entry['restartCount'] : 0;
      if (ended === undefined) continue;
      out.set(text(entry['name']), { restartCount: count + 1, lastState: ended.containerID === '' ? { ...ended, containerID: text(entry['containerID']) } : ended });
    }
  }
  return out;
}

export const statusField = (pod: KubeObject, field: string): unknown => (isRecord(pod['status']) ? pod['status'][field] : undefined);
export const isFinishedPod = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(text(statusField(pod, 'phase')));
