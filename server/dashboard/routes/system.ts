import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { openApi } from '../http/openapi.ts';

const DURATION_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Health, own metrics and the description of the API. */
export function systemRoutes(app: FastifyInstance, deps: Deps): void {
  const { registry } = deps;
  const answered = registry.counter('pharos_http_requests_total', 'Answers by route, method and status code.');
  const duration = registry.histogram('pharos_http_request_duration_seconds', 'Time to answer by route.', DURATION_SECONDS);
  const producers = registry.gauge('pharos_live_views', 'Views of the graph that are being made.');
  const subscribers = registry.gauge('pharos_live_subscribers', 'Open streams of the graph.');
  const sourceUp = registry.gauge('pharos_source_up', '1 when the source answers, 0 when it does not; absent when it is not configured.');
  const sourceLatency = registry.gauge('pharos_source_latency_seconds', 'Running mean of the time a source takes to answer.');

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    answered.inc({ route, method: request.method, code: String(reply.statusCode) });
    duration.observe(reply.elapsedTime / 1000, { route });
  });
  /** Alive: the console answers even when every source is down, so none of them decides. */
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/metrics', (_request, reply) => {
    const { stats } = deps.live;
    producers.set(stats.producers);
    subscribers.set(stats.subscribers);
    const { kubernetes, prometheus, jaeger } = deps.state.sources;
    for (const { monitor } of [kubernetes, prometheus, jaeger]) {
      const state = monitor.state();
      if (state.state !== 'not-configured') sourceUp.set(state.state === 'up' ? 1 : 0, { source: state.source });
      if (state.latencyMs !== undefined) sourceLatency.set(state.latencyMs / 1000, { source: state.source });
    }
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(registry.render());
  });
  let description: string | undefined;
  app.get('/api/openapi.json', (_request, reply) => {
    description ??= JSON.stringify(openApi(deps.version));
    return reply.type('application/json; charset=utf-8').send(description);
  });
}
