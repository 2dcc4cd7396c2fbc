import type { Span } from '#shared/telemetry';

/** A trace as the store gives it, its spans by start. */
export type Trace = { readonly id: string; readonly spans: readonly Span[] };
/** A search: times in ms, durations as Go writes them; all tags on one span. */
export type TraceSearch = { readonly service: string; readonly operation?: string; readonly tags?: Readonly<Record<string, string>>; readonly from: number; readonly to: number; readonly minDuration?: string; readonly maxDuration?: string; readonly limit: number };
