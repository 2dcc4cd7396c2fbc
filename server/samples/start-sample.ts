import { createReflector, createKubeClient, kubeConfig } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';
import { details } from './bookinfo/details.ts';
import { productpage } from './bookinfo/productpage.ts';
import { ratings } from './bookinfo/ratings.ts';
import { reviews } from './bookinfo/reviews.ts';
import { startCurl } from './curl/curl.ts';
import { serveApp } from './http-app.ts';
import type { Handler } from './http-app.ts';
import { startLoadMaker } from './load/load-maker.ts';
import { servicesReady } from './load/services-ready.ts';

export const SAMPLE_NAMES = ['productpage', 'details', 'reviews', 'ratings', 'load', 'curl'] as const;
export type SampleName = (typeof SAMPLE_NAMES)[number];
export type Sample = { stop(): Promise<void> };
type Env = Readonly<Record<string, string | undefined>>;

/** The annotation of a Deployment that sets the load maker's rate, requests per second. */
export const RATE_ANNOTATION = 'pharos.dev/rate';

const urlOf = (env: Env, app: string): string => {
  const name = app.toUpperCase();
  const domain = env['SERVICES_DOMAIN'];
  const host = env[`${name}_HOSTNAME`] ?? app;
  return `http://${domain === undefined || domain === '' ? host : `${host}.${domain}`}:${env[`${name}_SERVICE_PORT`] ?? '9080'}`;
};

function handlerOf(name: Exclude<SampleName, 'load' | 'curl'>, env: Env): Handler {
  if (name === 'details') return details;
  if (name === 'ratings') return ratings();
  if (name === 'reviews') return reviews({ version: env['SERVICE_VERSION'] ?? 'v1', podName: env['HOSTNAME'] ?? 'reviews', ratingsUrl: urlOf(env, 'ratings'), clusterName: env['CLUSTER_NAME'] });
  return productpage({ detailsUrl: urlOf(env, 'details'), reviewsUrl: urlOf(env, 'reviews'), ratingsUrl: urlOf(env, 'ratings'), floodFactor: Number(env['FLOOD_FACTOR'] ?? 0) });
}

/** The API server that started this program; undefined outside a cluster. */
const clientOf = async (env: Env): Promise<KubeClient | undefined> => (env['KUBERNETES_SERVICE_HOST'] === undefined ? undefined : createKubeClient(await kubeConfig({ inCluster: true })));

/** The moment to begin: when the services of WAIT_SERVICES ("productpage details") in WAIT_NAMESPACE are ready; at once without such a list. */
function beginOf(env: Env, client: KubeClient | undefined, signal: AbortSignal): Promise<void> | undefined {
  const services = (env['WAIT_SERVICES'] ?? '').split(/\s+/).filter((name) => name !== '');
  return client === undefined || services.length === 0 ? undefined : servicesReady(client, { namespace: env['WAIT_NAMESPACE'] ?? 'default', services, signal });
}

function startPlainClient(env: Env): Sample {
  const begin = Promise.withResolvers<void>();
  const timer = setTimeout(begin.resolve, Number(env['CURL_START_MS'] ?? 0));
  const curl = startCurl({ url: env['CURL_URL'] ?? 'http://productpage.default:9080/productpage', intervalMs: Number(env['CURL_INTERVAL_MS'] ?? 2000), begin: begin.promise, write: (line) => void process.stdout.write(`${line}\n`) });
  return {
    stop: async () => {
      clearTimeout(timer);
      await curl.stop();
    },
  };
}

async function startLoad(env: Env, log: Logger): Promise<Sample> {
  const target = env['LOAD_TARGET'] ?? 'http://istio-ingressgateway.istio-system';
  const client = await clientOf(env);
  const end = new AbortController();
  const begin = beginOf(env, client, end.signal);
  const load = startLoadMaker({ target, ratePerSecond: Number(env['LOAD_RATE'] ?? 10), ...(begin === undefined ? {} : { begin }) });
  const app = await serveApp({
    host: env['HOST'] ?? '127.0.0.1', port: Number(env['PORT'] ?? 8080),
    handler: (request, response) => void response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(request.url.pathname === '/metrics' ? load.registry.render() : 'ok'),
  });
  const reflector = client === undefined ? undefined : createReflector(client, {
    group: 'apps', version: 'v1', plural: 'deployments', namespace: env['POD_NAMESPACE'] ?? 'traffic', fieldSelector: `metadata.name=${env['LOAD_DEPLOYMENT'] ?? 'load'}`,
  }, {
    onChange: (_event, object) => {
      const text = object.metadata.annotations?.[RATE_ANNOTATION];
      const rate = Number(text ?? env['LOAD_RATE'] ?? 10);
      if (Number.isFinite(rate)) load.setRate(rate);
      else log.warn({ annotation: RATE_ANNOTATION, value: text }, 'the rate is not a number; it stays as it is');
    },
  });
  return {
    stop: async () => {
      reflector?.stop();
      await load.stop();
      end.abort();
      await app.stop();
    },
  };
}

/** Starts one of the demo's programs as its container would: everything comes from `env` (HOST, PORT, SERVICE_VERSION, …). */
export async function startSample(options: { readonly name: SampleName; readonly env: Env; readonly log: Logger }): Promise<Sample> {
  const { name, env, log } = options;
  if (name === 'load') return startLoad(env, log);
  if (name === 'curl') return startPlainClient(env);
  const app = await serveApp({ host: env['HOST'] ?? '127.0.0.1', port: Number(env['PORT'] ?? 9080), handler: handlerOf(name, env) });
  log.info({ name, port: app.port }, 'listening');
  return app;
}
