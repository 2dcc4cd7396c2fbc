import { TRACE_LIMIT_MAX } from '#shared/api';
import type { UrlCodec } from '#web/data';

export type TraceListState = {
  readonly service: string | undefined; readonly operation: string | undefined; readonly tags: string; readonly minDuration: string; readonly maxDuration: string; readonly errors: boolean;
  readonly source: string | undefined; readonly target: string | undefined; readonly limit: number;
};

export const LIMITS: readonly number[] = [20, 100, TRACE_LIMIT_MAX];
const LIMIT = 100;
const text = (query: URLSearchParams, name: string): string | undefined => query.get(name) ?? undefined;

/** What of the search is worth a link. `source` and `target` are node keys of the graph: traces that crossed that edge. */
export const traceListUrl: UrlCodec<TraceListState> = {
  names: ['service', 'operation', 'tags', 'minDuration', 'maxDuration', 'errors', 'source', 'target', 'limit'],
  parse: (query) => ({
    service: text(query, 'service'), operation: text(query, 'operation'), tags: query.get('tags') ?? '', minDuration: query.get('minDuration') ?? '', maxDuration: query.get('maxDuration') ?? '', errors: query.get('errors') === '1' || query.get('errors') === 'true',
    source: text(query, 'source'), target: text(query, 'target'), limit: LIMITS.find((limit) => String(limit) === query.get('limit')) ?? LIMIT,
  }),
  format: (state) => ({
    service: state.service, operation: state.operation, tags: state.tags, minDuration: state.minDuration, maxDuration: state.maxDuration, errors: state.errors ? '1' : undefined, source: state.source, target: state.target, limit: state.limit === LIMIT ? undefined : String(state.limit),
  }),
};

export const TRACE_TABS = ['why', 'tags', 'logs'] as const;
export type TraceState = { readonly span: string | undefined; readonly tab: (typeof TRACE_TABS)[number]; readonly critical: boolean };

export const traceUrl: UrlCodec<TraceState> = {
  names: ['span', 'tab', 'critical'],
  parse: (query) => ({ span: text(query, 'span'), tab: TRACE_TABS.find((tab) => tab === query.get('tab')) ?? 'why', critical: query.get('critical') !== '0' }),
  format: (state) => ({ span: state.span, tab: state.tab === 'why' ? undefined : state.tab, critical: state.critical ? undefined : '0' }),
};
