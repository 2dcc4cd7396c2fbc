import { KIND_NAMES } from '../span.ts';
import type { TraceLimits } from '../limits.ts';
import type { TraceStore } from '../store/trace-store.ts';
import { findTraces } from './find-traces.ts';
import { legacyTrace } from './legacy-json.ts';
import { integer, ParameterError, traceIdOf, traceQuery } from './parameters.ts';

/** Jaeger's envelope (cmd/jaeger/internal/extension/jaegerquery/internal/http_handler.go). */
export type LegacyError = { readonly code: number; readonly msg: string; readonly traceID?: string };
export type LegacyReply = { readonly status: number; readonly body: { readonly data: unknown; readonly total: number; readonly limit: 0; readonly offset: 0; readonly errors: readonly LegacyError[] | null } };

const data = (list: unknown, total: number, errors: readonly LegacyError[] = []): LegacyReply => ({ status: 200, body: { data: list, total, limit: 0, offset: 0, errors: errors.length === 0 ? null : errors } });
export const legacyFailure = (status: number, msg: string): LegacyReply => ({ status, body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg }] } });

const DAY_MS = 86_400_000;

export type QueryContext = { readonly store: TraceStore; readonly limits: TraceLimits; readonly nowMs: () => number };

function traceJson({ store, limits }: QueryContext, traceId: string): unknown {
  const spans = store.trace(traceId, limits.answerSpansMax + 1);
  if (spans.length === 0) return undefined;
  const cut = spans.length > limits.answerSpansMax;
  return legacyTrace(traceId, cut ? spans.slice(0, limits.answerSpansMax) : spans, cut ? [`only the first ${limits.answerSpansMax} spans are shown`] : []);
}

async function search(context: QueryContext, params: URLSearchParams): Promise<LegacyReply> {
  const ids = params.getAll('traceID');
  if (ids.length > 0) {
    const wanted = ids.map(traceIdOf);
    const errors = new Array<LegacyError>();
    const traces = wanted.flatMap((id) => {
      const json = traceJson(context, id);
      if (json === undefined) errors.push({ code: 0, msg: 'trace not found', traceID: id });
      return json === undefined ? [] : [json];
    });
    return data(traces, traces.length, errors);
  }
  const found = await findTraces(context.store, traceQuery(params, context.nowMs() * 1000));
  const traces = found.map((id) => traceJson(context, id)).filter((json) => json !== undefined);
  return data(traces, traces.length);
}

function dependencies({ store, nowMs }: QueryContext, params: URLSearchParams): LegacyReply {
  const to = integer(params, 'endTs') ?? nowMs();
  const lookback = integer(params, 'lookback') ?? DAY_MS;
  const service = params.get('service') ?? '';
  const links = store.dependencies(to - lookback, to).filter((link) => service === '' || link.parent === service || link.child === service);
  return data(links, 0);
}

function operations({ store }: QueryContext, params: URLSearchParams): LegacyReply {
  const service = params.get('service') ?? '';
  if (service === '') return legacyFailure(400, "parameter 'service' is required");
  const kind = params.get('spanKind') ?? '';
  const list = store.operations(service).map((o) => ({ name: o.name, spanKind: KIND_NAMES[o.kind] ?? '' })).filter((o) => kind === '' || o.spanKind === kind);
  list.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.spanKind < b.spanKind ? -1 : 1));
  return data(list, list.length);
}

/** Answers a legacy path; undefined when the path is none. */
export async function legacyApi(context: QueryContext, path: string, params: URLSearchParams): Promise<LegacyReply | undefined> {
  try {
    if (path === '/api/services') {
      const services = context.store.services();
      return data(services, services.length);
    }
    if (path === '/api/operations') return operations(context, params);
    const ofService = /^\/api\/services\/([^/]+)\/operations$/.exec(path)?.[1];
    if (ofService !== undefined) {
      const names = [...new Set(context.store.operations(decodeURIComponent(ofService)).map((o) => o.name))].sort();
      return data(names, names.length);
    }
    if (path === '/api/traces') return await search(context, params);
    const id = /^\/api\/traces\/([^/]+)$/.exec(path)?.[1];
    if (id !== undefined) {
      const json = traceJson(context, traceIdOf(decodeURIComponent(id)));
      return json === undefined ? legacyFailure(404, 'trace not found') : data([json], 0);
    }
    if (path === '/api/dependencies') return dependencies(context, params);
    if (path.startsWith('/api/metrics/')) return legacyFailure(501, 'metrics querying is currently disabled');
    return undefined;
  } catch (error) {
    if (error instanceof ParameterError || error instanceof URIError) return legacyFailure(400, error.message);
    throw error;
  }
}

