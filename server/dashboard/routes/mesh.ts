import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { bind } from '../http/bind.ts';
import { setRate } from '../mesh/load-maker.ts';

/** The mesh itself: control plane, proxies, certificates, sources, load maker. */
export function meshRoutes(app: FastifyInstance, deps: Deps): void {
  bind(app, 'mesh', () => deps.meshPage.page(), deps);
  bind(app, 'loadMaker', ({ body }) => setRate(deps.state.sources.kubernetes, body.ratePerSecond), deps);
}
