import { isRecord } from '#shared/base';
import type { Cluster, Metadata, TransportSocket } from '#shared/xds';

/** The TLS side of a transport socket, as far as a decision needs it. */
export type TlsView = {
  readonly kind: 'plain' | 'tls';
  readonly key: string;
  readonly sni: string;
  readonly alpn: readonly string[];
  /** Names of the secrets: certificate and key, trusted roots ("" when there is none). */
  readonly certificateSecret: string;
  readonly rootSecret: string;
  /** Matchers of the peer's SAN, as configured; empty list: any name of the trusted roots. */
  readonly sanMatchers: readonly unknown[];
  readonly requiresClientCertificate: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly inline: { readonly certificate: unknown; readonly trustedCa: unknown };
};

const PLAIN: TlsView = { kind: 'plain', key: 'plain', sni: '', alpn: [], certificateSecret: '', rootSecret: '', sanMatchers: [], requiresClientCertificate: false, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', inline: { certificate: undefined, trustedCa: undefined } };
const list = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);
const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const strings = (v: unknown): readonly string[] => list(v).filter((item) => typeof item === 'string');
const version = (v: unknown, fallback: 'TLSv1.2' | 'TLSv1.3'): 'TLSv1.2' | 'TLSv1.3' => (v === 'TLSv1_3' ? 'TLSv1.3' : v === 'TLSv1_2' ? 'TLSv1.2' : fallback);

/** Reads an Upstream- or DownstreamTlsContext; anything but envoy.transport_sockets.tls is plain. */
export function tlsViewOf(socket: TransportSocket | undefined): TlsView {
  if (socket === undefined || !(socket.typed_config?.['@type'] ?? '').endsWith('TlsContext')) return PLAIN;
  const config = record(socket.typed_config);
  const common = record(config['common_tls_context']);
  const combined = record(common['combined_validation_context']);
  const validation = { ...record(common['validation_context']), ...record(combined['default_validation_context']) };
  const root = record(combined['validation_context_sds_secret_config'] ?? common['validation_context_sds_secret_config']);
  const params = record(common['tls_params']);
  const sans = [...list(validation['match_typed_subject_alt_names']).map((entry) => record(entry)['matcher'] ?? {}), ...list(validation['match_subject_alt_names'])];
  return {
    kind: 'tls', key: JSON.stringify(socket.typed_config), sni: text(config['sni']), alpn: strings(common['alpn_protocols']),
    certificateSecret: text(record(list(common['tls_certificate_sds_secret_configs'])[0])['name']), rootSecret: text(root['name']), sanMatchers: sans,
    requiresClientCertificate: config['require_client_certificate'] === true,
    minVersion: version(params['tls_minimum_protocol_version'], 'TLSv1.2'), maxVersion: version(params['tls_maximum_protocol_version'], 'TLSv1.3'),
    inline: { certificate: list(common['tls_certificates'])[0], trustedCa: validation['trusted_ca'] },
  };
}

const MATCH_FILTER = 'envoy.transport_socket_match';

/** The transport socket of one endpoint: the first of `transport_socket_matches` whose pairs the endpoint's metadata has, else the cluster's own. */
export function transportSocketFor(cluster: Cluster, metadata: Metadata | undefined): TransportSocket | undefined {
  const matches = cluster.transport_socket_matches;
  if (matches === undefined) return cluster.transport_socket;
  const have = metadata?.filter_metadata?.[MATCH_FILTER] ?? {};
  const found = matches.find(({ match }) => Object.entries(match ?? {}).every(([key, v]) => Object.hasOwn(have, key) && have[key] === v));
  return found === undefined ? cluster.transport_socket : found.transport_socket;
}
