import { parseDuration, peek } from '#shared/base';
import type { Reading } from '#shared/base';
import { parseTraceTags, TRACE_LIMIT_MAX, TRACE_SEARCH_SECONDS_MIN } from '#shared/api';
import type { Reply } from '#shared/api';
import { label } from '#shared/graph';
import { METRIC } from '#shared/telemetry';
import { E } from '../errors.ts';
import type { Frozen } from '../http/bind.ts';
import type { Jaeger } from '../sources/jaeger/jaeger.ts';
import type { Trace } from '../sources/jaeger/trace.ts';
import { within } from '../sources/within.ts';
import type { MeshState } from '../state/mesh-state.ts';
import type { Window } from '../state/window.ts';
import type { Drill } from './drill.ts';
import { workloadsOf } from './hop-parts.ts';
import { crosses, isError, passes, placeOf } from './ways.ts';
import type { Place } from './ways.ts';

export type TraceRow = Frozen<Extract<Reply<'traces'>, { state: 'value' }>['value'][number]>;
type Detail = Frozen<Reply<'trace'>>;

const LIMIT_DEFAULT = 20;
/** Services asked when the search names none. */
const SERVICES_MAX = 24;
/** A search that looks at the traces themselves asks for more than are shown where only some can fit, and again for older ones, at most so often. */
const ASKED_TIMES = 2;
const ROUNDS_MAX = 3;
/** How long is waited for the metrics store to say who calls whom, and how long its word is kept, ms. */
const CALLERS_WAIT_MS = 1500;
const CALLERS_MS = 5000;
/** Spans sent of one trace; a bigger one is cut and says so. */
const SPANS_MAX = 50_000;

export type TraceQuery = { readonly service?: string | undefined; readonly operation?: string | undefined; readonly tags?: string | undefined; readonly minDuration?: string | undefined; readonly maxDuration?: string | undefined; readonly errors?: string | undefined; readonly source?: string | undefined; readonly target?: string | undefined; readonly limit?: string | undefined };

/** When its first span began, ms. */
const startOf = (trace: Trace): number => Math.min(...trace.spans.map((span) => span.start)) / 1000;

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

  /** Services whose spans tell of a call to the place that may not have arrived: its own, and those of who calls it; all, where nobody measured who does. */
  async #around(place: Place, window: Window): Promise<Reading<readonly string[]>> {
    const seconds = Math.max(TRACE_SEARCH_SECONDS_MIN, window.seconds);
    const query = `group by (source_workload, source_workload_namespace, source_canonical_service, destination_service_name, destination_service_namespace) (rate(${METRIC.requests}{reporter="source"}[${seconds}s]) > 0)`;
    // metrics only narrow the search: a metrics store that hangs must not hold it
    const rows = (await within(this.#state.instant(query, window.to, CALLERS_MS).then(peek), CALLERS_WAIT_MS)) ?? [];
    const view = this.#state.view();
    const callers = rows.flatMap((row) => {
      const called = label(row, 'destination_service_name');
      if (!place.names.has(`${called}.${label(row, 'destination_service_namespace')}`) && !place.names.has(called)) return [];
      const namespace = label(row, 'source_workload_namespace');
      return [`${view.workloads.get(`${namespace}/${label(row, 'source_workload')}`)?.app ?? label(row, 'source_canonical_service')}.${namespace}`];
    });
    if (callers.length === 0) return this.#jaeger.services();
    return { state: 'value', value: [...new Set([...(place.dark ? [] : [place.span]), ...callers])], at: this.#state.clock() };
  }

  /** Services to ask; the store finds traces by a service alone. */
  async #services(query: TraceQuery, source: Place | undefined, target: Place | undefined, errors: boolean, window: Window): Promise<Reading<readonly string[]>> {
    const value = (names: readonly string[]): Reading<readonly string[]> => ({ state: 'value', value: names, at: this.#state.clock() });
    if (query.service !== undefined && query.service !== '') return value([query.service]);
    if (source !== undefined && !source.dark && !(source.kind === 'service' && target !== undefined)) return value([source.span]);
    if (target !== undefined) return errors || target.dark ? this.#around(target, window) : value([target.span]);
    return this.#jaeger.services();
  }

  async search(query: TraceQuery, window: Window): Promise<Frozen<Reply<'traces'>>> {
    const limit = Math.min(TRACE_LIMIT_MAX, Math.max(1, Number(query.limit ?? '') || LIMIT_DEFAULT));
    const to = window.to ?? this.#state.clock();
    const from = to - Math.max(TRACE_SEARCH_SECONDS_MIN, window.seconds) * 1000;
    const view = this.#state.view();
    const [source, target] = [query.source, query.target].map((key) => (key === undefined || key === '' ? undefined : placeOf(key, view)));
    const errors = query.errors === 'true' || query.errors === '1';
    const tags = { ...tagsOf(query.tags), ...(errors ? { error: 'true' } : {}) };
    const [minDuration, maxDuration] = [durationOf(query.minDuration, 'minDuration'), durationOf(query.maxDuration, 'maxDuration')];
    const services = await this.#services(query, source, target, errors, window);
    if (services.state !== 'value') return services.state === 'stale' ? { state: 'no-data', reason: 'The trace store has no services.' } : services;
    const workloadOf = workloadsOf(this.#state.sources.kubernetes);
    const place = target ?? source;
    const fits = (trace: Trace): boolean => (source !== undefined && target !== undefined ? crosses(trace, source, target, errors, workloadOf) : place === undefined || passes(trace, place, errors, workloadOf));
    const some = (source?.others.size ?? 0) + (target?.others.size ?? 0) > 0;
    const more = { ...(query.operation === undefined || query.operation === '' ? {} : { operation: query.operation }), ...(minDuration === undefined ? {} : { minDuration }), ...(maxDuration === undefined ? {} : { maxDuration }) };
    const rows = new Map<string, TraceRow>();
    const one = async (service: string): Promise<Reading<readonly Trace[]>> => {
      let end = to;
      for (let round = 1, found = 0; ; round++) {
        const asked = Math.min(TRACE_LIMIT_MAX, some || round > 1 ? limit * ASKED_TIMES : limit);
        const answer = await this.#jaeger.search({ service, from, to: end, limit: asked, tags, ...more });
        const traces = peek(answer) ?? [];
        // rows are kept, not traces: some thousand spans each would be held for every service at once
        for (const trace of traces) if (!rows.has(trace.id) && fits(trace)) {
          rows.set(trace.id, rowOf(trace));
          found += 1;
        }
        if (place === undefined || traces.length < asked || found >= limit || round >= ROUNDS_MAX) return answer;
        end = Math.min(...traces.map((trace) => startOf(trace))) - 1;
      }
    };
    const answers = await Promise.all(services.value.slice(0, SERVICES_MAX).map(one));
    const failure = answers.find((answer) => answer.state === 'error');
    if (failure !== undefined && failure.state === 'error') return failure;
    return { state: 'value', value: [...rows.values()].toSorted((a, b) => b.start - a.start).slice(0, limit), at: this.#state.clock() };
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
