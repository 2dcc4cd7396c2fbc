export { worst } from './health.ts';
export type { Health, HealthState } from './health.ts';
export { DEGRADED_CLIENT_ERROR_SHARE, DEGRADED_ERROR_SHARE, FAILING_ERROR_SHARE, FAILING_REQUESTS_MIN, judgeBoth, judgePods, judgeTraffic, span } from './judge.ts';
export type { TrafficFigures } from './judge.ts';
export { count, percent, requests } from './words.ts';
