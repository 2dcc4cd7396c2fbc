import { nodeHttp } from '#server/lib';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { CodedError, errorText } from '#shared/base';
import { decodeOtlpJson, decodeOtlpProto, encodeExportResponse, encodeRpcStatus, OtlpError } from '#server/wire';
import { TRACE_ERRORS } from '../errors.ts';
import type { TraceLimits } from '../limits.ts';
import { readBody } from './read-body.ts';
import type { Receiver } from './receiver.ts';
import { decodeZipkin } from './zipkin.ts';

/** A sender that is slower than this with its whole request is cut off, ms. */
const REQUEST_MS_MAX = 30_000;
const HEAD_BYTES_MAX = 16 * 1024;
/** google.rpc.Code of a refusal. */
const RPC_CODE: ReadonlyMap<number, number> = new Map([[400, 3], [413, 8], [415, 3], [503, 14], [500, 13]]);

type Options = { readonly receiver: Receiver; readonly limits: TraceLimits };

const mediaType = (request: IncomingMessage): string => (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?')[0] ?? '/';

function failureOf(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof CodedError) return { status: error.status, message: error.next === '' ? error.message : `${error.message}; ${error.next}` };
  if (error instanceof OtlpError) return { status: 400, message: error.message };
  return { status: 500, message: errorText(error) };
}
function send(request: IncomingMessage, response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  const close = !request.complete; // the rest of a refused body is not read
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...(status === 503 ? { 'retry-after': '1' } : {}), ...(close ? { connection: 'close' } : {}) });
  response.end(body);
}
function listenable(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Server {
  return nodeHttp().createServer({ maxHeaderSize: HEAD_BYTES_MAX, requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX, keepAliveTimeout: 60_000 }, (request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(errorText(error))));
  });
}

/** OTLP over HTTP: POST /v1/traces in protobuf or JSON; the answer is in the type of the request (opentelemetry-proto docs/specification.md). */
export function otlpHttpServer({ receiver, limits }: Options): Server {
  return listenable(async (request, response) => {
    const type = mediaType(request);
    const json = type === 'application/json';
    try {
      if (pathOf(request) !== '/v1/traces') return send(request, response, 404, 'text/plain', '404 page not found\n');
      if (request.method !== 'POST') return send(request, response, 405, 'text/plain', '405 method not allowed, supported: [POST]');
      if (!json && type !== 'application/x-protobuf') throw TRACE_ERRORS.make('TRACES_MEDIA_TYPE', { type: `content type "${type}"`, hint: 'send application/x-protobuf or application/json' });
      const body = await readBody(request, limits.bodyBytesMax);
      const result = await receiver.take(json ? decodeOtlpJson(body.toString('utf8')) : decodeOtlpProto(body), json ? 'otlp-http-json' : 'otlp-http');
      if (!json) return send(request, response, 200, 'application/x-protobuf', encodeExportResponse(result));
      const partial = result.rejectedSpans === 0 ? {} : { rejectedSpans: String(result.rejectedSpans), errorMessage: result.errorMessage };
      send(request, response, 200, 'application/json', JSON.stringify({ partialSuccess: partial }));
    } catch (error) {
      const { status, message } = failureOf(error);
      if (status < 500) receiver.refuse(json ? 'otlp-http-json' : 'otlp-http');
      const code = RPC_CODE.get(status) ?? 13;
      if (json) send(request, response, status, 'application/json', JSON.stringify({ code, message }));
      else send(request, response, status, 'application/x-protobuf', encodeRpcStatus(code, message));
    }
  });
}

/** Zipkin: POST /api/v2/spans in JSON answers 202 (openzipkin/zipkin-api zipkin2-api.yaml). */
export function zipkinServer({ receiver, limits }: Options): Server {
  return listenable(async (request, response) => {
    try {
      const path = pathOf(request);
      if (path === '/health' && request.method === 'GET') return send(request, response, 200, 'application/json', '{"status":"UP"}');
      if (path === '/api/v1/spans') throw TRACE_ERRORS.make('TRACES_MEDIA_TYPE', { type: 'Zipkin v1', hint: 'send Zipkin v2 JSON to /api/v2/spans' });
      if (path !== '/api/v2/spans') return send(request, response, 404, 'text/plain', '404 page not found\n');
      if (request.method !== 'POST') return send(request, response, 405, 'text/plain', '405 method not allowed, supported: [POST]');
      const type = mediaType(request);
      if (type !== 'application/json' && type !== '') throw TRACE_ERRORS.make('TRACES_MEDIA_TYPE', { type: `content type "${type}"`, hint: 'send application/json' });
      const traces = decodeZipkin((await readBody(request, limits.bodyBytesMax)).toString('utf8'));
      const { rejectedSpans, errorMessage } = await receiver.take(traces, 'zipkin');
      const all = traces.resources.reduce((n, r) => n + r.scopes.reduce((m, s) => m + s.spans.length, 0), 0);
      if (rejectedSpans > 0 && rejectedSpans === all) send(request, response, 400, 'text/plain', errorMessage);
      else send(request, response, 202, 'text/plain', '');
    } catch (error) {
      const { status, message } = failureOf(error);
      if (status < 500) receiver.refuse('zipkin');
      send(request, response, status, 'text/plain', message);
    }
  });
}
