import type { FastifyReply, FastifyRequest } from 'fastify';
import { CodedError, isRecord } from '#shared/base';
import { KubeError } from '#server/lib';
import { E } from '../errors.ts';
import { SourceFailure } from '../sources/source-failure.ts';

/** What a Status of the API server says, as an error of the console. */
export function fromKube(error: KubeError): CodedError {
  const why = { why: error.message, what: whatOf(error) };
  if (error.code === 404) return E.make('NOT_FOUND', why, error);
  if (error.code === 401 || error.code === 403) return E.make('NOT_ALLOWED', why, error);
  if (error.code === 409) return E.make(error.reason === 'AlreadyExists' ? 'ALREADY_EXISTS' : 'CONFLICT', why, error);
  if (error.code === 0 || error.code >= 500) return E.make('SOURCE_DOWN', { source: 'The Kubernetes API', ...why }, error);
  return E.make('REFUSED', why, error);
}
function whatOf(error: KubeError): string {
  const details = error.details;
  if (isRecord(details) && typeof details['name'] === 'string') return `${typeof details['kind'] === 'string' ? details['kind'] : 'object'} ${details['name']}`;
  return 'The object';
}

export function codedOf(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (error instanceof KubeError) return fromKube(error);
  if (error instanceof SourceFailure) return new CodedError(error.error.code, { status: error.error.code === 'REFUSED' ? 400 : 503, message: '{message}', next: '{next}' }, { message: error.error.message, next: error.error.next }, error);
  if (isRecord(error) || error instanceof Error) {
    const code = 'code' in error ? error.code : undefined;
    const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
    if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return E.make('TOO_LARGE', { limit: '4 MiB' }, error);
    if (status !== undefined && status >= 400 && status < 500) return E.make('BAD_REQUEST', { why: error instanceof Error ? error.message : 'bad request' }, error);
    if (code === 'ERR_SQLITE_ERROR' && /full|disk|readonly/i.test(error instanceof Error ? error.message : '')) return E.make('STORE_FULL', { why: error instanceof Error ? error.message : '' }, error);
  }
  return E.make('INTERNAL', {}, error);
}

/** Writes the error reply; what nobody foresaw is logged with its stack. */
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const coded = codedOf(error);
  if (coded.status >= 500 && coded.code === 'INTERNAL') request.log.error({ err: error, url: request.url }, 'a request failed');
  return reply.code(coded.status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify({ code: coded.code, message: coded.message, next: coded.next, ...(coded.code === 'CONFLICT' || coded.code === 'REFUSED' ? { details: coded.params } : {}) }));
}
