import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until `read` gives something; fails with what it said last after `msMax`. */
export async function until<T>(what: string, read: () => Promise<T | undefined>, msMax = 30_000): Promise<T> {
  const deadline = performance.now() + msMax;
  let last: unknown;
  for (;;) {
    try {
      const found = await read();
      if (found !== undefined) return found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${msMax / 1000} s${last === undefined ? '' : ` (${String(last)})`}`);
    await sleep(100);
  }
}
