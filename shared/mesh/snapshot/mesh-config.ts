import { isRecord } from '#shared/base';

/** The mesh-wide settings that Pharos acts on (ConfigMap `istio`, key `mesh`), with Istio's defaults (pkg/config/mesh/mesh.go). */
export type MeshConfig = {
  readonly trustDomain: string; readonly trustDomainAliases: readonly string[]; readonly rootNamespace: string; readonly clusterDomain: string; readonly enableAutoMtls: boolean;
  readonly enableTracing: boolean; readonly accessLogFile: string; readonly accessLogEncoding: 'TEXT' | 'JSON'; readonly accessLogFormat: string;
  /** Durations as protobuf writes them ("10s"). */
  readonly connectTimeout: string; readonly protocolDetectionTimeout: string;
  /** Where virtualOutbound and virtualInbound listen. */
  readonly proxyListenPort: number; readonly proxyInboundListenPort: number;
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY'; readonly defaultRetryAttempts: number; readonly pathNormalization: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';
  readonly defaultConfig: ProxyDefaults;
  /** As it was written, for debug pages and PROXY_CONFIG. */
  readonly raw: { readonly [key: string]: unknown };
};
export type ProxyDefaults = {
  readonly discoveryAddress: string; readonly samplingPercent: number;
  /** Where spans go, as `http://host:port` (OTLP over HTTP); undefined without a provider. */
  readonly otlpEndpoint: string | undefined;
  readonly raw: { readonly [key: string]: unknown };
};

const record = (v: unknown): { readonly [key: string]: unknown } => (isRecord(v) ? v : {});
const text = (v: unknown, fallback: string): string => (typeof v === 'string' && v !== '' ? v : fallback);
const flag = (v: unknown, fallback: boolean): boolean => (typeof v === 'boolean' ? v : fallback);
const PORT_MAX = 65_535;
const port = (v: unknown, fallback: number): number => (typeof v === 'number' && Number.isInteger(v) && v > 0 && v <= PORT_MAX ? v : fallback);
/** Istio's `attempts` is an int32. */
const RETRIES_MAX = 2_147_483_647;
const choice = <T extends string>(v: unknown, values: readonly T[], fallback: T): T => values.find((known) => known === v) ?? fallback;
const SAMPLING_DEFAULT = 1;
const OUTBOUND_PORT_DEFAULT = 15_001;
const INBOUND_PORT_DEFAULT = 15_006;
const RETRIES_DEFAULT = 2;
const NORMALIZATIONS = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;

/** Attempts of a mesh-wide retry policy; a value that is no count of retries is said and has its default. */
function attemptsOf(v: unknown, onProblem: ((text: string) => void) | undefined): number {
  if (typeof v === 'number' && Number.isInteger(v) && v >= 0 && v <= RETRIES_MAX) return v;
  if (v !== undefined && v !== null) onProblem?.(`defaultHttpRetryPolicy.attempts is ${JSON.stringify(v)}, which is not an integer from 0 to ${RETRIES_MAX}; ${RETRIES_DEFAULT} is used`);
  return RETRIES_DEFAULT;
}

/** Reads the parsed YAML of the ConfigMap; what is missing or of another type has its default. */
export function meshConfigOf(source: unknown, options: { readonly otlpEndpoint?: string | undefined; /** Told what is ignored because it cannot be. */ readonly onProblem?: (text: string) => void } = {}): MeshConfig {
  const raw = record(source);
  const proxy = record(raw['defaultConfig']);
  const tracing = record(proxy['tracing']);
  const otlp = tracing['otlp'];
  const address = typeof otlp === 'string' ? otlp : text(record(otlp)['address'], '');
  const endpoint = address === '' ? options.otlpEndpoint : /^https?:/.test(address) ? address : `http://${address}`;
  return {
    trustDomain: text(raw['trustDomain'], 'cluster.local'), trustDomainAliases: Array.isArray(raw['trustDomainAliases']) ? raw['trustDomainAliases'].map(String) : [],
    rootNamespace: text(raw['rootNamespace'], 'istio-system'), clusterDomain: 'cluster.local', enableAutoMtls: flag(raw['enableAutoMtls'], true), enableTracing: flag(raw['enableTracing'], true),
    accessLogFile: text(raw['accessLogFile'], ''), accessLogEncoding: choice(raw['accessLogEncoding'], ['TEXT', 'JSON'], 'TEXT'), accessLogFormat: text(raw['accessLogFormat'], ''),
    connectTimeout: text(raw['connectTimeout'], '10s'), protocolDetectionTimeout: text(raw['protocolDetectionTimeout'], '0s'),
    proxyListenPort: port(raw['proxyListenPort'], OUTBOUND_PORT_DEFAULT), proxyInboundListenPort: port(raw['proxyInboundListenPort'], INBOUND_PORT_DEFAULT),
    outboundTrafficPolicy: choice(record(raw['outboundTrafficPolicy'])['mode'], ['ALLOW_ANY', 'REGISTRY_ONLY'], 'ALLOW_ANY'),
    defaultRetryAttempts: attemptsOf(record(raw['defaultHttpRetryPolicy'])['attempts'], options.onProblem), pathNormalization: choice(record(raw['pathNormalization'])['normalization'], NORMALIZATIONS, 'BASE'),
    defaultConfig: {
      discoveryAddress: text(proxy['discoveryAddress'], 'istiod.istio-system.svc:15012'), samplingPercent: typeof tracing['sampling'] === 'number' ? tracing['sampling'] : SAMPLING_DEFAULT,
      otlpEndpoint: endpoint, raw: proxy,
    },
    raw,
  };
}
