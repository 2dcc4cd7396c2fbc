import { X509Certificate } from 'node:crypto';
import { isRecord } from '#shared/base';
import { isKubeError } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';
import { createRoot } from '#server/wire';
import type { KeyPair } from '#server/wire';

/** What signs: the key with its certificate, certificates between it and the root, and the roots that proxies trust. */
export type CaMaterial = { readonly signer: KeyPair; readonly chainPem: string; readonly rootPem: string };

const ROOT_DAYS = 3650;
const DAY_MS = 86_400_000;
/** Clocks of a cluster may differ by this much (istio: NotBefore is two minutes ago). */
export const CLOCK_SKEW_MS = 120_000;
const OWN_SECRET = 'istio-ca-secret';
/** A CA that the operator brought. */
const PLUGGED_SECRET = 'cacerts';

const decode = (data: unknown, key: string): string => (isRecord(data) && typeof data[key] === 'string' ? Buffer.from(data[key], 'base64').toString('utf8') : '');
async function readSecret(client: KubeClient, namespace: string, name: string): Promise<unknown> {
  try {
    const secret = await client.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets/${name}` });
    return isRecord(secret) ? secret['data'] : undefined;
  } catch (error) {
    if (isKubeError(error, 404)) return undefined;
    throw error;
  }
}
function material(data: unknown): CaMaterial | undefined {
  const certPem = decode(data, 'ca-cert.pem') || decode(data, 'tls.crt');
  const keyPem = decode(data, 'ca-key.pem') || decode(data, 'tls.key');
  if (certPem === '' || keyPem === '') return undefined;
  return { signer: { certPem, keyPem }, chainPem: decode(data, 'cert-chain.pem'), rootPem: decode(data, 'root-cert.pem') || decode(data, 'ca.crt') || certPem };
}
const isLasting = (ca: CaMaterial, now: Date): boolean => new X509Certificate(ca.signer.certPem).validToDate.getTime() > now.getTime();

/** The CA of the mesh: one that was brought, else the self-signed one kept in a Secret, made at the first start. */
export async function loadCa(options: { readonly client: KubeClient; readonly namespace: string; readonly trustDomain: string; readonly log: Logger; now(): Date }): Promise<CaMaterial> {
  const { client, namespace, trustDomain, log, now } = options;
  const plugged = material(await readSecret(client, namespace, PLUGGED_SECRET));
  if (plugged !== undefined) return plugged;
  const own = material(await readSecret(client, namespace, OWN_SECRET));
  if (own !== undefined && isLasting(own, now())) return own;
  const at = now().getTime();
  const signer = createRoot({ organization: trustDomain, notBefore: new Date(at - CLOCK_SKEW_MS), notAfter: new Date(at + ROOT_DAYS * DAY_MS) });
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const body = {
    apiVersion: 'v1', kind: 'Secret', metadata: { name: OWN_SECRET, namespace }, type: 'istio.io/ca-root',
    data: { 'ca-cert.pem': encode(signer.certPem), 'ca-key.pem': encode(signer.keyPem), 'root-cert.pem': encode(signer.certPem), 'cert-chain.pem': '' },
  };
  try {
    if (own === undefined) await client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/secrets`, body });
    else await client.request({ method: 'PUT', path: `/api/v1/namespaces/${namespace}/secrets/${OWN_SECRET}`, body });
    log.info({ secret: `${namespace}/${OWN_SECRET}` }, 'a root certificate was made for the mesh');
  } catch (error) {
    if (!isKubeError(error, 409)) throw error;
    const other = material(await readSecret(client, namespace, OWN_SECRET)); // another istiod was first
    if (other !== undefined) return other;
    throw error;
  }
  return { signer, chainPem: '', rootPem: signer.certPem };
}
