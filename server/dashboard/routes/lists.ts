import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { bind } from '../http/bind.ts';
import { serviceRows, workloadRows } from '../state/lists.ts';
import { kubernetesReading, overviewOf } from '../state/overview.ts';
import { namesOf, windowOf } from '../state/window.ts';

/** Overview and the lists of services and workloads. */
export function listRoutes(app: FastifyInstance, deps: Deps): void {
  bind(app, 'overview', ({ query }) => overviewOf(deps, windowOf(query), namesOf(query.namespaces), deps.lastChanges(8)), deps);
  bind(app, 'services', async ({ query }) => kubernetesReading(deps, await serviceRows(deps, windowOf(query), namesOf(query.namespaces))), deps);
  bind(app, 'workloads', async ({ query }) => kubernetesReading(deps, await workloadRows(deps, windowOf(query), namesOf(query.namespaces))), deps);
}
