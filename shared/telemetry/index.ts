export type { AccessRecord } from './access-record.ts';
export { FLAGS } from './flags.ts';
export type { FlagMeaning } from './flags.ts';
export { DURATION_BUCKETS_MS, LABELS, METRIC, UNKNOWN } from './metrics.ts';
export type { Label } from './metrics.ts';
export type { Span } from './span.ts';
