import { existsSync, readFileSync } from 'node:fs';
import { isRecord } from '#shared/base';
import type { NodeMetadata } from '#shared/xds';
import { podPath } from '#server/lib';
import type { Logger } from '#server/lib';
import type { LogSink } from './stats/log-sink.ts';

/** A proxy that gets everything from a control plane. */
export type AgentOptions = {
  readonly type: 'sidecar' | 'router'; readonly podIp: string; readonly appIp: string; readonly podName: string; readonly namespace: string; readonly serviceAccount: string; readonly domain: string; readonly trustDomain: string;
  readonly discoveryAddress: string; readonly caAddress: string; readonly caPath: string; readonly tokenPath: string; readonly hostsPath: string; readonly plaintextControlPlane: boolean; readonly metadata: NodeMetadata; readonly podPorts: readonly number[]; readonly xdsMode: 'delta' | 'sotw';
  readonly certificateTtlSeconds: number; readonly probers: Readonly<Record<string, unknown>>; readonly appScrape: { readonly path: string; readonly port: number } | undefined;
};
export type ProxyOptions = {
  readonly log: Logger; readonly agent: AgentOptions | undefined;
  /** A static bootstrap (Envoy's form, YAML or JSON): `static_resources`, `node`, `admin`. */
  readonly bootstrapPath: string | undefined;
  readonly accessLog: 'text' | 'json' | 'off'; /** Where lines go; standard output when undefined. */ readonly logSink?: LogSink; readonly tracing: { /** A collector of OTLP over HTTP; undefined where only the configuration may name one. */ readonly endpoint: string | undefined; readonly samplingPercent: number; readonly serviceName: string };
  /** The shortest time between SIGTERM and the end, so that callers learn of it, and the longest wait for requests in flight, ms. */
  readonly drainMs: number; readonly drainMsMax: number; readonly exitWhenIdle: boolean;
};

type Env = Readonly<Record<string, string | undefined>>;
/** Istio's terminationDrainDuration is 5 s; on one machine endpoints are withdrawn within a second. */
const DRAIN_MS = 1000;
const DRAIN_MS_MAX = 3500;
const CERTIFICATE_TTL_SECONDS = 24 * 3600;

function json(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`not JSON: ${text.slice(0, 80)}`, { cause: error });
  }
}
const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});
const text = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined);

/** ISTIO_META_X=text and ISTIO_METAJSON_X=JSON become node metadata X. */
function metadataFrom(env: Env): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, v] of Object.entries(env)) {
    if (v === undefined) continue;
    if (key.startsWith('ISTIO_META_')) out[key.slice(11)] = v;
    else if (key.startsWith('ISTIO_METAJSON_')) {
      const parsed = json(v);
      if (key === 'ISTIO_METAJSON_LABELS' && isRecord(parsed)) out['LABELS'] = { ...record(out['LABELS']), ...parsed };
      else out[key.slice(15)] = parsed;
    }
  }
  return out;
}

const DURATIONS: ReadonlyMap<string, number> = new Map([['s', 1], ['m', 60], ['h', 3600]]);
function seconds(v: string | undefined): number | undefined {
  const match = /^(\d+)(s|m|h)/.exec(v ?? '');
  return match === null ? undefined : Number(match[1]) * (DURATIONS.get(match[2] ?? '') ?? 1);
}

/** Where spans go: PROXY_CONFIG's tracing, else the standard variable of OpenTelemetry. */
function tracingFrom(env: Env, proxyConfig: Record<string, unknown>, serviceName: string): ProxyOptions['tracing'] {
  const tracing = record(proxyConfig['tracing']);
  const otlp = tracing['otlp'];
  const endpoint = text(otlp) ?? text(record(otlp)['address']) ?? text(record(otlp)['endpoint']) ?? text(record(otlp)['url']) ?? text(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) ?? text(env['OTEL_EXPORTER_OTLP_ENDPOINT']);
  const sampling = Number(tracing['sampling'] ?? env['PILOT_TRACE_SAMPLING'] ?? 1);
  return { endpoint, samplingPercent: Number.isFinite(sampling) ? sampling : 1, serviceName };
}

function portsFrom(metadata: Record<string, unknown>): readonly number[] {
  const ports = typeof metadata['POD_PORTS'] === 'string' ? json(metadata['POD_PORTS']) : metadata['POD_PORTS'];
  return (Array.isArray(ports) ? ports : []).map((port) => Number(record(port)['containerPort'])).filter((port) => port > 0 && port < 65_536);
}

function scrapeFrom(env: Env): AgentOptions['appScrape'] {
  const annotations = record(json(env['ISTIO_PROMETHEUS_ANNOTATIONS']));
  const port = Number(annotations['port'] ?? 0);
  return annotations['scrape'] === 'true' && port > 0 && port !== 15020 ? { path: text(annotations['path']) ?? '/metrics', port } : undefined;
}

function need(env: Env, name: string): string {
  const v = text(env[name]);
  if (v === undefined) throw new Error(`the environment variable ${name} is missing`);
  return v;
}

