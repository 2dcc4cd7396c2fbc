import type { OtlpAttribute, OtlpSpan, OtlpTraces, OtlpValue } from './otlp-types.ts';

function valueJson(v: OtlpValue): unknown {
  if (typeof v === 'string') return { stringValue: v };
  if (typeof v === 'boolean') return { boolValue: v };
  if (typeof v === 'bigint') return { intValue: v.toString() };
  if (typeof v === 'number') return { doubleValue: Number.isFinite(v) ? v : String(v) };
  if (v instanceof Uint8Array) return { bytesValue: Buffer.from(v).toString('base64') };
  if (v instanceof Map) return { kvlistValue: { values: [...v].map(([key, value]: [string, OtlpValue]) => ({ key, value: valueJson(value) })) } };
  return { arrayValue: { values: Array.isArray(v) ? v.map((item: OtlpValue) => valueJson(item)) : [] } };
}
const attributesJson = (attributes: readonly OtlpAttribute[]): unknown => attributes.map(({ key, value }) => ({ key, value: valueJson(value) }));
const some = <T>(name: string, list: readonly T[], json: unknown): Record<string, unknown> => (list.length === 0 ? {} : { [name]: json });

function spanJson(span: OtlpSpan): unknown {
  const { statusCode: code, statusMessage: message } = span;
  return {
    traceId: span.traceId, spanId: span.spanId, ...(span.traceState === '' ? {} : { traceState: span.traceState }), ...(span.parentSpanId === '' ? {} : { parentSpanId: span.parentSpanId }),
    ...(span.flags === 0 ? {} : { flags: span.flags }), name: span.name, kind: span.kind,
    startTimeUnixNano: span.startTimeUnixNano.toString(), endTimeUnixNano: span.endTimeUnixNano.toString(), ...some('attributes', span.attributes, attributesJson(span.attributes)),
    ...some('events', span.events, span.events.map((e) => ({ timeUnixNano: e.timeUnixNano.toString(), name: e.name, ...some('attributes', e.attributes, attributesJson(e.attributes)) }))),
    ...some('links', span.links, span.links.map((l) => ({ traceId: l.traceId, spanId: l.spanId, ...(l.traceState === '' ? {} : { traceState: l.traceState }), ...some('attributes', l.attributes, attributesJson(l.attributes)) }))),
    status: { ...(message === '' ? {} : { message }), ...(code === 0 ? {} : { code }) },
  };
}

/** OTLP's JSON form as a plain value (`resourceSpans`), as Jaeger's api_v3 answers: hex ids, enums as integers, 64-bit integers as strings. */
export const otlpTracesJson = (traces: OtlpTraces): { readonly resourceSpans: readonly unknown[] } => ({
  resourceSpans: traces.resources.map((resource) => ({
    resource: { ...some('attributes', resource.attributes, attributesJson(resource.attributes)) },
    scopeSpans: resource.scopes.map((scope) => ({ scope: { ...(scope.scopeName === '' ? {} : { name: scope.scopeName }), ...(scope.scopeVersion === '' ? {} : { version: scope.scopeVersion }) }, spans: scope.spans.map(spanJson) })),
  })),
});
