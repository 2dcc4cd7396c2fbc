import { parseDuration, peek } from '#shared/base';
import type { Reading } from '#shared/base';
import { parseTraceTags, TRACE_LIMIT_MAX, TRACE_SEARCH_SECONDS_MIN } from '#shared/api';
import type { Reply } from '#shared/api';
import type { Span } from '#shared/telemetry';
import { E } from '../errors.ts';
import type { Frozen } from '../http/bind.ts';
import type { Jaeger } from '../sources/jaeger/jaeger.ts';
import type { Trace } from '../sources/jaeger/trace.ts';
import type { MeshState } from '../state/mesh-state.ts';
import type { Window } from '../state/window.ts';
import type { Drill } from './drill.ts';

export type TraceRow = Frozen<Extract<Reply<'traces'>, { state: 'value' }>['value'][number]>;
type Detail = Frozen<Reply<'trace'>>;

const LIMIT_DEFAULT = 20;
/** Services asked when the search names none. */
const SERVICES_MAX = 24;
/** Spans sent of one trace; a bigger one is cut and says so. */
const SPANS_MAX = 50_000;

export type TraceQuery = { readonly service?: string | undefined; readonly operation?: string | undefined; readonly tags?: string | undefined; readonly minDuration?: string | undefined; readonly maxDuration?: string | undefined; readonly errors?: string | undefined; readonly source?: string | undefined; readonly target?: string | undefined; readonly limit?: string | undefined };

export const isError = (span: Span): boolean => span.tags['error'] === true || span.tags['error'] === 'true';

export function rowOf(trace: Trace): TraceRow {
  const ids = new Set(trace.spans.map((span) => span.spanId));
  const roots = trace.spans.filter((span) => span.parentSpanId === undefined || !ids.has(span.parentSpanId));
  const root = roots[0] ?? trace.spans[0];
  const start = Math.min(...trace.spans.map((span) => span.start));
  const end = Math.max(...trace.spans.map((span) => span.start + span.duration));
  const services = new Map<string, number>();
  for (const span of trace.spans) services.set(span.service, (services.get(span.service) ?? 0) + 1);
  const code = root === undefined ? undefined : (root.tags['http.status_code'] ?? root.tags['http.response.status_code']);
  return {
    id: trace.id, start: start / 1000, durationMs: (end - start) / 1000, root: root?.service ?? 'unknown', operation: root?.operation ?? '', spans: trace.spans.length, errors: trace.spans.filter(isError).length,
    services: [...services].toSorted((a, b) => b[1] - a[1]).map(([name, n]) => ({ name, spans: n })), ...(code === undefined ? {} : { code: String(code) }),
  };
}

function tagsOf(text: string | undefined): Readonly<Record<string, string>> {
  const tags = parseTraceTags(text ?? '');
  if (tags === undefined) throw E.make('BAD_REQUEST', { why: `tags must be name=value or name="a value", separated by blanks, not "${(text ?? '').slice(0, 100)}"` });
  return Object.fromEntries(tags);
}
function durationOf(text: string | undefined, name: string): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (parseDuration(text) === undefined) throw E.make('BAD_REQUEST', { why: `${name} must be a duration such as 100ms, not "${text}"` });
  return text;
}

/** The trace store as the Traces pages need it. */
export class Traces {
  readonly #jaeger: Jaeger;
  readonly #state: MeshState;
  readonly #drill: Drill;
  constructor(options: { readonly state: MeshState; readonly drill: Drill }) {
    this.#state = options.state;
    this.#jaeger = options.state.sources.jaeger;
    this.#drill = options.drill;
  }

