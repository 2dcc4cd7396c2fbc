import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type LoadResult = { readonly sent: number; readonly failed: readonly string[]; readonly bodies: readonly { readonly at: number; readonly body: string }[] };

/** Calls a URL at a steady rate until stopped; keeps every failure and body. */
export function startLoad(options: { readonly url: string; readonly ratePerSecond: number; readonly headers?: Record<string, string> }): { stop(): Promise<LoadResult> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const failed: string[] = [];
  const bodies: { at: number; body: string }[] = [];
  let sent = 0;
  let open = 0;
  const start = performance.now();
  const once = (): void => {
    sent += 1;
    open += 1;
    const at = performance.now();
    let over = false;
    const end = (problem: string | undefined, body = ''): void => {
      if (over) return;
      over = true;
      open -= 1;
      if (problem === undefined) bodies.push({ at, body });
      else failed.push(problem);
    };
    const call = request(options.url, { agent, headers: options.headers ?? {}, timeout: 15_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => void (text += part));
      answer.once('end', () => end(answer.statusCode === 200 ? undefined : `HTTP ${answer.statusCode}: ${text.slice(0, 200)}`, text));
      answer.once('error', (error) => end(error.message));
    });
    call.once('timeout', () => call.destroy(new Error('no answer in 15 s')));
    call.once('error', (error) => end(error.message));
    call.end();
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / 1000) * options.ratePerSecond;
    for (let missing = Math.floor(due) - sent; missing > 0; missing--) once();
  }, 5);
  return {
    stop: async () => {
      clearInterval(timer);
      const idle = (): boolean => open === 0;
      for (let i = 0; i < 200 && !idle(); i++) await sleep(100);
      agent.destroy();
      return { sent, failed, bodies };
    },
  };
}
