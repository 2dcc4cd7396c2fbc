import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { bind } from '../http/bind.ts';
import { windowOf } from '../state/window.ts';

/** Search and detail of traces. */
export function traceRoutes(app: FastifyInstance, deps: Deps): void {
  bind(app, 'traceServices', () => deps.traces.services(), deps);
  bind(app, 'traces', ({ query }) => deps.traces.search(query, windowOf(query)), deps);
  bind(app, 'trace', ({ params }) => deps.traces.detail(params.id), deps);
}
