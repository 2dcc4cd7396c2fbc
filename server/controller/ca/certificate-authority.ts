import { X509Certificate } from 'node:crypto';
import { CodedError, errorText } from '#shared/base';
import { spiffeIdText } from '#shared/mesh';
import { GRPC, GrpcStatus, issueKeyPair, signCsr } from '#server/wire';
import type { Caller, CertificateRequest, CertificateResponse, KeyPair } from '#server/wire';
import type { Authenticator } from '../auth/authenticate.ts';
import type { ControllerMetrics } from '../metrics.ts';
import { CLOCK_SKEW_MS } from './ca-store.ts';
import type { CaMaterial } from './ca-store.ts';

/** istio: DEFAULT_WORKLOAD_CERT_TTL and MAX_WORKLOAD_CERT_TTL, seconds. */
const TTL_SECONDS = 24 * 3600;
const TTL_SECONDS_MAX = 90 * 24 * 3600;

export type AuthorityOptions = { readonly material: CaMaterial; readonly authenticator: Authenticator; readonly metrics: ControllerMetrics; trustDomain(): string; now(): Date };

/** Signs certificates for workloads; the name in them is that of the caller, whatever the request says. */
export class CertificateAuthority {
  readonly #options: AuthorityOptions;
  constructor(options: AuthorityOptions) {
    this.#options = options;
    options.metrics.rootExpiry.set(new X509Certificate(options.material.rootPem).validToDate.getTime() / 1000);
  }
  get rootPem(): string {
    return this.#options.material.rootPem;
  }

  /** istio.v1.auth.IstioCertificateService/CreateCertificate. */
  async createCertificate(request: CertificateRequest, caller: Caller): Promise<CertificateResponse> {
    const { authenticator, metrics, material, trustDomain, now } = this.#options;
    metrics.csrs.inc();
    const identity = await authenticator.identify(caller).catch((error: unknown) => {
      metrics.csrAuthFailures.inc();
      throw error;
    });
    if (identity === undefined) {
      metrics.csrAuthFailures.inc();
      throw new GrpcStatus(GRPC.unauthenticated, 'a certificate is given only to a caller with a token or a certificate');
    }
    const seconds = request.validity_duration !== undefined && request.validity_duration > 0 ? request.validity_duration : TTL_SECONDS;
    if (seconds > TTL_SECONDS_MAX) throw new GrpcStatus(GRPC.invalidArgument, `the requested TTL of ${seconds} s is over the limit of ${TTL_SECONDS_MAX} s`);
    const at = now().getTime();
    const uri = spiffeIdText({ trustDomain: trustDomain(), namespace: identity.namespace, serviceAccount: identity.serviceAccount });
    try {
      const leaf = signCsr({ csrPem: request.csr, signer: material.signer, uris: [uri], notBefore: new Date(at - CLOCK_SKEW_MS), notAfter: new Date(at + seconds * 1000) });
      metrics.certificatesIssued.inc();
      return { cert_chain: [leaf, ...(material.chainPem === '' ? [] : [material.chainPem]), material.rootPem] };
    } catch (error) {
      if (error instanceof CodedError) {
        metrics.csrParseErrors.inc();
        throw new GrpcStatus(GRPC.invalidArgument, error.message);
      }
      metrics.csrSignErrors.inc();
      throw new GrpcStatus(GRPC.internal, `the request could not be signed: ${errorText(error)}`);
    }
  }

  /** A certificate for istiod's own servers. */
  serverCertificate(dnsNames: readonly string[]): KeyPair {
    const at = this.#options.now().getTime();
    const { material } = this.#options;
    const pair = issueKeyPair({ signer: material.signer, dnsNames, notBefore: new Date(at - CLOCK_SKEW_MS), notAfter: new Date(at + TTL_SECONDS * 1000) });
    return { certPem: `${pair.certPem}${material.chainPem}`, keyPem: pair.keyPem };
  }
}
