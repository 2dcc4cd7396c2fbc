export { worst } from './health.ts';
export type { Health, HealthState } from './health.ts';
