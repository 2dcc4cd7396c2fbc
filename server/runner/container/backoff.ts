/** First wait, doubled each time. The kubelet's values, for restarts and for image pulls. */
const BACKOFF_MS_MIN = 10_000;
const BACKOFF_MS_MAX = 300_000;
/** A container that ran for so long starts over with the shortest wait. */
const RESET_MS = 600_000;

/** The kubelet's crash-loop back-off: the first restart comes at once, then 10 s, 20 s … 5 min after the end of the run before. */
export class Backoff {
  #waitMs = 0;

  /** How long to wait after a run of `ranMs` (0 the first time), and what the next wait will be. */
  next(ranMs: number): number {
    if (ranMs >= RESET_MS) this.#waitMs = 0;
    const wait = this.#waitMs;
    this.#waitMs = wait === 0 ? BACKOFF_MS_MIN : Math.min(BACKOFF_MS_MAX, wait * 2);
    return wait;
  }

  reset(): void {
    this.#waitMs = 0;
  }
}

/** A duration as Go prints whole seconds: 10s, 1m20s, 5m0s. */
export function goSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
