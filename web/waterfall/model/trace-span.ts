import type { Span } from '#shared/telemetry';

/** A span as the console's API gives it: microseconds since 1970. */
export type TraceSpan = Omit<Span, 'parentSpanId'> & { readonly parentSpanId?: string | undefined };
