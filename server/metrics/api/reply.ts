import { ParseError } from '../promql/parse/ast.ts';
import { QueryError } from '../promql/eval/query-error.ts';

export type Reply = { readonly status: number; readonly type: string; readonly body: string };

/** errorType to HTTP status (web/api/v1/api.go respondError). */
const STATUS = { bad_data: 400, execution: 422, canceled: 499, timeout: 503, internal: 500, not_found: 404, not_acceptable: 406, unavailable: 500 } as const;
export type ErrorType = keyof typeof STATUS;

/** A request that fails with an errorType. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly type: ErrorType;
  constructor(type: ErrorType, message: string) {
    super(message);
    this.type = type;
  }
}

/** At most this many warnings and infos go out. */
const NOTES_MAX = 10;
const notes = (name: string, list: readonly string[]): string => (list.length === 0 ? '' : `,"${name}":${JSON.stringify(list.length > NOTES_MAX ? [...list.slice(0, NOTES_MAX), `${list.length - NOTES_MAX} more ${name === 'warnings' ? 'warning' : 'info'} annotations omitted`] : list)}`);

/** The success envelope around `data`, which is JSON text. */
export const success = (data: string, extra: { readonly warnings?: readonly string[]; readonly infos?: readonly string[] } = {}): Reply =>
  ({ status: 200, type: 'application/json', body: `{"status":"success","data":${data}${notes('warnings', extra.warnings ?? [])}${notes('infos', extra.infos ?? [])}}` });
export const failure = (type: ErrorType, message: string): Reply => ({ status: STATUS[type], type: 'application/json', body: JSON.stringify({ status: 'error', errorType: type, error: message }) });
export const text = (status: number, body: string): Reply => ({ status, type: 'text/plain; charset=utf-8', body });

/** The error reply for anything a handler threw. */
export function failureOf(error: unknown): Reply {
  if (error instanceof ApiError || error instanceof QueryError) return failure(error.type, error.message);
  if (error instanceof ParseError) return failure('bad_data', `invalid parameter "query": ${error.message}`);
  return failure('internal', error instanceof Error ? error.message : String(error));
}
