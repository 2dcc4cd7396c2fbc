import { otlpTracesJson } from '#server/wire';
import type { OtlpResourceSpans, OtlpSpan } from '#server/wire';
import { KIND_NAMES } from '../span.ts';
import type { StoredSpan } from '../span.ts';
import { findTraces } from './find-traces.ts';
import type { QueryContext } from './legacy-api.ts';
import { durationNanos, integer, LIMIT_MAX, ParameterError, tagObject, traceIdOf } from './parameters.ts';

export type V3Reply = { readonly status: number; readonly body: unknown };
export const v3Failure = (httpCode: number, message: string): V3Reply => ({ status: httpCode, body: { error: { httpCode, message } } });

const otlpSpan = (s: StoredSpan): OtlpSpan => {
  const start = BigInt(s.startMicros) * 1000n + BigInt(s.startNanosRest);
  return {
    traceId: s.traceId, spanId: s.spanId, parentSpanId: s.parentSpanId, traceState: s.traceState, flags: s.flags, name: s.operation, kind: s.kind, startTimeUnixNano: start, endTimeUnixNano: start + BigInt(s.durationNanos),
    attributes: s.attributes, events: s.events, links: s.links, statusCode: s.statusCode, statusMessage: s.statusMessage,
  };
};
function resources(spans: readonly StoredSpan[]): readonly OtlpResourceSpans[] {
  return spans.map((s) => ({ attributes: [{ key: 'service.name', value: s.service }, ...s.resource], scopes: [{ scopeName: s.scopeName, scopeVersion: s.scopeVersion, spans: [otlpSpan(s)] }] }));
}
const tracesJson = (list: readonly (readonly StoredSpan[])[]): unknown => ({ result: otlpTracesJson({ resources: list.flatMap(resources) }) });

/** What of a trace fits one line: root, size, errors, services. */
function summary(traceId: string, spans: readonly StoredSpan[]): unknown {
  const ids = new Set(spans.map((s) => s.spanId));
  const root = spans.find((s) => s.parentSpanId === '') ?? spans.find((s) => !ids.has(s.parentSpanId)) ?? spans[0];
  const services = new Map<string, { spanCount: number; errorSpanCount: number }>();
  let end = 0n;
  for (const s of spans) {
    const entry = services.get(s.service) ?? { spanCount: 0, errorSpanCount: 0 };
    services.set(s.service, entry);
    entry.spanCount += 1;
    if (s.statusCode === 2) entry.errorSpanCount += 1;
    const spanEnd = BigInt(s.startMicros) * 1000n + BigInt(s.startNanosRest + s.durationNanos);
    if (spanEnd > end) end = spanEnd;
  }
  return {
    traceId, rootServiceName: root?.service ?? '', rootOperationName: root?.operation ?? '', minStartTimeUnixNano: String(BigInt(spans[0]?.startMicros ?? 0) * 1000n + BigInt(spans[0]?.startNanosRest ?? 0)), maxEndTimeUnixNano: String(end),
    spanCount: spans.length, errorSpanCount: spans.filter((s) => s.statusCode === 2).length, orphanSpanCount: spans.filter((s) => s.parentSpanId !== '' && !ids.has(s.parentSpanId)).length,
    services: [...services].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, counts]) => ({ name, ...counts })),
  };
}

/** RFC 3339 as microseconds. */
function timeMicros(params: URLSearchParams, name: string): number {
  const text = params.get(`query.${name}`) ?? params.get(`query.${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`);
  if (text === null || text === '') throw new ParameterError(`${name} is required`);
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(ms)) throw new ParameterError(`malformed parameter query.${name}: parsing time ${JSON.stringify(text)}`);
  const micros = /\.\d{3}(\d{1,3})/.exec(text)?.[1];
  return ms * 1000 + (micros === undefined ? 0 : Number(micros.padEnd(3, '0')));
}
async function find(context: QueryContext, params: URLSearchParams): Promise<readonly string[]> {
  const service = params.get('query.serviceName') ?? params.get('query.service_name') ?? '';
  const limit = integer(params, 'query.searchDepth') ?? integer(params, 'query.search_depth') ?? integer(params, 'query.num_traces') ?? 100;
  const startMicros = timeMicros(params, 'startTimeMin');
  const endMicros = timeMicros(params, 'startTimeMax');
  const attributes = params.get('query.attributes');
  const tags = attributes === null || attributes === '' ? new Map<string, string>() : tagObject(attributes, 'query.attributes');
  const common = { operation: params.get('query.operationName') ?? params.get('query.operation_name') ?? '', tags, startMicros, endMicros, minNanos: durationNanos(params, 'query.durationMin') ?? 0, maxNanos: durationNanos(params, 'query.durationMax') ?? Number.MAX_SAFE_INTEGER, limit };
  const found = new Set<string>();
  for (const name of service === '' ? context.store.services() : [service]) for (const id of await findTraces(context.store, { ...common, service: name })) found.add(id);
  return [...found].slice(0, Math.min(limit, LIMIT_MAX));
}

/** Answers a path of Jaeger's api_v3 (OTLP JSON; jaeger-idl api_v3/query_service.proto); undefined when the path is none. */
export async function v3Api(context: QueryContext, path: string, params: URLSearchParams): Promise<V3Reply | undefined> {
  const { store, limits } = context;
  const spansOf = (id: string): readonly StoredSpan[] => store.trace(id, limits.answerSpansMax);
  try {
    if (path === '/api/v3/services') return { status: 200, body: { services: store.services() } };
    if (path === '/api/v3/operations') {
      const service = params.get('service') ?? '';
      if (service === '') return v3Failure(400, 'malformed parameter service: missing service');
      const kind = params.get('spanKind') ?? params.get('span_kind') ?? '';
      const list = store.operations(service).map((o) => ({ name: o.name, spanKind: KIND_NAMES[o.kind] || 'internal' })).filter((o) => kind === '' || o.spanKind === kind);
      return { status: 200, body: { operations: list } };
    }
    const id = /^\/api\/v3\/traces\/([^/]+)$/.exec(path)?.[1];
    if (id !== undefined) {
      const spans = spansOf(traceIdOf(decodeURIComponent(id)));
      return spans.length === 0 ? v3Failure(404, 'No traces found') : { status: 200, body: tracesJson([spans]) };
    }
    if (path === '/api/v3/traces') {
      const found = await find(context, params);
      return found.length === 0 ? v3Failure(404, 'No traces found') : { status: 200, body: tracesJson(found.map(spansOf)) };
    }
    if (path === '/api/v3/trace-summaries') return { status: 200, body: { summaries: (await find(context, params)).map((trace) => summary(trace, spansOf(trace))) } };
    return undefined;
  } catch (error) {
    if (error instanceof ParameterError || error instanceof URIError) return v3Failure(400, error.message);
    throw error;
  }
}
