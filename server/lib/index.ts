export { createLog } from './log.ts';
export type { Logger } from './log.ts';
export { podPath, podRoot, resolveServiceHost } from './pod-environment.ts';
export { Registry } from './registry.ts';
export type { Counter, Gauge, Histogram, LabelValues } from './registry.ts';
export { createShutdown } from './shutdown.ts';
export type { Shutdown } from './shutdown.ts';
export { openStore } from './store.ts';
export type { DatabaseSync, StatementSync, Store } from './store.ts';
