export { TRACE_LIMITS } from './limits.ts';
export type { TraceLimits } from './limits.ts';
export { startTraces } from './start-traces.ts';
export type { TraceOptions, TracePorts, Traces } from './start-traces.ts';
