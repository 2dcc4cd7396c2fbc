import { nodeHttp } from '#server/lib';
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from '#server/lib';
import { errorText } from '#shared/base';
import { LogReader } from './logs/log-reader.ts';
import type { LogQuery } from './logs/log-reader.ts';
import type { PodWorker } from './pod/pod-worker.ts';

const HOST = '127.0.0.1';

export type KubeletApi = { readonly port: number; stop(): Promise<void> };
export type KubeletOptions = { readonly token: string; readonly find: (namespace: string, name: string) => PodWorker | undefined; readonly workers: () => Iterable<PodWorker>; readonly log: Logger };

/** An answer that is an error: HTTP status and the text kubectl shows. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const isAllowed = (request: IncomingMessage, token: string): boolean => {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
};

function wholeNumber(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0) throw new Refusal(400, `${name} takes a whole number, not ${text}`);
  return n;
}
const flag = (params: URLSearchParams, name: string): boolean => ['true', '1', ''].includes(params.get(name) ?? 'false');

function queryOf(params: URLSearchParams, now: number): LogQuery {
  const tailLines = wholeNumber(params, 'tailLines') ?? wholeNumber(params, 'tail');
  const limitBytes = wholeNumber(params, 'limitBytes');
  const seconds = wholeNumber(params, 'sinceSeconds');
  const time = params.get('sinceTime');
  const since = seconds !== undefined ? now - seconds * 1000 : time === null || time === '' ? undefined : Date.parse(time);
  if (since !== undefined && Number.isNaN(since)) throw new Refusal(400, `sinceTime takes an RFC 3339 time, not ${time ?? ''}`);
  return { ...(tailLines === undefined ? {} : { tailLines }), ...(limitBytes === undefined ? {} : { limitBytes }), ...(since === undefined ? {} : { sinceMs: since }), timestamps: flag(params, 'timestamps'), follow: flag(params, 'follow') };
}

async function sendLogs(options: KubeletOptions, path: readonly string[], params: URLSearchParams, response: ServerResponse): Promise<void> {
  const [namespace = '', podName = '', containerName = ''] = path.map(decodeURIComponent);
  const worker = options.find(namespace, podName);
  if (worker === undefined) throw new Refusal(404, `pod "${podName}" not found`);
  const container = worker.container(containerName);
  if (container === undefined) throw new Refusal(400, `container ${containerName} is not valid for pod ${podName}`);
  const previous = flag(params, 'previous');
  const { state, lastState, restartCount } = container.status();
  if (previous && (restartCount === 0 || lastState === undefined) && !(state.kind === 'waiting' && lastState !== undefined)) throw new Refusal(400, `previous terminated container "${containerName}" in pod "${podName}" not found`);
  const file = container.logPath(previous);
  if (file === undefined) throw new Refusal(400, `container "${containerName}" in pod "${podName}" is waiting to start: ${state.kind === 'waiting' ? waitingText(state.reason, state.message) : 'ContainerCreating'}`);
  const query = queryOf(params, Date.now());
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  await new LogReader(response, query).send(file, previous ? undefined : container.writer);
  response.end();
}

/** What a kubelet says of a container without log: the pull errors with their explanation. */
const waitingText = (reason: string, message: string | undefined): string => {
  if (reason === 'ErrImagePull') return 'image can\'t be pulled';
  if (reason === 'ImagePullBackOff') return 'trying and failing to pull image';
  return reason === 'CreateContainerConfigError' ? `${reason}${message === undefined ? '' : `: ${message}`}` : reason;
};

/** The kubelet's own HTTP API on loopback: logs for the API server, and the pods as they are here. */
export async function startKubeletApi(options: KubeletOptions): Promise<KubeletApi> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', `http://${HOST}`);
    const [head = '', ...path] = url.pathname.split('/').filter((part) => part !== '');
    if (head === 'healthz') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
      return;
    }
    if (!isAllowed(request, options.token)) throw new Refusal(401, 'Unauthorized');
    if (request.method !== 'GET') throw new Refusal(405, 'Method Not Allowed');
    if (head === 'containerLogs' && path.length === 3) return sendLogs(options, path, url.searchParams, response);
    if (head !== 'pods') throw new Refusal(404, `there is no ${url.pathname} here`);
    const body = JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [...options.workers()].map((worker) => worker.object) });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
  };
  const server = nodeHttp().createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(error instanceof Refusal ? error.status : 500, { 'content-type': 'text/plain' }).end(errorText(error));
      if (!(error instanceof Refusal)) options.log.warn({ error: errorText(error), url: request.url }, 'a request of the kubelet API failed');
    });
  });
  server.requestTimeout = 0; // logs are followed for hours
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: HOST, port: 0 }, resolve);
  });
  return { port: portOf(server), stop: () => closed(server) };
}

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};
const closed = (server: Server): Promise<void> => new Promise((resolve) => {
  server.close(() => resolve());
  server.closeAllConnections();
});
