import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { nodeHttp, processMetrics } from '#server/lib';
import type { Logger, Registry } from '#server/lib';
import { errorText } from '#shared/base';
import { legacyApi, legacyFailure } from './legacy-api.ts';
import type { QueryContext } from './legacy-api.ts';
import { v3Api, v3Failure } from './v3-api.ts';

const HEAD_BYTES_MAX = 64 * 1024;

type Reply = { readonly status: number; readonly type: string; readonly body: string };

/** The paths of port 16686: Jaeger's legacy JSON and api_v3, `/` for probes, `/metrics`. Read only: GET and HEAD. */
export function queryServer(context: QueryContext & { readonly registry: Registry; readonly log: Logger }): Server {
  const { registry, log } = context;
  const seconds = registry.histogram('pharos_traces_query_seconds', 'Time to answer a query, by API.', [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]);
  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, type: 'text/plain; charset=utf-8', body: 'Method Not Allowed\n' };
    if (url.pathname === '/') return { status: 200, type: 'text/plain; charset=utf-8', body: 'The trace store is ready. Ask /api/services, /api/traces or /api/v3.\n' };
    if (url.pathname === '/metrics') return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: registry.render() + processMetrics() };
    const pretty = url.searchParams.get('prettyPrint') === 'true' ? 2 : undefined;
    const legacy = url.pathname.startsWith('/api/v3/') ? undefined : await legacyApi(context, url.pathname, url.searchParams);
    const reply = legacy ?? (await v3Api(context, url.pathname, url.searchParams));
    if (reply === undefined) return { status: 404, type: 'text/plain; charset=utf-8', body: '404 page not found\n' };
    // Jaeger's legacy errors go out by http.Error: JSON under text/plain.
    return { status: reply.status, type: legacy !== undefined && reply.status >= 400 ? 'text/plain; charset=utf-8' : 'application/json', body: `${JSON.stringify(reply.body, undefined, pretty)}\n` };
  };
  const failure = (request: IncomingMessage, error: unknown): Reply => {
    log.error({ err: error, url: request.url }, 'a query failed');
    const v3 = (request.url ?? '').startsWith('/api/v3/');
    return { status: 500, type: v3 ? 'application/json' : 'text/plain; charset=utf-8', body: `${JSON.stringify((v3 ? v3Failure : legacyFailure)(500, errorText(error)).body)}\n` };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const start = performance.now();
    const reply = await answer(request).catch((error: unknown) => failure(request, error));
    response.writeHead(reply.status, { 'content-type': reply.type, 'content-length': Buffer.byteLength(reply.body), 'x-content-type-options': 'nosniff' });
    response.end(request.method === 'HEAD' ? undefined : reply.body);
    seconds.observe((performance.now() - start) / 1000, { api: (request.url ?? '').startsWith('/api/v3/') ? 'v3' : 'legacy' });
  };
  return nodeHttp().createServer({ maxHeaderSize: HEAD_BYTES_MAX, requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(errorText(error))));
  });
}
