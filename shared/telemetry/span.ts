/** One span as the trace store gives it. Times in microseconds since 1970 (Jaeger's unit). */
export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly operation: string;
  readonly kind: 'client' | 'server' | 'producer' | 'consumer' | 'internal';
  readonly start: number;
  readonly duration: number;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly processTags: Readonly<Record<string, string | number | boolean>>;
  readonly logs: readonly { readonly at: number; readonly fields: Readonly<Record<string, string | number | boolean>> }[];
  readonly warnings: readonly string[];
};
