import { callHttp } from '../http-app.ts';

export type Curl = { stop(): Promise<void> };

/** A plain client that knows no mesh: calls the URL every `intervalMs`, from `begin` on, and writes one line an answer ("200 in 12 ms", or why there was none). */
export function startCurl(options: { readonly url: string; readonly intervalMs: number; readonly begin?: Promise<void>; readonly write: (line: string) => void }): Curl {
  let busy = false;
  const once = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    const start = performance.now();
    const took = (): string => `${Math.round(performance.now() - start)} ms`;
    try {
      const answer = await callHttp({ url: options.url, headers: { 'user-agent': 'curl/8.5.0', accept: '*/*' }, timeoutMs: 10_000 });
      options.write(`${options.url} ${answer.status} in ${took()}`);
    } catch (error) {
      options.write(`${options.url} no answer in ${took()}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      busy = false;
    }
  };
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  void Promise.resolve(options.begin).then(() => {
    if (stopped) return;
    timer = setInterval(() => void once(), options.intervalMs);
    void once();
  });
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
