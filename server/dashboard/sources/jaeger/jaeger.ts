import * as z from 'zod/mini';
import type { Reading } from '#shared/base';
import type { Span } from '#shared/telemetry';
import { createHttpSource, shownUrl } from '../http-source.ts';
import { Monitor } from '../monitor.ts';
import { reading, SourceFailure } from '../source-failure.ts';
import type { Trace, TraceSearch } from './trace.ts';
import { tracesOfV3, v3Operations, v3Query, v3Services, v3Traces } from './jaeger-v3.ts';

const TIMEOUT_MS = 8000;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const tags = z.optional(z.nullable(z.array(z.object({ key: z.string(), value: scalar }))));
const jaegerSpan = z.object({
  traceID: z.string(), spanID: z.string(), operationName: z.string(), startTime: z.number(), duration: z.number(), processID: z.string(), tags,
  references: z.optional(z.nullable(z.array(z.object({ refType: z.string(), traceID: z.string(), spanID: z.string() })))),
  logs: z.optional(z.nullable(z.array(z.object({ timestamp: z.number(), fields: tags })))), warnings: z.optional(z.nullable(z.array(z.string()))),
});
const jaegerTrace = z.object({ traceID: z.string(), spans: z.array(jaegerSpan), processes: z.record(z.string(), z.object({ serviceName: z.string(), tags })) });
const envelope = <T extends z.ZodMiniType>(data: T) => z.object({ data: z.nullable(data) });
const names = envelope(z.array(z.string()));
const operations = envelope(z.array(z.object({ name: z.string() })));
const traces = envelope(z.array(jaegerTrace));

export type Jaeger = {
  readonly monitor: Monitor;
  services(): Promise<Reading<readonly string[]>>;
  operations(service: string): Promise<Reading<readonly string[]>>;
  search(search: TraceSearch): Promise<Reading<readonly Trace[]>>;
  /** undefined when the store has no such trace. */
  trace(id: string): Promise<Reading<Trace | undefined>>;
  close(): void;
};

type Tags = z.infer<typeof tags>;
const tagsOf = (list: Tags): Record<string, string | number | boolean> => {
  const out: Record<string, string | number | boolean> = Object.create(null);
  for (const { key, value } of list ?? []) out[key] = value;
  return { ...out };
};
const KINDS = new Set(['client', 'server', 'producer', 'consumer', 'internal'] as const);
type Kind = Span['kind'];
const kindOf = (value: unknown): Kind => [...KINDS].find((kind) => kind === value) ?? 'internal';

function spanOf(trace: z.infer<typeof jaegerTrace>, span: z.infer<typeof jaegerSpan>): Span {
  const process = trace.processes[span.processID];
  const spanTags = tagsOf(span.tags);
  const parent = (span.references ?? []).find((ref) => ref.refType === 'CHILD_OF' && ref.traceID === span.traceID) ?? span.references?.[0];
  return {
    traceId: span.traceID, spanId: span.spanID, parentSpanId: parent?.spanID, service: process?.serviceName ?? 'unknown', operation: span.operationName, kind: kindOf(spanTags['span.kind']), start: span.startTime, duration: span.duration,
    tags: spanTags, processTags: tagsOf(process?.tags), logs: (span.logs ?? []).map((entry) => ({ at: entry.timestamp, fields: tagsOf(entry.fields) })), warnings: span.warnings ?? [],
  };
}
const traceOf = (trace: z.infer<typeof jaegerTrace>): Trace => ({ id: trace.traceID, spans: trace.spans.map((span) => spanOf(trace, span)).toSorted((a, b) => a.start - b.start || b.duration - a.duration) });

/** Client of Jaeger's query API: legacy JSON, which Jaeger, Tempo's bridge and our own store serve, and v3 where the legacy search is gone. */
export function createJaeger(options: { readonly url: string | undefined; readonly clock: () => number }): Jaeger {
  const { clock } = options;
  const monitor = new Monitor({ source: 'jaeger', url: shownUrl(options.url), configured: options.url !== undefined && options.url !== '', clock });
  const http = createHttpSource({ monitor, url: options.url, title: 'Jaeger', flag: '--jaeger URL', timeoutMs: TIMEOUT_MS });
  const ask = async <T extends z.ZodMiniType>(path: string, shape: T): Promise<z.infer<T>> => {
    const parsed = shape.safeParse(await http.json({ path }));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new SourceFailure(monitor.failed({ code: 'BAD_ANSWER', message: `Jaeger answered in another form: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, next: `Check that ${monitor.url} is the address of its query API.` }));
  };
  const query = (params: Readonly<Record<string, string | undefined>>): string => new URLSearchParams(Object.entries(params).flatMap(([name, v]): [string, string][] => (v === undefined ? [] : [[name, v]]))).toString();
  let legacyGone = false;
  /** The legacy call, or v3's once the store turned out not to have it any more (404, or its web page instead of an answer). */
  const either = async <T>(legacy: () => Promise<T>, v3: () => Promise<T>): Promise<T> => {
    if (legacyGone) return v3();
    try {
      return await legacy();
    } catch (error) {
      if (!(error instanceof SourceFailure) || (error.status !== 404 && error.error.code !== 'BAD_ANSWER')) throw error;
      const answer = await v3().catch(() => {
        throw error; // neither is there: what the usual one said is what counts
      });
      legacyGone = true;
      return answer;
    }
  };
  /** v3 answers 404 where nothing is found. */
  const found = async (path: string): Promise<readonly Trace[]> => {
    try {
      return tracesOfV3(await ask(path, v3Traces));
    } catch (error) {
      if (error instanceof SourceFailure && error.status === 404) return [];
      throw error;
    }
  };
  const search = async (s: TraceSearch): Promise<readonly Trace[]> => {
    const text = query({
      service: s.service, operation: s.operation, start: String(Math.round(s.from * 1000)), end: String(Math.round(s.to * 1000)), limit: String(s.limit), minDuration: s.minDuration, maxDuration: s.maxDuration,
      tags: s.tags === undefined || Object.keys(s.tags).length === 0 ? undefined : JSON.stringify(s.tags),
    });
    return ((await ask(`/api/traces?${text}`, traces)).data ?? []).map(traceOf);
  };
  const one = async (id: string): Promise<Trace | undefined> => {
    try {
      const trace = (await ask(`/api/traces/${encodeURIComponent(id)}`, traces)).data?.[0];
      return trace === undefined ? undefined : traceOf(trace);
    } catch (error) {
      if (error instanceof SourceFailure && error.status === 404) return legacyGone ? (await found(`/api/v3/traces/${encodeURIComponent(id)}`))[0] : undefined;
      throw error;
    }
  };
  return {
    monitor,
    services: () => reading(() => either(async () => (await ask('/api/services', names)).data ?? [], async () => (await ask('/api/v3/services', v3Services)).services ?? []), clock),
    operations: (service) => reading(async () => {
      const all = await either(async () => (await ask(`/api/operations?${query({ service })}`, operations)).data ?? [], async () => (await ask(`/api/v3/operations?${query({ service })}`, v3Operations)).operations ?? []);
      return [...new Set(all.map((op) => op.name))].toSorted();
    }, clock),
    search: (s) => reading(() => either(() => search(s), () => found(`/api/v3/traces?${v3Query(s)}`)), clock),
    trace: (id) => reading(() => one(id), clock),
    close: () => http.close(),
  };
}
