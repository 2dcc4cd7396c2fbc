import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { bind } from '../http/bind.ts';
import { namesOf } from '../state/window.ts';

/** Lists, editor and deletion of configuration. */
export function configRoutes(app: FastifyInstance, deps: Deps): void {
  bind(app, 'configList', async ({ query }) => deps.config.list(namesOf(query.namespaces), query.kind, deps.clock), deps);
  bind(app, 'configKinds', async () => deps.config.kinds(), deps);
  bind(app, 'configGet', ({ params }) => deps.config.get(params), deps);
  bind(app, 'configSave', ({ params, body }) => deps.config.save(params, body), deps);
  bind(app, 'configCreate', ({ body }) => deps.config.create(body), deps);
  bind(app, 'configDelete', ({ params }) => deps.config.remove(params), deps);
  bind(app, 'configCheck', async ({ body }) => deps.config.check(body.yaml).markers, deps);
}
