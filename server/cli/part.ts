// One part of the mesh as a process: `node part.ts <name>`. The pod's environment says everything else.
import { errorText } from '#shared/base';
import { createLog, createShutdown } from '#server/lib';
import { WEB_DIR } from './paths.ts';

type Running = { stop(): Promise<void> };
type Env = NodeJS.ProcessEnv;
const need = (env: Env, name: string): string => {
  const v = env[name];
  if (v === undefined || v === '') throw new Error(`the environment variable ${name} is missing`);
  return v;
};

/** Starts the part in this process; rooms are imported only when they are the one asked for. */
async function startPart(name: string, env: Env): Promise<Running> {
  const log = createLog(name);
  const bindAddress = env['HOST'] ?? '127.0.0.1';
  const kube = { inCluster: true } as const;
  switch (name) {
    case 'istiod': {
      const { startController } = await import('#server/controller');
      const otlp = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
      return startController({ kube, bindAddress, ports: { grpc: 15010, grpcTls: 15012, http: 8080, monitoring: 15014, webhook: 15017 }, namespace: env['POD_NAMESPACE'] ?? 'istio-system', ...(otlp === undefined ? {} : { otlpEndpoint: otlp }), log });
    }
    case 'proxy': {
      const { proxyOptionsFromEnv, startProxy } = await import('#server/proxy');
      return startProxy(proxyOptionsFromEnv(env, log));
    }
    case 'prometheus': {
      const { startMetrics } = await import('#server/metrics');
      return startMetrics({ bindAddress, port: 9090, dataDir: need(env, 'DATA_DIR'), kube, log });
    }
    case 'jaeger': {
      const { startTraces } = await import('#server/traces');
      return startTraces({ bindAddress, ports: { query: 16686, otlpHttp: 4318, otlpGrpc: 4317, zipkin: 9411 }, dataDir: need(env, 'DATA_DIR'), log });
    }
    case 'console': {
      const { startDashboard } = await import('#server/dashboard');
      const port = env['PUBLIC_PORT'] ?? '20001';
      return startDashboard({ bindAddress, port: 20001, kube, prometheusUrl: need(env, 'PROMETHEUS_URL'), jaegerUrl: need(env, 'JAEGER_URL'), dataDir: need(env, 'DATA_DIR'), webDir: WEB_DIR, meshName: 'local', allowedHosts: [`127.0.0.1:${port}`, `localhost:${port}`, `${bindAddress}:20001`], log });
    }
    default: {
      const { SAMPLE_NAMES, startSample } = await import('#server/samples');
      const sample = SAMPLE_NAMES.find((known) => known === name);
      if (sample === undefined) throw new Error(`there is no part named ${name}`);
      return startSample({ name: sample, env, log });
    }
  }
}

/** Runs the part named on the command line until a signal stops it. */
async function runPart(name: string): Promise<void> {
  const log = createLog(name);
  const shutdown = createShutdown({ onError: (step, error) => log.error({ err: error, step }, 'a step of the shutdown failed') });
  shutdown.onSignals();
  try {
    const part = await startPart(name, process.env);
    shutdown.add(name, () => part.stop());
  } catch (error) {
    log.fatal(`${name} could not start: ${errorText(error)}`);
    log.debug({ err: error }, 'where it failed');
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 100).unref();
  }
}

if (import.meta.main) await runPart(process.argv[2] ?? '');
