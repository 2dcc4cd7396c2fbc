export * as schemas from './schemas.ts';
export { CSRF_HEADER, ROUTES } from './routes.ts';
export type { Body, Params, Reply, RouteId } from './routes.ts';
