import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorText } from '#shared/base';
import { createCsr, csrService } from '#server/wire';
import type { ProxyStats } from '../stats/counters.ts';
import type { SecretStore } from '../tls/secrets.ts';
import { readPeerCertificate } from '../tls/spiffe.ts';
import { callUnary } from '../xds/grpc-stream.ts';
import type { GrpcTarget } from '../xds/grpc-stream.ts';

export type IdentityOptions = {
  readonly secrets: SecretStore; readonly stats: ProxyStats; readonly uri: string; readonly tokenPath: string; readonly clusterId: string; readonly ttlSeconds: number; readonly dice: () => number;
  target(): GrpcTarget; onProblem(text: string): void; /** PEM of the roots the mesh already gave us, to be trusted beside the chain's own. */ readonly rootsPath: string;
};

/** Istio's renewal: at half of the life, give or take one per cent, so that a mesh started together does not renew together. */
const RENEW_SHARE = 0.5;
const RENEW_JITTER = 0.01;
const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 10_000;
/** Names under which Istio's configuration refers to the two secrets. */
export const OWN_SECRET = 'default';
export const ROOT_SECRET = 'ROOTCA';

/** The proxy's own certificate: a key and a CSR, signed by the control plane, renewed at half-life. The old one serves until the new one is here. */
export class Identity {
  readonly #options: IdentityOptions;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #failures = 0;
  #ready: (() => void) | undefined;
  readonly ready: Promise<void>;
  principal = '';
  expiresAt = 0;
  certificate: X509Certificate | undefined;
  constructor(options: IdentityOptions) {
    this.#options = options;
    this.ready = new Promise((resolve) => {
      this.#ready = resolve;
    });
  }
  start(): void {
    void this.renew();
  }
  /** Fetches a certificate now. Failures are retried with growing pauses. */
  async renew(): Promise<void> {
    clearTimeout(this.#timer);
    const { stats, onProblem, dice } = this.#options;
    try {
      await this.#fetch();
      this.#failures = 0;
      stats.certificateRenewals++;
      this.#ready?.();
    } catch (error) {
      stats.certificateFailures++;
      if (this.#failures === 0) onProblem(`no certificate could be had: ${errorText(error)}`);
      this.#failures++;
      if (!this.#stopped) this.#timer = setTimeout(() => void this.renew(), Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** this.#failures) * (0.5 + dice() / 2));
    }
  }
  async #fetch(): Promise<void> {
    const { uri, tokenPath, clusterId, ttlSeconds, secrets, target, rootsPath, dice } = this.#options;
    const { csrPem, privateKeyPem } = createCsr({ uri });
    const token = readFileSync(tokenPath, 'utf8').trim();
    const answer = await callUnary(target(), csrService.CreateCertificate, { authorization: `Bearer ${token}`, clusterid: clusterId }, { csr: csrPem, validity_duration: ttlSeconds });
    const chain = answer.cert_chain.map((pem) => pem.trim());
    const root = chain.at(-1);
    if (chain[0] === undefined || root === undefined) throw new Error('the control plane gave an empty chain');
    if (this.#stopped) return;
    const leaf = new X509Certificate(chain[0]);
    const validTo = Date.parse(leaf.validTo);
    secrets.setRoots(ROOT_SECRET, [...new Set([root, readIfThere(rootsPath)])].filter((pem) => pem !== '').join('\n'));
    secrets.setPair(OWN_SECRET, { certificate: (chain.length > 1 ? chain.slice(0, -1) : chain).join('\n'), privateKey: privateKeyPem });
    this.certificate = leaf;
    this.principal = readPeerCertificate(leaf).principal;
    this.expiresAt = validTo;
    const life = validTo - Date.now();
    const wait = life * (RENEW_SHARE + (dice() * 2 - 1) * RENEW_JITTER);
    this.#timer = setTimeout(() => void this.renew(), Math.max(1000, Math.min(wait, 2 ** 31 - 1))).unref();
  }
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
