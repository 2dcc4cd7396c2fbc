import { ParseError } from '../promql/parse/ast.ts';
import type { Matcher } from '../promql/parse/ast.ts';
import { durationMs } from '../promql/parse/go-text.ts';
import { parseQuery } from '../promql/parse/parse.ts';
import { ApiError } from './reply.ts';

const invalid = (name: string, why: string): ApiError => new ApiError('bad_data', `invalid parameter "${name}": ${why}`);

/** Unix seconds (rounded to ms) or RFC 3339, as ms. */
function timeOf(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) {
    const ms = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
    return Number.isNaN(ms) ? undefined : ms;
  }
  return undefined;
}
export function timeParameter(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const ms = timeOf(text);
  if (ms === undefined || !Number.isSafeInteger(ms)) throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return ms;
}
export function requiredTime(params: URLSearchParams, name: string): number {
  const ms = timeParameter(params, name);
  if (ms === undefined) throw invalid(name, 'cannot parse "" to a valid timestamp');
  return ms;
}
/** Seconds or a Prometheus duration, as ms. */
export function durationParameter(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const ms = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : durationMs(text);
  if (ms === undefined || !Number.isFinite(ms)) throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
  return ms;
}
/** `limit`: 0 is none. */
export function limitParameter(params: URLSearchParams, name = 'limit'): number {
  const text = params.get(name);
  if (text === null || text === '') return 0;
  if (!/^[+-]?\d+$/.test(text)) throw invalid(name, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (Number(text) < 0) throw invalid(name, 'limit must be non-negative');
  return Number(text);
}
/** `match[]`: at least one selector where `required`. */
export function matchParameters(params: URLSearchParams, required: boolean): readonly (readonly Matcher[])[] {
  const texts = params.getAll('match[]');
  if (texts.length === 0 && required) throw new ApiError('bad_data', 'no match[] parameter provided');
  return texts.map((text) => {
    try {
      const expr = parseQuery(text);
      if (expr.kind !== 'selector' || expr.offsetMs !== 0 || expr.at !== undefined) throw new ParseError('1:1: parse error: expected a metric selector');
      return expr.matchers;
    } catch (error) {
      if (error instanceof ParseError) throw invalid('match[]', error.message);
      throw error;
    }
  });
}
export { invalid };
