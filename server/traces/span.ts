import type { OtlpAttribute, OtlpEvent, OtlpLink } from '#server/wire';

/** A span that has passed every check. Ids are lower-case hex of 32 and 16 digits; no parent is ''. */
export type StoredSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly operation: string;
  /** OTLP's number: 1 internal, 2 server, 3 client, 4 producer, 5 consumer, 0 unspecified. */
  readonly kind: number;
  /** Microseconds since 1970, and the nanoseconds beyond. */
  readonly startMicros: number;
  readonly startNanosRest: number;
  readonly durationNanos: number;
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly traceState: string;
  readonly flags: number;
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly attributes: readonly OtlpAttribute[];
  /** Attributes of the resource (Jaeger: process tags) without service.name. */
  readonly resource: readonly OtlpAttribute[];
  readonly events: readonly OtlpEvent[];
  readonly links: readonly OtlpLink[];
};

/** Jaeger's names of the kinds, as tag span.kind and as parameter spanKind. */
export const KIND_NAMES: readonly string[] = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
