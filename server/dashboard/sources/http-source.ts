import type { IncomingMessage } from 'node:http';
import { errorText } from '#shared/base';
import { nodeHttp, nodeHttps, resolveServiceHost } from '#server/lib';
import type { Monitor } from './monitor.ts';
import { SourceFailure } from './source-failure.ts';

/** Largest answer that is read, bytes (a graph of 5 000 edges is 10 MB). */
const ANSWER_BYTES_MAX = 128 * 1024 * 1024;
/** Requests to one source at once; further ones wait, up to `WAITING_MAX`. */
const CONCURRENT_MAX = 8;
const WAITING_MAX = 64;

export type HttpSourceRequest = { readonly path: string; readonly form?: Readonly<Record<string, string>>; readonly timeoutMs?: number; readonly signal?: AbortSignal };
export type HttpSource = { readonly monitor: Monitor; json(request: HttpSourceRequest): Promise<unknown>; close(): void };

function addressProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return `"${url}" is no address.`;
  return ['http:', 'https:'].includes(new URL(url).protocol) ? undefined : `"${shownUrl(url)}" does not begin with http:// or https://.`;
}

/** An address as people may see it: user and password are nobody's business. */
export function shownUrl(url: string | undefined): string {
  if (url === undefined || !URL.canParse(url)) return url ?? '';
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href.replace(/\/$/, '');
}

/** The room in a source's queue: at most `CONCURRENT_MAX` at once, first come first served. */
class Gate {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  async enter(): Promise<boolean> {
    if (this.#running < CONCURRENT_MAX) {
      this.#running += 1;
      return true;
    }
    if (this.#waiting.length >= WAITING_MAX) return false;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    return true;
  }
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

/** A client of one HTTP source with time limit, breaker and bounded concurrency. Answers that are not 2xx are failures of the request, not of the source, when below 500. */
export function createHttpSource(options: { readonly monitor: Monitor; /** With user and password where there are any; the monitor shows it without. */ readonly url: string | undefined; readonly title: string; readonly flag: string; readonly timeoutMs: number }): HttpSource {
  const { monitor, title } = options;
  const wrong = options.url === undefined || options.url === '' ? undefined : addressProblem(options.url);
  const base = options.url === undefined || options.url === '' || wrong !== undefined ? undefined : new URL(options.url);
  const secure = base?.protocol === 'https:';
  const agent = secure ? new (nodeHttps().Agent)({ keepAlive: true, maxSockets: CONCURRENT_MAX }) : new (nodeHttp().Agent)({ keepAlive: true, maxSockets: CONCURRENT_MAX });
  const gate = new Gate();

  const send = (request: HttpSourceRequest, url: URL): Promise<{ status: number; text: string }> => new Promise((resolve, reject) => {
    const body = request.form === undefined ? undefined : new URLSearchParams(request.form).toString();
    const timeoutMs = request.timeoutMs ?? options.timeoutMs;
    const outgoing = (secure ? nodeHttps().request : nodeHttp().request)({
      agent, host: resolveServiceHost(url.hostname.replace(/^\[|\]$/g, '')), port: url.port || (secure ? 443 : 80), path: `${url.pathname}${url.search}`, method: body === undefined ? 'GET' : 'POST',
      ...(url.username === '' ? {} : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` }), ...(request.signal === undefined ? {} : { signal: request.signal }),
      headers: { host: url.host, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(Buffer.byteLength(body)) }) },
      ...(secure ? { servername: url.hostname } : {}),
    }, (answer) => readAll(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject));
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    outgoing.once('close', () => clearTimeout(timer));
    outgoing.once('error', reject);
    outgoing.end(body);
  });

  const json = async (request: HttpSourceRequest): Promise<unknown> => {
    if (wrong !== undefined) throw new SourceFailure(monitor.failed({ code: 'BAD_ADDRESS', message: `${title}: ${wrong}`, next: `Start the console with ${options.flag}, such as http://host:9090.` }));
    if (base === undefined) throw new SourceFailure({ source: monitor.source, code: 'SOURCE_MISSING', message: `${title} is not configured.`, next: `Start the console with ${options.flag}.`, since: 0 });
    if (!monitor.allow()) throw new SourceFailure(monitor.error ?? monitor.failed({ code: 'SOURCE_DOWN', message: `${title} does not answer.`, next: 'It is asked again by itself.' }));
    if (!(await gate.enter())) throw new SourceFailure({ source: monitor.source, code: 'BUSY', message: `More than ${CONCURRENT_MAX + WAITING_MAX} requests to ${title} at once.`, next: 'Try again in a moment.', since: 0 });
    const start = performance.now();
    try {
      const url = new URL(`${base.pathname.replace(/\/$/, '')}${request.path}`, base);
      url.username = base.username;
      url.password = base.password;
      return answerOf(monitor, title, await send(request, url), performance.now() - start);
    } catch (error) {
      if (error instanceof SourceFailure) throw error;
      if (request.signal?.aborted === true) throw error;
      throw new SourceFailure(monitor.failed({ code: 'SOURCE_DOWN', message: `${title} at ${monitor.url} does not answer: ${reasonOf(error)}`, next: 'Check that it runs and is reachable from here; it is asked again by itself.' }));
    } finally {
      gate.leave();
    }
  };
  return { monitor, json, close: () => agent.destroy() };
}

function answerOf(monitor: Monitor, title: string, answer: { readonly status: number; readonly text: string }, ms: number): unknown {
  let body: unknown;
  try {
    body = JSON.parse(answer.text);
  } catch (error) {
    if (answer.status < 400) throw new SourceFailure(monitor.failed({ code: 'BAD_ANSWER', message: `${title} answered something that is not JSON (${errorText(error)}).`, next: `Check that ${monitor.url} is the address of its API.` }), answer.status);
    body = { error: answer.text.slice(0, 300) };
  }
  if (answer.status < 400) {
    monitor.succeeded(ms);
    return body;
  }
  const text = `${title} answered ${answer.status}: ${messageOf(body)}`;
  // 5xx is the source's own trouble, 4xx (and Prometheus's 422) are about this request
  if (answer.status >= 500) throw new SourceFailure(monitor.failed({ code: 'SOURCE_ERROR', message: text, next: 'Look at its log; it is asked again by itself.' }), answer.status);
  monitor.succeeded(ms);
  throw new SourceFailure({ source: monitor.source, code: 'REFUSED', message: text, next: 'Change the question.', since: monitor.now() }, answer.status);
}

function messageOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return String(body);
  if ('error' in body && typeof body.error === 'string') return body.error;
  if ('errors' in body && Array.isArray(body.errors)) {
    const first: unknown = body.errors[0];
    if (typeof first === 'object' && first !== null && 'msg' in first) return String(first.msg);
  }
  return JSON.stringify(body).slice(0, 200);
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorText(error.errors[0]);
  return errorText(error);
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += piece.length;
    if (bytes > ANSWER_BYTES_MAX) {
      answer.destroy();
      throw new Error(`the answer is over ${ANSWER_BYTES_MAX / 1024 / 1024} MiB`);
    }
    chunks.push(piece);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}
