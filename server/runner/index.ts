export type { KnownImage } from './container/images.ts';
export { startRunner } from './start-runner.ts';
export type { Runner, RunnerOptions } from './start-runner.ts';
