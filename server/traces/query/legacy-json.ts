import { SPAN_KIND } from '#server/wire';
import type { OtlpAttribute, OtlpValue } from '#server/wire';
import { KIND_NAMES } from '../span.ts';
import type { StoredSpan } from '../span.ts';
import { plain } from '../store/tag-signature.ts';

export type LegacyTag = { readonly key: string; readonly type: 'string' | 'bool' | 'int64' | 'float64' | 'binary'; readonly value: string | number | boolean };

/** One tag in Jaeger's legacy JSON; integers beyond 2^53 are strings. */
function tag(key: string, v: OtlpValue): LegacyTag {
  if (typeof v === 'string') return { key, type: 'string', value: v };
  if (typeof v === 'boolean') return { key, type: 'bool', value: v };
  if (typeof v === 'bigint') return { key, type: 'int64', value: v >= -(2n ** 53n) && v <= 2n ** 53n ? Number(v) : v.toString() };
  if (typeof v === 'number') return { key, type: 'float64', value: Number.isFinite(v) ? v : String(v) };
  if (v instanceof Uint8Array) return { key, type: 'binary', value: Buffer.from(v).toString('base64') };
  return { key, type: 'string', value: JSON.stringify(plain(v)) };
}
const tags = (attributes: readonly OtlpAttribute[]): LegacyTag[] => attributes.map(({ key, value }) => tag(key, value));

/** A span's tags in the order of OpenTelemetry's translator to Jaeger: scope, attributes, kind, status. An `error` that the sender wrote itself is not doubled. */
function spanTags(span: StoredSpan): readonly LegacyTag[] {
  const list: LegacyTag[] = [];
  if (span.scopeName !== '') list.push(tag('otel.scope.name', span.scopeName));
  if (span.scopeVersion !== '') list.push(tag('otel.scope.version', span.scopeVersion));
  list.push(...tags(span.attributes));
  const has = (key: string): boolean => span.attributes.some((a) => a.key === key);
  if (span.kind !== SPAN_KIND.unspecified && !has('span.kind')) list.push(tag('span.kind', KIND_NAMES[span.kind] ?? ''));
  if (span.statusCode !== 0) list.push(tag('otel.status_code', span.statusCode === 2 ? 'ERROR' : 'OK'));
  if (span.statusCode === 2 && !has('error')) list.push(tag('error', true));
  if (span.statusMessage !== '') list.push(tag('otel.status_description', span.statusMessage));
  if (span.traceState !== '') list.push(tag('w3c.tracestate', span.traceState));
  return list;
}

function spanJson(span: StoredSpan, processId: string): unknown {
  const parent = span.parentSpanId === '' ? [] : [{ refType: 'CHILD_OF', traceID: span.traceId, spanID: span.parentSpanId }];
  const references = [...parent, ...span.links.map((link) => ({ refType: 'FOLLOWS_FROM', traceID: link.traceId, spanID: link.spanId }))];
  const logs = span.events.map((event) => ({ timestamp: Number(event.timeUnixNano / 1000n), fields: [...(event.name === '' ? [] : [tag('event', event.name)]), ...tags(event.attributes)] }));
  return {
    traceID: span.traceId, spanID: span.spanId, ...((span.flags & 0xff) === 0 ? {} : { flags: span.flags & 0xff }), operationName: span.operation, references, startTime: span.startMicros, duration: Math.trunc(span.durationNanos / 1000),
    tags: spanTags(span), logs, processID: processId, warnings: null,
  };
}

/** One trace in Jaeger's legacy JSON; processes are numbered in order of appearance. */
export function legacyTrace(traceId: string, spans: readonly StoredSpan[], warnings: readonly string[]): unknown {
  const processes = new Map<string, { readonly id: string; readonly json: unknown }>();
  const list = spans.map((span) => {
    const tagList = tags(span.resource);
    const key = JSON.stringify([span.service, tagList]);
    const process = processes.get(key) ?? { id: `p${processes.size + 1}`, json: { serviceName: span.service, tags: tagList } };
    processes.set(key, process);
    return spanJson(span, process.id);
  });
  return { traceID: traceId, spans: list, processes: Object.fromEntries([...processes.values()].map((p) => [p.id, p.json])), warnings: warnings.length === 0 ? null : warnings };
}
