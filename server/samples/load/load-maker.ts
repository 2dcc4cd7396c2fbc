import { nodeHttp, Registry } from '#server/lib';

/** Requests under way at once; a further one is counted as skipped, so a slow target never grows a queue. */
const IN_FLIGHT_MAX = 512;
/** Highest rate, requests per second. */
export const RATE_MAX = 500;
/** Until the first good answer no more than this, requests per second: a mesh that is still coming up would show its first minute full of errors. */
const FIRST_RATE_MAX = 2;
const TICK_MS = 20;
const REQUEST_MS_MAX = 15_000;

export type LoadMaker = { setRate(perSecond: number): void; readonly rate: number; readonly registry: Registry; stop(): Promise<void> };

/** Calls `<target>/productpage` at a steady rate, from `begin` on, as a mix of guests and users that logged in (every fourth request is jason's). */
export function startLoadMaker(options: { readonly target: string; readonly ratePerSecond: number; readonly begin?: Promise<void>; readonly clock?: () => number }): LoadMaker {
  const clock = options.clock ?? (() => performance.now());
  const registry = new Registry();
  const sent = registry.counter('load_requests_total', 'Answers by status code; code 0 means no answer.');
  const skipped = registry.counter('load_skipped_total', `Requests not sent because ${IN_FLIGHT_MAX} were under way.`);
  const rateGauge = registry.gauge('load_rate', 'Requests per second that are asked for.');
  // proxyEnv: the agent of Node 24.5 that honours HTTP_PROXY, as curl does.
  const agent = new (nodeHttp().Agent)({ keepAlive: true, maxSockets: IN_FLIGHT_MAX, proxyEnv: process.env });
  let rate = 0;
  let due = 0;
  let last = clock();
  let inFlight = 0;
  let counter = 0;
  let session: string | undefined;
  let answered = false;
  let begun = options.begin === undefined;

  const call = (path: string, method: string, headers: Record<string, string>, body?: string): void => {
    inFlight += 1;
    let finished = false;
    const done = (code: number): void => {
      if (finished) return;
      finished = true;
      inFlight -= 1;
      answered ||= code >= 200 && code < 400;
      sent.inc({ code: String(code) });
    };
    const outgoing = nodeHttp().request(`${options.target}${path}`, { method, agent, headers, signal: AbortSignal.timeout(REQUEST_MS_MAX) }, (answer) => {
      const cookie = answer.headers['set-cookie']?.find((c) => c.startsWith('session='));
      if (cookie !== undefined) session = cookie.split(';')[0];
      answer.on('end', () => done(answer.statusCode ?? 0)).on('error', () => done(0)).resume();
    });
    outgoing.on('error', () => done(0));
    outgoing.end(body);
  };
  const step = (): void => {
    counter += 1;
    const base = { 'user-agent': 'pharos-load/1' };
    if (counter % 4 !== 0) return call('/productpage', 'GET', base);
    if (session === undefined || counter % 400 === 0) return call('/login', 'POST', { ...base, 'content-type': 'application/x-www-form-urlencoded' }, 'username=jason&passwd=');
    return call('/productpage', 'GET', { ...base, cookie: session });
  };
  const tick = (): void => {
    if (!begun) return;
    const now = clock();
    const wanted = answered ? rate : Math.min(rate, FIRST_RATE_MAX);
    due = Math.min(due + ((now - last) / 1000) * wanted, Math.max(wanted, 1)); // never more than a second's worth after a pause
    last = now;
    while (due >= 1) {
      due -= 1;
      if (inFlight < IN_FLIGHT_MAX) step();
      else skipped.inc();
    }
  };
  const setRate = (perSecond: number): void => {
    rate = Math.min(RATE_MAX, Math.max(0, perSecond));
    rateGauge.set(rate);
  };
  setRate(options.ratePerSecond);
  void options.begin?.then(() => {
    [begun, due, last] = [true, 1, clock()]; // the first call goes out at once
  });
  const timer = setInterval(tick, TICK_MS);
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    agent.destroy();
  };
  return { setRate, get rate() { return rate; }, registry, stop };
}