function agentFrom(env: Env, args: readonly string[], proxyConfig: Record<string, unknown>): AgentOptions {
  const podIp = text(env['PHAROS_POD_IP']) ?? need(env, 'INSTANCE_IP');
  const namespace = need(env, 'POD_NAMESPACE');
  const podName = need(env, 'POD_NAME');
  const raw = metadataFrom(env);
  const discoveryAddress = text(proxyConfig['discoveryAddress']) ?? text(env['CA_ADDR']) ?? 'istiod.istio-system.svc:15012';
  const metadata: NodeMetadata = {
    ...raw, NAME: podName, NAMESPACE: namespace, INSTANCE_IPS: podIp, SERVICE_ACCOUNT: text(env['SERVICE_ACCOUNT']) ?? 'default', ISTIO_VERSION: text(raw['ISTIO_VERSION']) ?? '1.31.0', CLUSTER_ID: text(raw['CLUSTER_ID']) ?? 'Kubernetes',
    PROXY_CONFIG: proxyConfig, LABELS: { ...labelsOf(podPath('/etc/istio/pod/labels')), ...(isRecord(raw['LABELS']) ? stringsOf(raw['LABELS']) : {}) },
  };
  return {
    type: args.includes('router') || env['PHAROS_PROXY_TYPE'] === 'router' ? 'router' : 'sidecar', podIp, appIp: text(env['PHAROS_APP_IP']) ?? podIp, podName, namespace, serviceAccount: text(env['SERVICE_ACCOUNT']) ?? 'default',
    domain: `${namespace}.svc.${text(env['CLUSTER_DOMAIN']) ?? 'cluster.local'}`, trustDomain: text(env['TRUST_DOMAIN']) ?? 'cluster.local', discoveryAddress, caAddress: text(env['CA_ADDR']) ?? discoveryAddress,
    caPath: text(env['PHAROS_CA_PATH']) ?? podPath('/var/run/secrets/istio/root-cert.pem'), tokenPath: text(env['PHAROS_TOKEN_PATH']) ?? podPath('/var/run/secrets/tokens/istio-token'),
    hostsPath: text(env['PHAROS_HOSTS_PATH']) ?? podPath('/etc/hosts'), plaintextControlPlane: env['PHAROS_XDS_PLAINTEXT'] === 'true' || discoveryAddress.endsWith(':15010'), metadata, podPorts: portsFrom(raw),
    xdsMode: env['PHAROS_XDS_MODE'] === 'sotw' || env['ISTIO_DELTA_XDS'] === 'false' ? 'sotw' : 'delta', certificateTtlSeconds: seconds(env['SECRET_TTL']) ?? CERTIFICATE_TTL_SECONDS,
    probers: record(json(env['ISTIO_KUBE_APP_PROBERS'])), appScrape: scrapeFrom(env),
  };
}

/** Labels as the downward API writes them into the pod's file: key="value" lines. */
function labelsOf(path: string): Record<string, string> {
  const out: Record<string, string> = Object.create(null);
  if (!existsSync(path)) return out;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const match = /^([^=]+)=(".*")$/.exec(line);
    const v = match === null ? undefined : json(match[2]);
    if (match?.[1] !== undefined && typeof v === 'string') out[match[1]] = v;
  }
  return out;
}

const stringsOf = (fields: Record<string, unknown>): Record<string, string> => Object.fromEntries(Object.entries(fields).map(([key, v]) => [key, String(v)]));

const accessLogOf = (env: Env): ProxyOptions['accessLog'] => (env['PHAROS_ACCESS_LOG'] === 'off' ? 'off' : env['PHAROS_ACCESS_LOG'] === 'json' ? 'json' : 'text');

/** Reads a pod's environment (Istio's variables and the runner's); with `--bootstrap FILE` or PHAROS_BOOTSTRAP the proxy is static. */
export function proxyOptionsFromEnv(env: Env, log: Logger, args: readonly string[] = process.argv.slice(2)): ProxyOptions {
  const flag = args.indexOf('--bootstrap');
  const bootstrapPath = (flag >= 0 ? args[flag + 1] : undefined) ?? text(env['PHAROS_BOOTSTRAP']);
  const proxyConfig = record(json(env['PROXY_CONFIG']));
  const drainMs = Number(env['PHAROS_DRAIN_MS'] ?? DRAIN_MS);
  const common = { log, accessLog: accessLogOf(env), drainMs, drainMsMax: Math.max(drainMs, Number(env['PHAROS_DRAIN_MS_MAX'] ?? DRAIN_MS_MAX)), exitWhenIdle: env['EXIT_ON_ZERO_ACTIVE_CONNECTIONS'] === 'true' };
  if (bootstrapPath !== undefined) return { ...common, agent: undefined, bootstrapPath, tracing: tracingFrom(env, proxyConfig, text(env['OTEL_SERVICE_NAME']) ?? 'proxy') };
  const agent = agentFrom(env, args, proxyConfig);
  const labels = new Map(Object.entries(agent.metadata.LABELS ?? {}));
  const app = labels.get('app') ?? labels.get('app.kubernetes.io/name') ?? labels.get('service.istio.io/canonical-name') ?? agent.metadata.WORKLOAD_NAME ?? agent.podName;
  return { ...common, agent, bootstrapPath: undefined, tracing: tracingFrom(env, proxyConfig, `${app}.${agent.namespace}`) };
}
