export * as schemas from './schemas.ts';
export { CSRF_HEADER, ROUTES, TRACE_LIMIT_MAX, TRACE_SEARCH_SECONDS_MIN } from './routes.ts';
export type { Body, Params, Reply, RouteId } from './routes.ts';
export { parseTraceTags } from './trace-tags.ts';
