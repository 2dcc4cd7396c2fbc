import * as z from 'zod/mini';
import type { Span } from '#shared/telemetry';
import type { Trace, TraceSearch } from './trace.ts';

// Jaeger's v3 query API (OTLP JSON). Newer Jaegers have dropped the legacy search, older ones and bridges lack v3.

const value = z.object({ stringValue: z.optional(z.string()), boolValue: z.optional(z.boolean()), intValue: z.optional(z.union([z.string(), z.number()])), doubleValue: z.optional(z.number()) });
const attributes = z.optional(z.nullable(z.array(z.object({ key: z.string(), value: z.optional(value) }))));
const nanos = z.union([z.string(), z.number()]);
const span = z.object({
  traceId: z.string(), spanId: z.string(), parentSpanId: z.optional(z.string()), name: z.optional(z.string()), kind: z.optional(z.union([z.number(), z.string()])), startTimeUnixNano: nanos, endTimeUnixNano: nanos, attributes,
  events: z.optional(z.nullable(z.array(z.object({ timeUnixNano: z.optional(nanos), name: z.optional(z.string()), attributes })))), status: z.optional(z.object({ code: z.optional(z.union([z.number(), z.string()])) })),
});
const resourceSpans = z.array(z.object({ resource: z.optional(z.object({ attributes })), scopeSpans: z.optional(z.array(z.object({ spans: z.optional(z.array(span)) }))) }));
export const v3Traces = z.object({ result: z.object({ resourceSpans: z.optional(resourceSpans) }) });
export const v3Services = z.object({ services: z.optional(z.nullable(z.array(z.string()))) });
export const v3Operations = z.object({ operations: z.optional(z.nullable(z.array(z.object({ name: z.string() })))) });

type Tags = Record<string, string | number | boolean>;
function tagsOf(list: z.infer<typeof attributes>): Tags {
  const out: Tags = Object.create(null);
  for (const { key, value: v } of list ?? []) {
    const plain = v?.stringValue ?? v?.boolValue ?? v?.doubleValue ?? (v?.intValue === undefined ? undefined : Number(v.intValue));
    if (plain !== undefined) out[key] = plain;
  }
  return { ...out };
}
/** Nanoseconds as text (above 2^53) to microseconds; three digits less is all that a number can lose here. */
const micros = (ns: string | number): number => (typeof ns === 'number' ? Math.round(ns / 1000) : Number(BigInt(/^\d+$/.test(ns) ? ns : '0') / 1000n));
const KINDS: readonly Span['kind'][] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];
function kindOf(kind: string | number | undefined): Span['kind'] {
  if (typeof kind === 'number') return KINDS[kind] ?? 'internal';
  return KINDS.find((name) => kind === `SPAN_KIND_${name.toUpperCase()}`) ?? 'internal';
}

/** The traces of an answer; spans of one trace may come in several parts. */
export function tracesOfV3(answer: z.infer<typeof v3Traces>): readonly Trace[] {
  const traces = new Map<string, Span[]>();
  for (const part of answer.result.resourceSpans ?? []) {
    const { 'service.name': service, ...processTags } = tagsOf(part.resource?.attributes);
    for (const s of (part.scopeSpans ?? []).flatMap((scope) => scope.spans ?? [])) {
      const failed = s.status?.code === 2 || s.status?.code === 'STATUS_CODE_ERROR';
      const start = micros(s.startTimeUnixNano);
      const made: Span = {
        traceId: s.traceId, spanId: s.spanId, parentSpanId: s.parentSpanId === undefined || /^0*$/.test(s.parentSpanId) ? undefined : s.parentSpanId, service: String(service ?? 'unknown'), operation: s.name ?? '', kind: kindOf(s.kind), start, duration: Math.max(0, micros(s.endTimeUnixNano) - start),
        tags: { ...tagsOf(s.attributes), ...(failed ? { error: true } : {}) }, processTags, logs: (s.events ?? []).map((event) => ({ at: micros(event.timeUnixNano ?? 0), fields: { ...(event.name === undefined ? {} : { event: event.name }), ...tagsOf(event.attributes) } })), warnings: [],
      };
      const known = traces.get(s.traceId);
      if (known === undefined) traces.set(s.traceId, [made]);
      else known.push(made);
    }
  }
  return [...traces].map(([id, spans]) => ({ id, spans: spans.sort((a, b) => a.start - b.start || b.duration - a.duration) }));
}

/** `query.…` parameters of a search; times in RFC 3339. */
export function v3Query(s: TraceSearch): string {
  const params: [string, string | undefined][] = [
    ['query.serviceName', s.service], ['query.operationName', s.operation], ['query.startTimeMin', new Date(s.from).toISOString()], ['query.startTimeMax', new Date(s.to).toISOString()], ['query.searchDepth', String(s.limit)], ['query.durationMin', s.minDuration], ['query.durationMax', s.maxDuration],
    ['query.attributes', s.tags === undefined || Object.keys(s.tags).length === 0 ? undefined : JSON.stringify(s.tags)],
  ];
  return new URLSearchParams(params.flatMap(([name, v]): [string, string][] => (v === undefined ? [] : [[name, v]]))).toString();
}
