import { setTimeout as sleep } from 'node:timers/promises';
import { TIMER_MS_MAX } from '#server/lib';
import type { ProbeSpec } from '../pod/pod-schema.ts';
import type { Check } from './check.ts';

/** Until the first success a container is looked at more often than its period, so that a mesh is up in seconds; such early failures do not count. */
const EARLY_MS: readonly number[] = [30, 50, 80, 120, 200];
const EARLY_FOR_MS = 30_000;

export type ProbeEvents = {
  /** The threshold of successes or failures was reached and the verdict changed. */
  onVerdict(ok: boolean, message: string): void;
  /** One check failed (after the first period, as the kubelet would see it). */
  onFailure(message: string): void;
};

/** Runs one probe until the signal aborts: counts successes and failures as the kubelet does. */
export async function probeLoop(spec: ProbeSpec, check: (timeoutMs: number) => Promise<Check>, events: ProbeEvents, signal: AbortSignal): Promise<void> {
  const periodMs = spec.periodSeconds * 1000;
  await pause(spec.initialDelaySeconds * 1000, signal);
  const start = performance.now();
  let verdict: boolean | undefined;
  let successes = 0;
  let failures = 0;
  let countedAt = start;
  for (let tries = 0; !signal.aborted; tries++) {
    const { ok, message } = await check(Math.min(TIMER_MS_MAX, spec.timeoutSeconds * 1000));
    if (signal.aborted) return;
    const counts = ok || verdict === true || performance.now() - countedAt >= periodMs;
    if (counts) {
      countedAt = performance.now();
      successes = ok ? successes + 1 : 0;
      failures = ok ? 0 : failures + 1;
      if (!ok) events.onFailure(message);
      const reached = ok ? successes >= spec.successThreshold : failures >= spec.failureThreshold;
      if (reached && (verdict !== ok || !ok)) {
        verdict = ok;
        events.onVerdict(ok, message);
      }
    }
    const early = verdict === undefined && !(ok && spec.successThreshold > 1) && performance.now() - start < EARLY_FOR_MS;
    await pause(early ? Math.min(periodMs, EARLY_MS[Math.min(tries, EARLY_MS.length - 1)] ?? periodMs) : periodMs, signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  try {
    await sleep(Math.min(TIMER_MS_MAX, ms), undefined, { signal, ref: false }); // beyond that Node would not wait at all
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
