import { QueryError } from '../promql/eval/query-error.ts';

/** Lets a limited number of queries run; the rest wait in line, and too long a line is refused. */
export class QueryGate {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  running = 0;
  constructor(limits: { readonly queriesMax: number; readonly queriesWaitingMax: number }) {
    this.#runningMax = limits.queriesMax;
    this.#waitingMax = limits.queriesWaitingMax;
  }
  async run<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
    if (this.running >= this.#runningMax) await this.#wait(timeoutMs);
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.#waiting.shift()?.();
    }
  }
  #wait(timeoutMs: number): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) throw new QueryError('timeout', 'too many queries wait in the query queue');
    return new Promise((resolve, reject) => {
      const go = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new QueryError('timeout', 'query timed out in query queue'));
      }, timeoutMs);
      this.#waiting.push(go);
    });
  }
}