  async services(): Promise<Frozen<Reply<'traceServices'>>> {
    const names = await this.#jaeger.services();
    if (names.state !== 'value') return names.state === 'stale' ? { state: 'no-data', reason: 'The trace store has no services.' } : names;
    const all = await Promise.all(names.value.toSorted().slice(0, 200).map(async (service) => ({ service, operations: [...(peek(await this.#jaeger.operations(service)) ?? [])] })));
    return { state: 'value', value: all, at: names.at };
  }

  /** "<app>.<namespace>" of a node of the graph: the service name of its spans. */
  #spanService(key: string): { readonly span: string; readonly names: ReadonlySet<string> } {
    const [kind, path = ''] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)];
    const [namespace = '', name = ''] = path.split('/');
    const view = this.#state.view();
    const app = kind === 'wl' ? (view.workloads.get(path)?.app ?? name) : name;
    const services = kind === 'wl' ? (view.workloads.get(path)?.services ?? []) : [name];
    return { span: `${app}.${namespace}`, names: new Set([app, ...services].map((n) => `${n}.${namespace}`)) };
  }

  async search(query: TraceQuery, window: Window): Promise<Frozen<Reply<'traces'>>> {
    const limit = Math.min(TRACE_LIMIT_MAX, Math.max(1, Number(query.limit ?? '') || LIMIT_DEFAULT));
    const to = window.to ?? this.#state.clock();
    const from = to - Math.max(TRACE_SEARCH_SECONDS_MIN, window.seconds) * 1000;
    const source = query.source === undefined || query.source === '' ? undefined : this.#spanService(query.source);
    const target = query.target === undefined || query.target === '' ? undefined : this.#spanService(query.target);
    const named = query.service === undefined || query.service === '' ? (source?.span ?? target?.span) : query.service;
    const tags = { ...tagsOf(query.tags), ...(query.errors === 'true' || query.errors === '1' ? { error: 'true' } : {}) };
    const [minDuration, maxDuration] = [durationOf(query.minDuration, 'minDuration'), durationOf(query.maxDuration, 'maxDuration')];
    const services = named === undefined ? await this.#jaeger.services() : ({ state: 'value', value: [named], at: to } as const);
    if (services.state !== 'value') return services.state === 'stale' ? { state: 'no-data', reason: 'The trace store has no services.' } : services;
    // an edge is found by looking at the traces: more are asked for than are shown
    const asked = target === undefined || source === undefined ? limit : Math.min(TRACE_LIMIT_MAX, limit * 4);
    const answers = await Promise.all(services.value.slice(0, SERVICES_MAX).map((service) => this.#jaeger.search({
      service, from, to, limit: asked, tags, ...(query.operation === undefined || query.operation === '' ? {} : { operation: query.operation }), ...(minDuration === undefined ? {} : { minDuration }), ...(maxDuration === undefined ? {} : { maxDuration }),
    })));
    const failed = answers.find((answer) => answer.state === 'error');
    if (failed !== undefined && failed.state === 'error') return failed;
    const traces = new Map(answers.flatMap((answer) => peek(answer) ?? []).map((trace) => [trace.id, trace]));
    const fitting = [...traces.values()].filter((trace) => source === undefined || target === undefined || hasCall(trace, source.span, target.names));
    const rows = fitting.map(rowOf).toSorted((a, b) => b.start - a.start).slice(0, limit);
    return { state: 'value', value: rows, at: this.#state.clock() };
  }

  async detail(id: string): Promise<Detail> {
    if (!/^[0-9a-f]{1,32}$/i.test(id)) throw E.make('BAD_REQUEST', { why: `"${id.slice(0, 40)}" is no trace id: 1 to 32 hexadecimal digits` });
    const answer: Reading<Trace | undefined> = await this.#jaeger.trace(id);
    if (answer.state !== 'value') return answer.state === 'stale' ? { state: 'no-data', reason: 'The trace store does not answer.' } : answer;
    const trace = answer.value;
    if (trace === undefined) return { state: 'no-data', reason: 'The trace store has no such trace; it may have been dropped by its retention.' };
    const spans = trace.spans.slice(0, SPANS_MAX);
    const placed = await this.#drill.hops(spans, this.#state.view());
    const value = { id: trace.id, spans, hops: placed.hops, nodes: placed.nodes, edges: placed.edges, truncated: trace.spans.length > spans.length };
    return { state: 'value', value, at: answer.at };
  }
}

/** True when a span of the source called the target: a client span to its host, or a span of the target below one of the source. */
function hasCall(trace: Trace, source: string, targets: ReadonlySet<string>): boolean {
  const byId = new Map(trace.spans.map((span) => [span.spanId, span]));
  return trace.spans.some((span) => {
    if (span.service === source) {
      const host = String(span.tags['upstream_cluster'] ?? span.tags['upstream_cluster.name'] ?? '').split('|')[3] ?? '';
      const [name = '', namespace = ''] = host.split('.');
      if (targets.has(`${name}.${namespace}`)) return true;
    }
    const parent = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId);
    return targets.has(span.service) && parent?.service === source;
  });
}
