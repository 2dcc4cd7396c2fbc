import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { E } from '../errors.ts';
import { bind } from '../http/bind.ts';
import { windowOf } from '../state/window.ts';

/** Traffic shifting, progress of changes, undo, the change log. */
export function shiftRoutes(app: FastifyInstance, deps: Deps): void {
  bind(app, 'shift', ({ params, query }) => deps.shift.get(params.namespace, params.name, windowOf(query)), deps);
  bind(app, 'shiftPlan', ({ body }) => deps.shift.plan(body, { seconds: 300, to: undefined }), deps);
  bind(app, 'shiftApply', ({ body }) => deps.shift.apply(body), deps);
  bind(app, 'rollout', async ({ params }) => {
    const found = deps.rollouts.get(params.id);
    if (found === undefined) throw E.make('NOT_FOUND', { what: `Rollout ${params.id}` });
    return found;
  }, deps);
  bind(app, 'undo', ({ params }) => deps.writer.undo(params.id), deps);
  bind(app, 'changes', async ({ query }) => deps.lastChanges(Number(query.limit ?? '') || 50), deps);
}
