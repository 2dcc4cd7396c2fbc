/** A value of an attribute. OTLP's types map one to one: bigint is int64, number is double, Map is a key-value list. */
export type OtlpValue = string | boolean | bigint | number | Uint8Array | readonly OtlpValue[] | ReadonlyMap<string, OtlpValue>;
export type OtlpAttribute = { readonly key: string; readonly value: OtlpValue };
export type OtlpEvent = { readonly timeUnixNano: bigint; readonly name: string; readonly attributes: readonly OtlpAttribute[] };
export type OtlpLink = { readonly traceId: string; readonly spanId: string; readonly traceState: string; readonly attributes: readonly OtlpAttribute[] };

/** Numbers of opentelemetry.proto.trace.v1.Span.SpanKind. */
export const SPAN_KIND = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
/** Numbers of opentelemetry.proto.trace.v1.Status.StatusCode. */
export const STATUS_CODE = { unset: 0, ok: 1, error: 2 } as const;

/** One span. Ids are lower-case hex as they came (not yet checked); an absent parent is ''. */
export type OtlpSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: readonly OtlpAttribute[];
  readonly events: readonly OtlpEvent[];
  readonly links: readonly OtlpLink[];
  readonly statusCode: number;
  readonly statusMessage: string;
};
export type OtlpScopeSpans = { readonly scopeName: string; readonly scopeVersion: string; readonly spans: readonly OtlpSpan[] };
export type OtlpResourceSpans = { readonly attributes: readonly OtlpAttribute[]; readonly scopes: readonly OtlpScopeSpans[] };
/** The content of ExportTraceServiceRequest. */
export type OtlpTraces = { readonly resources: readonly OtlpResourceSpans[] };

/** Bytes or JSON that are not an OTLP request; the sender must not send them again. */
export class OtlpError extends Error {
  override readonly name = 'OtlpError';
}
