import type { FastifyInstance } from 'fastify';
import { CSRF_HEADER, ROUTES } from '#shared/api';
import { encodeFrame } from '#shared/graph';
import type { Grouping } from '#shared/graph';
import type { Deps } from '../deps.ts';
import { E } from '../errors.ts';
import { bind } from '../http/bind.ts';
import { openEventStream } from '../http/sse.ts';
import { GraphProducer } from '../live/graph-producer.ts';
import type { Subscriber, ViewKey } from '../live/graph-producer.ts';
import { namesOf, windowOf } from '../state/window.ts';
import { sourceStates } from '../state/source-states.ts';

/** How often the state of the sources is compared, ms. */
const SOURCES_MS = 1000;
const GROUPINGS: readonly Grouping[] = ['service-version', 'service', 'workload', 'app'];

function groupingOf(text: string | undefined): Grouping {
  if (text === undefined || text === '') return 'service-version';
  const found = GROUPINGS.find((grouping) => grouping === text);
  if (found === undefined) throw E.make('BAD_REQUEST', { why: `grouping must be one of ${GROUPINGS.join(', ')}` });
  return found;
}
const viewKey = (query: { readonly window?: string | undefined; readonly namespaces?: string | undefined; readonly grouping?: string | undefined }): ViewKey => ({ windowSeconds: windowOf(query).seconds, namespaces: namesOf(query.namespaces), grouping: groupingOf(query.grouping) });

/** Frame, graph and its stream. */
export function meshViewRoutes(app: FastifyInstance, deps: Deps): void {
  bind(app, 'meta', async () => {
    const view = deps.state.view();
    return {
      version: deps.version, mesh: deps.meshName, user: 'operator', namespaces: view.namespaces.map((ns) => ns.name).toSorted(), sources: sourceStates(deps.state.sources), csrfHeader: CSRF_HEADER,
      loadMaker: view.workloads.has('traffic/load'), readOnly: false,
    };
  }, deps);

  bind(app, 'graph', async ({ query }) => {
    const { to } = windowOf(query);
    const producer = new GraphProducer({ key: viewKey(query), state: deps.state, callers: () => deps.live.callers(), onIdle: () => {} });
    const model = await producer.model(to);
    return encodeFrame({ type: 'full', revision: 0, at: model.window.to, model });
  }, deps);

  app.get(ROUTES.graphStream.path, (request, reply) => {
    const query = ROUTES.graphStream.query.parse(request.query);
    const key = viewKey(query);
    const stream = openEventStream(request, reply);
    const subscriber: Subscriber = { busy: stream.busy, send: stream.send, revision: { current: Number(query.base ?? Number.NaN) } };
    const producer = deps.live.producer(key);
    const leave = producer.subscribe(subscriber);
    stream.onDrain(() => producer.drained(subscriber));
    let last = '';
    const tellSources = (): void => {
      const text = JSON.stringify(sourceStates(deps.state.sources), (key, v: unknown) => (key === 'latencyMs' ? undefined : v));
      if (text === last || stream.busy()) return;
      last = text;
      stream.send('sources', JSON.stringify(sourceStates(deps.state.sources)));
    };
    tellSources();
    const timer = setInterval(tellSources, SOURCES_MS);
    void stream.closed.then(() => {
      clearInterval(timer);
      leave();
    });
  });
}
