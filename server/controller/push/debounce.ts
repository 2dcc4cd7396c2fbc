/** Changes that come within this long of each other are pushed together, ms (istio: PILOT_DEBOUNCE_AFTER). */
export const QUIET_MS = 100;
/** Changes never wait longer than this for quiet, ms. Istio waits up to 10 s; a laptop's mesh is small. */
export const WAIT_MS_MAX = 1000;
/** The first change after a quiet time waits this long for those that belong to it (the objects of one `kubectl apply`), ms. */
export const FIRST_MS = 3;

/** Decides when collected changes are acted on. The first after a quiet time goes at once; a storm goes when it is over, or each second. */
export class Debounce {
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;
  #lastChange = Number.NEGATIVE_INFINITY;
  #waitingSince: number | undefined;
  constructor(run: () => void) {
    this.#run = run;
  }
  /** A change has come at `now` (ms, monotonic). */
  changed(now: number): void {
    const quiet = now - this.#lastChange >= QUIET_MS;
    this.#lastChange = now;
    if (this.#waitingSince === undefined) {
      this.#waitingSince = now;
      this.#schedule(quiet ? FIRST_MS : QUIET_MS);
      return;
    }
    if (this.#isFirst) return; // it travels with the first one
    this.#schedule(Math.max(0, Math.min(QUIET_MS, this.#waitingSince + WAIT_MS_MAX - now)));
  }
  #isFirst = false;
  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#isFirst = ms === FIRST_MS;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#waitingSince = undefined;
      this.#isFirst = false;
      this.#run();
    }, ms);
  }
  stop(): void {
    clearTimeout(this.#timer);
  }
}
