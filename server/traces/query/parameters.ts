import { isRecord, parseDuration } from '#shared/base';

/** A parameter that Jaeger's query_parser.go refuses, in its words. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
}

export type TraceQuery = {
  readonly service: string;
  readonly operation: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly startMicros: number;
  readonly endMicros: number;
  readonly minNanos: number;
  readonly maxNanos: number;
  readonly limit: number;
};

/** Defaults of Jaeger: 100 traces, two days back. */
const LIMIT = 100;
export const LIMIT_MAX = 10_000;
const LOOKBACK_MICROS = 2 * 86_400_000_000;

export function integer(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw new ParameterError(`unable to parse param '${name}': strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const n = Number(text);
  if (!Number.isSafeInteger(n)) throw new ParameterError(`unable to parse param '${name}': strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return n;
}
/** A Go duration in nanoseconds. */
export function durationNanos(params: URLSearchParams, name: string): number | undefined {
  const text = params.get(name);
  if (text === null || text === '') return undefined;
  const ms = /^[+-]?\d+(\.\d*)?$/.test(text) && !/^[+-]?0+$/.test(text) ? undefined : parseDuration(text);
  if (ms === undefined) throw new ParameterError(`unable to parse param '${name}': time: ${/^[+-]?\d+(\.\d*)?$/.test(text) ? 'missing unit in duration' : 'invalid duration'} ${JSON.stringify(text)}`);
  return Math.round(ms * 1e6);
}

function tagsOf(params: URLSearchParams): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const text of params.getAll('tag')) {
    const at = text.indexOf(':');
    if (at < 0) throw new ParameterError(`malformed 'tag' parameter, expecting key:value, received: ${text}`);
    tags.set(text.slice(0, at), text.slice(at + 1));
  }
  for (const text of params.getAll('tags')) {
    for (const [key, value] of tagObject(text, 'tags')) tags.set(key, value);
  }
  return tags;
}
/** A JSON object of strings. */
export function tagObject(text: string, name: string): ReadonlyMap<string, string> {
  const fail = (why: string): ParameterError => new ParameterError(`malformed '${name}' parameter, cannot unmarshal JSON: ${why}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
  if (!isRecord(parsed)) throw fail('it is not an object of strings');
  return new Map(Object.entries(parsed).map(([key, value]) => {
    if (typeof value !== 'string') throw fail(`the value of ${key} is not a string`);
    return [key, value];
  }));
}

/** What `/api/traces` asks for; times are microseconds. `lookback` (a Go duration) is used where `start` is missing. */
export function traceQuery(params: URLSearchParams, nowMicros: number): TraceQuery {
  const service = params.get('service') ?? '';
  if (service === '') throw new ParameterError("parameter 'service' is required");
  const endMicros = integer(params, 'end') ?? nowMicros;
  const lookback = params.get('lookback');
  const back = lookback === null || lookback === 'custom' ? undefined : parseDuration(lookback.replace(/^(\d+)d$/, (_, days: string) => `${Number(days) * 24}h`));
  const startMicros = integer(params, 'start') ?? endMicros - (back === undefined ? LOOKBACK_MICROS : back * 1000);
  const minNanos = durationNanos(params, 'minDuration') ?? 0;
  const maxNanos = durationNanos(params, 'maxDuration') ?? 0;
  if (maxNanos !== 0 && maxNanos < minNanos) throw new ParameterError("'maxDuration' should be greater than 'minDuration'");
  const limit = integer(params, 'limit') ?? LIMIT;
  return { service, operation: params.get('operation') ?? '', tags: tagsOf(params), startMicros, endMicros, minNanos, maxNanos: maxNanos === 0 ? Number.MAX_SAFE_INTEGER : maxNanos, limit: Math.min(limit <= 0 ? LIMIT : limit, LIMIT_MAX) };
}

/** A trace id: hex of up to 32 digits, zero padding tolerated. */
export function traceIdOf(text: string): string {
  if (!/^[0-9a-fA-F]{1,32}$/.test(text)) throw new ParameterError(`cannot parse trace ID ${JSON.stringify(text)}: it is not hex of 1 to 32 digits`);
  return text.toLowerCase().padStart(32, '0');
}
