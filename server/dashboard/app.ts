import { fastify, LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { errorText } from '#shared/base';
import type { SourceError } from '#shared/base';
import { Registry } from '#server/lib';
import { Istiod } from './changes/acks.ts';
import { ChangeLog } from './changes/change-log.ts';
import { Recorder } from './changes/recorder.ts';
import { Rollouts } from './changes/rollouts.ts';
import { Writer } from './changes/writer.ts';
import { Config } from './config/config.ts';
import type { Deps } from './deps.ts';
import { compressAnswers } from './http/compress.ts';
import { replyWithError } from './http/error-reply.ts';
import { parseJsonBodies } from './http/json-body.ts';
import { guard } from './http/security.ts';
import { serveApp } from './http/static-app.ts';
import { Live } from './live/live.ts';
import { CallerNames } from './mesh/callers.ts';
import { MeshPage } from './mesh/mesh-page.ts';
import type { DashboardOptions } from './options.ts';
import { Proxies } from './proxies/proxies.ts';
import { configRoutes } from './routes/config.ts';
import { detailRoutes } from './routes/details.ts';
import { listRoutes } from './routes/lists.ts';
import { meshViewRoutes } from './routes/mesh-view.ts';
import { meshRoutes } from './routes/mesh.ts';
import { shiftRoutes } from './routes/shift.ts';
import { systemRoutes } from './routes/system.ts';
import { traceRoutes } from './routes/traces.ts';
import { Shift } from './shift/shift.ts';
import { createJaeger } from './sources/jaeger/jaeger.ts';
import { CONFIG_KINDS } from './sources/kubernetes/kinds.ts';
import { Kubernetes } from './sources/kubernetes/kubernetes.ts';
import { createPrometheus } from './sources/prometheus/prometheus.ts';
import { toApi } from './state/charts.ts';
import { Findings } from './state/findings.ts';
import { MeshState } from './state/mesh-state.ts';
import { Trends } from './state/trends.ts';
import { Drill } from './traces/drill.ts';
import { Traces } from './traces/traces.ts';

/** Largest body, bytes: an object of the API server has 3 MiB at most. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;
export const VERSION = '0.1.0';

export type Built = { readonly app: FastifyInstance; readonly deps: Deps; stop(): Promise<void> };

const writable = (group: string, kind: string): boolean => CONFIG_KINDS.some((k) => k.group === group && k.kind === kind);
/** A change log that cannot be opened (full or read-only disk) takes away history, never the console; the list says so. */
function openChangeLog(options: DashboardOptions, clock: () => number): { readonly changes: ChangeLog; readonly failure: SourceError | undefined } {
  try {
    return { changes: new ChangeLog({ path: `${options.dataDir}/changes.db`, clock, writable }), failure: undefined };
  } catch (error) {
    options.log.error({ err: error, dataDir: options.dataDir }, 'the change log cannot be opened; changes are kept in memory only');
    const failure: SourceError = { source: 'pharos', code: 'STORE_FULL', message: `The change log in ${options.dataDir} cannot be opened: ${errorText(error)}. Changes are kept in memory only.`, next: 'Make the data folder writable and start the console again.', since: clock() };
    return { changes: new ChangeLog({ path: ':memory:', clock, writable }), failure };
  }
}

/** Sources, state and everything that works on them. */
function makeDeps(options: DashboardOptions): { readonly deps: Deps; stop(): Promise<void> } {
  const clock = options.clock ?? Date.now;
  const { log } = options;
  const kubernetes = new Kubernetes({ kube: options.kube, clock, log });
  const prometheus = createPrometheus({ url: options.prometheusUrl, clock });
  const jaeger = createJaeger({ url: options.jaegerUrl, clock });
  const state = new MeshState({ kubernetes, prometheus, jaeger }, clock);
  const callers = new CallerNames(state, log);
  const live = new Live({ state, log, callers: () => callers.callers() });
  const findings = new Findings(state);
  const { changes, failure: notOpened } = openChangeLog(options, clock);
  const recorder = new Recorder({ kubernetes, changes, clock, log });
  const istiod = new Istiod(kubernetes);
  const rollouts = new Rollouts(istiod, clock);
  const writer = new Writer({ kubernetes, log: changes, rollouts });
  const proxies = new Proxies(kubernetes, clock);
  const lastChanges = (limit: number): ReturnType<Deps['lastChanges']> => {
    recorder.flush();
    const value = changes.list({ limit: Math.min(500, Math.max(1, limit)) }).map(toApi);
    const failure = recorder.failure ?? notOpened;
    return failure === undefined ? { state: 'value', value, at: clock() } : { state: 'stale', value, since: failure.since, error: failure };
  };
  const deps: Deps = {
    meshName: options.meshName, version: VERSION, validateReplies: options.validateReplies ?? false, clock, log, registry: new Registry(), state, live, trends: new Trends(state), findings, changes, rollouts, writer, proxies,
    config: new Config({ kubernetes, findings, writer }), shift: new Shift({ state, writer }), traces: new Traces({ state, drill: new Drill({ kubernetes, proxies, clock }) }), meshPage: new MeshPage({ state, istiod, proxies, callers }), lastChanges,
  };
  const stop = async (): Promise<void> => {
    rollouts.stop();
    recorder.stop();
    callers.stop();
    await kubernetes.stop();
    prometheus.close();
    jaeger.close();
    changes.close();
  };
  return { deps, stop };
}

/** Puts sources, state and routes together. The only place where they meet. */
export function buildApp(options: DashboardOptions, allowedHosts: () => ReadonlySet<string>): Built {
  const { deps, stop: stopDeps } = makeDeps(options);
  const loggerInstance: FastifyBaseLogger = options.log;
  const app: FastifyInstance = fastify({ loggerInstance, logController: new LogController({ disableRequestLogging: true }), bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true, routerOptions: { maxParamLength: 500 } });
  app.setErrorHandler((error, request, reply) => replyWithError(error, request, reply));
  guard(app, allowedHosts);
  parseJsonBodies(app);
  compressAnswers(app);
  for (const routes of [systemRoutes, meshViewRoutes, listRoutes, detailRoutes, traceRoutes, configRoutes, shiftRoutes, meshRoutes]) routes(app, deps);
  serveApp(app, options.webDir);
  const stop = async (): Promise<void> => {
    deps.live.stop();
    await app.close();
    await stopDeps();
  };
  return { app, deps, stop };
}
