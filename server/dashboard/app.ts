import fastifyCompress from '@fastify/compress';
import { fastify, LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { Registry } from '#server/lib';
import type { Deps } from './deps.ts';
import { replyWithError } from './http/error-reply.ts';
import { guard } from './http/security.ts';
import { serveApp } from './http/static-app.ts';
import { Live } from './live/live.ts';
import type { DashboardOptions } from './options.ts';
import { listRoutes } from './routes/lists.ts';
import { meshViewRoutes } from './routes/mesh-view.ts';
import { systemRoutes } from './routes/system.ts';
import { createJaeger } from './sources/jaeger/jaeger.ts';
import { Kubernetes } from './sources/kubernetes/kubernetes.ts';
import { createPrometheus } from './sources/prometheus/prometheus.ts';
import { Findings } from './state/findings.ts';
import { MeshState } from './state/mesh-state.ts';
import { Trends } from './state/trends.ts';

/** Largest body, bytes: an object of the API server has 3 MiB at most. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
/** Answers below this are sent as they are, bytes. */
const COMPRESS_BYTES_MIN = 1024;
export const VERSION = '0.1.0';

export type Built = { readonly app: FastifyInstance; readonly deps: Deps; stop(): Promise<void> };

/** Puts sources, state and routes together. The only place where they meet. */
export async function buildApp(options: DashboardOptions, allowedHosts: () => ReadonlySet<string>): Promise<Built> {
  const clock = options.clock ?? Date.now;
  const { log } = options;
  const kubernetes = new Kubernetes({ kube: options.kube, clock, log });
  const prometheus = createPrometheus({ url: options.prometheusUrl, clock });
  const jaeger = createJaeger({ url: options.jaegerUrl, clock });
  const state = new MeshState({ kubernetes, prometheus, jaeger }, clock);
  const live = new Live({ state, log, callers: async () => undefined });
  const registry = new Registry();
  const deps: Deps = {
    meshName: options.meshName, version: VERSION, validateReplies: options.validateReplies ?? false, clock, log, registry, state, live, trends: new Trends(state), findings: new Findings(state),
    lastChanges: () => ({ state: 'not-asked', reason: 'The change log is not there yet.' }),
  };
  const loggerInstance: FastifyBaseLogger = log;
  const app: FastifyInstance = fastify({ loggerInstance, logController: new LogController({ disableRequestLogging: true }), bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true, routerOptions: { maxParamLength: 500 } });
  app.setErrorHandler((error, request, reply) => replyWithError(error, request, reply));
  guard(app, allowedHosts);
  await app.register(fastifyCompress, { threshold: COMPRESS_BYTES_MIN, encodings: ['gzip', 'deflate', 'identity'], global: true });
  systemRoutes(app, deps);
  meshViewRoutes(app, deps);
  listRoutes(app, deps);
  await serveApp(app, options.webDir);
  const stop = async (): Promise<void> => {
    live.stop();
    await app.close();
    await kubernetes.stop();
    prometheus.close();
    jaeger.close();
  };
  return { app, deps, stop };
}
