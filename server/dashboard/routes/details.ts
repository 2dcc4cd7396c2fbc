import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { E } from '../errors.ts';
import { bind } from '../http/bind.ts';
import { readLogs, TAIL_DEFAULT, TAIL_MAX } from '../logs/logs.ts';
import { chartsOf } from '../state/charts.ts';
import { containersOf, serviceDetail, workloadDetail } from '../state/details.ts';
import { windowOf } from '../state/window.ts';

/** Pages of one service, one workload, one sidecar. */
export function detailRoutes(app: FastifyInstance, deps: Deps): void {
  bind(app, 'service', ({ params, query }) => serviceDetail(deps, params.namespace, params.name, windowOf(query)), deps);
  bind(app, 'workload', ({ params, query }) => workloadDetail(deps, params.namespace, params.name, windowOf(query)), deps);
  bind(app, 'charts', ({ params, query }) => chartsOf(deps, { ...params, direction: query.direction ?? 'inbound' }, windowOf(query), (from, to) => deps.changes.list({ from, to, limit: 50, namespace: params.namespace })), deps);
  bind(app, 'logs', ({ params, query }) => {
    const workload = deps.state.view().workloads.get(`${params.namespace}/${params.name}`);
    if (workload === undefined) throw E.make('NOT_FOUND', { what: `Workload ${params.namespace}/${params.name}` });
    const { kubernetes } = deps.state.sources;
    const tail = Math.min(TAIL_MAX, Math.max(1, Number(query.tail ?? '') || TAIL_DEFAULT));
    const pods = workload.pods.map((name) => ({ name, containers: containersOf(kubernetes.cached('', 'Pod', params.namespace, name)) }));
    return readLogs(kubernetes, params.namespace, pods, { container: query.container, tail, contains: query.contains });
  }, deps);
  bind(app, 'proxy', ({ params }) => deps.proxies.detail(params.namespace, params.name), deps);
}
