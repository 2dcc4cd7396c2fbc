/** Questions that wait at once; a further one is answered at once. */
export const WAITS_MAX = 100;
/** A question never waits longer than this, ms. */
export const WAIT_MS_MAX = 10_000;

type Wait = { readonly revision: number; finish(): void };

/** Lets a reader of /debug/syncz wait for what it wants to see, instead of asking again and again while proxies work. */
export class Acknowledgements {
  readonly #waiting = new Set<Wait>();
  readonly #isReached: (revision: number) => boolean;
  constructor(isReached: (revision: number) => boolean) {
    this.#isReached = isReached;
  }
  /** Calls `done` once: when every proxy has acknowledged the revision, when one refuses something, or when the time is up. Returns how to give up. */
  wait(revision: number, ms: number, done: () => void): () => void {
    if (this.#isReached(revision) || this.#waiting.size >= WAITS_MAX) {
      done();
      return () => undefined;
    }
    const end = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(wait);
    };
    const wait: Wait = {
      revision,
      finish: () => {
        end();
        done();
      },
    };
    const timer = setTimeout(wait.finish, Math.min(ms, WAIT_MS_MAX));
    this.#waiting.add(wait);
    return end;
  }
  /** Something was acknowledged, refused (`refused`), or a proxy went. */
  changed(refused = false): void {
    for (const wait of this.#waiting) if (refused || this.#isReached(wait.revision)) wait.finish();
  }
}
