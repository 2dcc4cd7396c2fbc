import type { Any, TransportSocket } from '#shared/xds';

/** Where certificates come from: the agent beside the proxy, by SDS. */
const SDS_CONFIG = {
  api_config_source: { api_type: 'GRPC', transport_api_version: 'V3', grpc_services: [{ envoy_grpc: { cluster_name: 'sds-grpc' } }], set_node_on_first_message_only: true },
  initial_fetch_timeout: '0s', resource_api_version: 'V3',
};
const ADS_CONFIG = { ads: {}, resource_api_version: 'V3' };
const WORKLOAD_CERTIFICATE = [{ name: 'default', sds_config: SDS_CONFIG }];
const ROOT_CERTIFICATES = { name: 'ROOTCA', sds_config: SDS_CONFIG };
/** ECDHE and plain RSA with AES-GCM. */
const SERVER_CIPHERS = ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-GCM-SHA256'];
const VERSIONS = { tls_maximum_protocol_version: 'TLSv1_3', tls_minimum_protocol_version: 'TLSv1_2' };
const DOWNSTREAM = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
const UPSTREAM = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

type Fields = Any<{ readonly [field: string]: unknown }>;
const tlsSocket = (typed_config: Fields): TransportSocket => ({ name: 'envoy.transport_sockets.tls', typed_config });
export const RAW_BUFFER: TransportSocket = { name: 'envoy.transport_sockets.raw_buffer', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer' } };

/** Mutual TLS on the side of the server: a client needs a certificate of a trust domain we know. */
export const serverMutualTls = (trustDomains: readonly string[], alpn: readonly string[]): TransportSocket => tlsSocket({
  '@type': DOWNSTREAM, require_client_certificate: true,
  common_tls_context: {
    alpn_protocols: alpn, tls_params: { ...VERSIONS, cipher_suites: SERVER_CIPHERS }, tls_certificate_sds_secret_configs: WORKLOAD_CERTIFICATE,
    combined_validation_context: { default_validation_context: { match_subject_alt_names: trustDomains.map((domain) => ({ prefix: `spiffe://${domain}/` })) }, validation_context_sds_secret_config: ROOT_CERTIFICATES },
  },
});

/** Mutual TLS with the workload's certificate on the side of the client: the server must be one of these identities. */
export const clientMutualTls = (options: { readonly sni: string; readonly identities: readonly string[]; readonly alpn: readonly string[] }): TransportSocket => tlsSocket({
  '@type': UPSTREAM, sni: options.sni,
  common_tls_context: {
    alpn_protocols: options.alpn, tls_params: VERSIONS, tls_certificate_sds_secret_configs: WORKLOAD_CERTIFICATE,
    combined_validation_context: {
      default_validation_context: options.identities.length === 0 ? {} : { match_subject_alt_names: options.identities.map((exact) => ({ exact })) }, validation_context_sds_secret_config: ROOT_CERTIFICATES,
    },
  },
});

type ClientTls = {
  readonly mode?: string; readonly sni?: string; readonly clientCertificate?: string; readonly privateKey?: string; readonly caCertificates?: string; readonly subjectAltNames?: readonly string[];
  readonly insecureSkipVerify?: boolean | null;
};
const fileRoot = (path: string): object => ({ name: `file-root:${path}`, sds_config: SDS_CONFIG });
/** TLS of a DestinationRule with own files. Without caCertificates the roots of the system count. */
export function clientTls(tls: ClientTls, host: string, alpn: readonly string[]): TransportSocket {
  const names = (tls.subjectAltNames ?? []).map((exact) => ({ exact }));
  const ca = tls.caCertificates ?? 'system';
  const validation = tls.insecureSkipVerify === true ? {} : {
    combined_validation_context: { default_validation_context: names.length === 0 ? {} : { match_subject_alt_names: names }, validation_context_sds_secret_config: fileRoot(ca === 'system' ? 'system' : ca) },
  };
  const own = tls.mode === 'MUTUAL' && tls.clientCertificate !== undefined ? { tls_certificate_sds_secret_configs: [{ name: `file-cert:${tls.clientCertificate}~${tls.privateKey ?? ''}`, sds_config: SDS_CONFIG }] } : {};
  return tlsSocket({ '@type': UPSTREAM, sni: tls.sni ?? host, common_tls_context: { ...(alpn.length === 0 ? {} : { alpn_protocols: alpn }), tls_params: VERSIONS, ...own, ...validation } });
}

type ServerTls = { readonly mode?: string; readonly credentialName?: string; readonly serverCertificate?: string; readonly privateKey?: string; readonly caCertificates?: string; readonly subjectAltNames?: readonly string[]; readonly minProtocolVersion?: string; readonly maxProtocolVersion?: string; readonly cipherSuites?: readonly string[] };
const VERSION_NAMES: ReadonlyMap<string, string> = new Map([['TLSV1_0', 'TLSv1_0'], ['TLSV1_1', 'TLSv1_1'], ['TLSV1_2', 'TLSv1_2'], ['TLSV1_3', 'TLSv1_3']]);
function serverParams(tls: ServerTls): object {
  const [min, max] = [VERSION_NAMES.get(tls.minProtocolVersion ?? ''), VERSION_NAMES.get(tls.maxProtocolVersion ?? '')];
  const params = { ...(min === undefined ? {} : { tls_minimum_protocol_version: min }), ...(max === undefined ? {} : { tls_maximum_protocol_version: max }), ...(tls.cipherSuites === undefined || tls.cipherSuites.length === 0 ? {} : { cipher_suites: tls.cipherSuites }) };
  return Object.keys(params).length === 0 ? {} : { tls_params: params };
}
/** TLS that ends at a gateway. */
export function gatewayTls(tls: ServerTls, trustDomains: readonly string[]): TransportSocket {
  const alpn = ['h2', 'http/1.1'];
  if (tls.mode === 'ISTIO_MUTUAL') return serverMutualTls(trustDomains, alpn);
  const wantsClient = tls.mode === 'MUTUAL' || tls.mode === 'OPTIONAL_MUTUAL';
  const credential = tls.credentialName === undefined ? undefined : `kubernetes://${tls.credentialName}`;
  const certificate = credential !== undefined ? { name: credential, sds_config: ADS_CONFIG } : { name: `file-cert:${tls.serverCertificate ?? ''}~${tls.privateKey ?? ''}`, sds_config: SDS_CONFIG };
  const names = (tls.subjectAltNames ?? []).map((exact) => ({ exact }));
  const roots = credential !== undefined ? { name: `${credential}-cacert`, sds_config: ADS_CONFIG } : fileRoot(tls.caCertificates ?? '');
  const validation = wantsClient ? { combined_validation_context: { default_validation_context: names.length === 0 ? {} : { match_subject_alt_names: names }, validation_context_sds_secret_config: roots } } : {};
  return tlsSocket({
    '@type': DOWNSTREAM, require_client_certificate: tls.mode === 'MUTUAL',
    common_tls_context: { alpn_protocols: alpn, ...serverParams(tls), tls_certificate_sds_secret_configs: [certificate], ...validation },
  });
}
