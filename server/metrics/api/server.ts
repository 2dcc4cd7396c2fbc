import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { nodeHttp, processMetrics } from '#server/lib';
import type { Logger } from '#server/lib';
import { errorText } from '#shared/base';
import type { ApiContext, Handler } from './context.ts';
import { federate } from './federate.ts';
import { queryRoutes } from './query-routes.ts';
import { ApiError, failure, failureOf, text } from './reply.ts';
import type { Reply } from './reply.ts';
import { labelValues, seriesRoutes } from './series-routes.ts';
import { statusRoutes } from './status-routes.ts';

const HEAD_BYTES_MAX = 64 * 1024;
/** Paths that also take a form by POST, as Prometheus's do. */
const POSTABLE: ReadonlySet<string> = new Set(['query', 'query_range', 'query_exemplars', 'format_query', 'series', 'labels']);

/** URL and form parameters as one. */
async function parametersOf(request: IncomingMessage, url: URL, bytesMax: number): Promise<URLSearchParams> {
  if (request.method !== 'POST') return url.searchParams;
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += piece.length;
    if (bytes > bytesMax) throw new ApiError('bad_data', `error parsing form values: the body is over ${bytesMax} bytes`);
    chunks.push(piece);
  }
  if (type !== 'application/x-www-form-urlencoded') return url.searchParams;
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  for (const [name, value] of url.searchParams) form.append(name, value);
  return form;
}

/** What the store says about itself: its registry, gauges of the moment, and the process. */
function ownMetrics({ registry, store, disk, gate, scraper }: ApiContext): string {
  const { failing, corruptions, walBytes, segmentBytes } = disk();
  const gauges: readonly (readonly [string, string, number])[] = [
    ['prometheus_tsdb_head_series', 'Series that can be found.', store.seriesCount], ['pharos_metrics_series_refused', 'Series left out: the limit, or labels that another target has.', store.refusedSeries],
    ['pharos_metrics_samples_appended', 'Samples appended since the start.', store.samples], ['pharos_metrics_targets', 'Targets being scraped.', scraper.targets().length], ['pharos_metrics_queries_running', 'Queries being evaluated.', gate.running],
    ['pharos_metrics_wal_bytes', 'Size of the write-ahead log.', walBytes], ['pharos_metrics_segment_bytes', 'Size of sealed samples on disk.', segmentBytes], ['pharos_metrics_disk_failing', '1 while the disk refuses writes.', failing === undefined ? 0 : 1],
    ['pharos_metrics_corrupt_files', 'Files found cut off or damaged.', corruptions],
  ];
  return `${registry.render()}${gauges.map(([name, help, v]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${v}\n`).join('')}${processMetrics()}`;
}

/** The HTTP server of port 9090. */
export function apiServer(context: ApiContext, log: Logger): Server {
  const { registry, limits } = context;
  const routes = new Map<string, Handler>(Object.entries({ ...queryRoutes(context), ...seriesRoutes(context), ...statusRoutes(context) }));
  const seconds = registry.histogram('pharos_metrics_query_seconds', 'Time to answer, by path.', [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]);
  const errors = registry.counter('pharos_metrics_query_errors_total', 'Requests answered with an error, by path and status.');

  const health = (): Reply => {
    const { failing } = context.disk();
    return text(200, `Prometheus Server is Healthy.\n${failing === undefined ? '' : `The disk cannot be written (${failing}): new samples are kept in memory only.\n`}`);
  };
  const handlerOf = (path: string): Handler | undefined => {
    const values = /^label\/([^/]+)\/values$/.exec(path)?.[1];
    return values === undefined ? routes.get(path) : labelValues(context, decodeURIComponent(values));
  };
  const answer = async (request: IncomingMessage, url: URL, signal: AbortSignal): Promise<Reply> => {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads) {
      switch (url.pathname) {
        case '/-/healthy': return health();
        case '/-/ready': return text(200, 'Prometheus Server is Ready.\n');
        case '/metrics': return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: ownMetrics(context) };
        case '/federate': return federate(context, url.searchParams);
        case '/': return text(200, 'The metrics store is ready. Ask /api/v1/query.\n');
        default: break;
      }
    }
    if (url.pathname === '/-/reload' || url.pathname === '/-/quit') return text(403, 'Lifecycle API is not enabled.\n');
    if (!url.pathname.startsWith('/api/v1/')) return text(404, '404 page not found\n');
    const path = url.pathname.slice('/api/v1/'.length);
    if (path.startsWith('admin/')) return failure('unavailable', 'admin APIs disabled');
    const handler = handlerOf(path);
    if (handler === undefined) return text(404, '404 page not found\n');
    if (!reads && !(request.method === 'POST' && POSTABLE.has(path))) return text(405, 'Method Not Allowed\n');
    return handler(await parametersOf(request, url, limits.bodyBytesMax), signal);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const start = performance.now();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const url = new URL(request.url ?? '/', 'http://localhost');
    let reply: Reply;
    try {
      reply = await answer(request, url, gone.signal);
    } catch (error) {
      reply = error instanceof URIError ? failure('bad_data', error.message) : failureOf(error);
      if (reply.status === 500) log.error({ err: error, path: url.pathname }, 'a request failed');
    }
    const label = { path: url.pathname.replace(/^(\/api\/v1\/label\/).*/, '$1*').slice(0, 60) };
    seconds.observe((performance.now() - start) / 1000, reply.status === 404 ? { path: 'unknown' } : label);
    if (reply.status >= 400) errors.inc({ ...(reply.status === 404 ? { path: 'unknown' } : label), status: String(reply.status) });
    if (response.destroyed) return;
    response.writeHead(reply.status, { 'content-type': reply.type, 'content-length': Buffer.byteLength(reply.body), 'x-content-type-options': 'nosniff', ...(request.complete ? {} : { connection: 'close' }) });
    response.end(request.method === 'HEAD' ? undefined : reply.body);
  };
  return nodeHttp().createServer({ maxHeaderSize: HEAD_BYTES_MAX, requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(errorText(error))));
  });
}
