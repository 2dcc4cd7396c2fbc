import { isRecord } from '#shared/base';
import type { NodeMetadata } from '#shared/xds';
import type { WireAny } from './any.ts';
import { decodeEnvelope, decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';

/** envoy.config.core.v3.Node. */
export type Node = {
  readonly id?: string; readonly cluster?: string; readonly metadata?: NodeMetadata; readonly locality?: { readonly region?: string; readonly zone?: string; readonly sub_zone?: string };
  readonly user_agent_name?: string; readonly user_agent_version?: string;
};
/** google.rpc.Status. */
export type Status = { readonly code?: number; readonly message?: string };
export type DiscoveryRequest = {
  readonly version_info?: string; readonly node?: Node; readonly resource_names?: readonly string[]; readonly type_url: string; readonly response_nonce?: string; readonly error_detail?: Status;
};
export type DiscoveryResponse = {
  readonly version_info?: string; readonly resources?: readonly WireAny[]; readonly type_url: string; readonly nonce?: string; readonly control_plane?: { readonly identifier?: string };
};
export type DeltaDiscoveryRequest = {
  readonly node?: Node; readonly type_url: string; readonly resource_names_subscribe?: readonly string[]; readonly resource_names_unsubscribe?: readonly string[];
  readonly initial_resource_versions?: Readonly<Record<string, string>>; readonly response_nonce?: string; readonly error_detail?: Status;
};
export type DeltaResource = { readonly name: string; readonly version?: string; readonly resource?: WireAny };
export type DeltaDiscoveryResponse = {
  readonly system_version_info?: string; readonly resources?: readonly DeltaResource[]; readonly type_url: string; readonly removed_resources?: readonly string[]; readonly nonce?: string;
  readonly control_plane?: { readonly identifier?: string };
};

const SERVICE = 'envoy.service.discovery.v3';
const text = (v: unknown): string => (typeof v === 'string' ? v : '');
const texts = (v: unknown): readonly string[] => (Array.isArray(v) ? v.map(text) : []);
const record = (v: unknown): Record<string, unknown> => (isRecord(v) ? v : {});

function statusOf(v: unknown): Status | undefined {
  return isRecord(v) ? { code: typeof v['code'] === 'number' ? v['code'] : 0, message: text(v['message']) } : undefined;
}
function nodeOf(v: unknown): Node | undefined {
  if (!isRecord(v)) return undefined;
  const locality = record(v['locality']);
  return {
    id: text(v['id']), cluster: text(v['cluster']), metadata: record(v['metadata']), user_agent_name: text(v['user_agent_name']), user_agent_version: text(v['user_agent_version']),
    locality: { region: text(locality['region']), zone: text(locality['zone']), sub_zone: text(locality['sub_zone']) },
  };
}

export const encodeDiscoveryRequest = (v: DiscoveryRequest): Buffer => encodeMessage(`${SERVICE}.DiscoveryRequest`, v);
export function decodeDiscoveryRequest(bytes: Uint8Array): DiscoveryRequest {
  const v = decodeMessage(`${SERVICE}.DiscoveryRequest`, bytes);
  const [node, error] = [nodeOf(v['node']), statusOf(v['error_detail'])];
  return {
    version_info: text(v['version_info']), resource_names: texts(v['resource_names']), type_url: text(v['type_url']), response_nonce: text(v['response_nonce']),
    ...(node === undefined ? {} : { node }), ...(error === undefined ? {} : { error_detail: error }),
  };
}
export const encodeDeltaRequest = (v: DeltaDiscoveryRequest): Buffer => encodeMessage(`${SERVICE}.DeltaDiscoveryRequest`, v);
export function decodeDeltaRequest(bytes: Uint8Array): DeltaDiscoveryRequest {
  const v = decodeMessage(`${SERVICE}.DeltaDiscoveryRequest`, bytes);
  const [node, error] = [nodeOf(v['node']), statusOf(v['error_detail'])];
  const versions: Record<string, string> = Object.create(null);
  for (const [name, version] of Object.entries(record(v['initial_resource_versions']))) versions[name] = text(version);
  return {
    type_url: text(v['type_url']), resource_names_subscribe: texts(v['resource_names_subscribe']), resource_names_unsubscribe: texts(v['resource_names_unsubscribe']),
    initial_resource_versions: versions, response_nonce: text(v['response_nonce']), ...(node === undefined ? {} : { node }), ...(error === undefined ? {} : { error_detail: error }),
  };
}

const wireAny = (v: unknown): WireAny | undefined => (isRecord(v) && v['value'] instanceof Uint8Array ? { type_url: text(v['type_url']), value: v['value'] } : undefined);
const identifier = (v: unknown): { readonly identifier: string } => ({ identifier: text(record(v)['identifier']) });
const items = (v: unknown): readonly unknown[] => (Array.isArray(v) ? v : []);

export const encodeDiscoveryResponse = (v: DiscoveryResponse): Buffer => encodeMessage(`${SERVICE}.DiscoveryResponse`, v);
export function decodeDiscoveryResponse(bytes: Uint8Array): DiscoveryResponse {
  const v = decodeEnvelope(`${SERVICE}.DiscoveryResponse`, bytes);
  return {
    version_info: text(v['version_info']), type_url: text(v['type_url']), nonce: text(v['nonce']), control_plane: identifier(v['control_plane']),
    resources: items(v['resources']).flatMap((item) => wireAny(item) ?? []),
  };
}
export const encodeDeltaResponse = (v: DeltaDiscoveryResponse): Buffer => encodeMessage(`${SERVICE}.DeltaDiscoveryResponse`, v);
export function decodeDeltaResponse(bytes: Uint8Array): DeltaDiscoveryResponse {
  const v = decodeEnvelope(`${SERVICE}.DeltaDiscoveryResponse`, bytes);
  const resource = (item: unknown): DeltaResource => {
    const any = wireAny(record(item)['resource']);
    return { name: text(record(item)['name']), version: text(record(item)['version']), ...(any === undefined ? {} : { resource: any }) };
  };
  return {
    system_version_info: text(v['system_version_info']), type_url: text(v['type_url']), nonce: text(v['nonce']), control_plane: identifier(v['control_plane']),
    removed_resources: texts(v['removed_resources']), resources: items(v['resources']).map(resource),
  };
}

const ADS = '/envoy.service.discovery.v3.AggregatedDiscoveryService';
/** envoy.service.discovery.v3.AggregatedDiscoveryService as @grpc/grpc-js wants it. */
export const adsService = {
  StreamAggregatedResources: {
    path: `${ADS}/StreamAggregatedResources`, requestStream: true, responseStream: true,
    requestSerialize: encodeDiscoveryRequest, requestDeserialize: decodeDiscoveryRequest, responseSerialize: encodeDiscoveryResponse, responseDeserialize: decodeDiscoveryResponse,
  },
  DeltaAggregatedResources: {
    path: `${ADS}/DeltaAggregatedResources`, requestStream: true, responseStream: true,
    requestSerialize: encodeDeltaRequest, requestDeserialize: decodeDeltaRequest, responseSerialize: encodeDeltaResponse, responseDeserialize: decodeDeltaResponse,
  },
} as const;

/** istio.v1.auth.IstioCertificateRequest: the SAN is the caller's, whatever the CSR says. validity_duration in seconds. */
export type CertificateRequest = { readonly csr: string; readonly validity_duration?: number };
export type CertificateResponse = { readonly cert_chain: readonly string[] };
const CA = 'istio.v1.auth';
export const csrService = {
  CreateCertificate: {
    path: `/${CA}.IstioCertificateService/CreateCertificate`, requestStream: false, responseStream: false,
    requestSerialize: (v: CertificateRequest): Buffer => encodeMessage(`${CA}.IstioCertificateRequest`, v),
    requestDeserialize: (bytes: Buffer): CertificateRequest => {
      const v = decodeMessage(`${CA}.IstioCertificateRequest`, bytes);
      return { csr: text(v['csr']), validity_duration: Number(text(v['validity_duration']) || '0') };
    },
    responseSerialize: (v: CertificateResponse): Buffer => encodeMessage(`${CA}.IstioCertificateResponse`, v),
    responseDeserialize: (bytes: Buffer): CertificateResponse => ({ cert_chain: texts(decodeMessage(`${CA}.IstioCertificateResponse`, bytes)['cert_chain']) }),
  },
} as const;
