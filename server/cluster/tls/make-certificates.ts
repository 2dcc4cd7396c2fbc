import 'reflect-metadata';
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { KeyPair } from './key-pair.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 3_600_000;
/** Validity of the authority. */
const AUTHORITY_MS = 10 * YEAR_MS;
/** Validity of the leaves; they are renewed at a start. */
const LEAF_MS = YEAR_MS;
/** Clocks of clients may be this far behind. */
const BACKDATE_MS = 5 * 60_000;

x509.cryptoProvider.set(webcrypto);

const pem = (label: string, bytes: ArrayBuffer): string => `-----BEGIN ${label}-----\n${(Buffer.from(bytes).toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;
const serial = (): string => Buffer.concat([Buffer.from([1]), randomBytes(15)]).toString('hex');
const exportKey = async (key: webcrypto.CryptoKey): Promise<string> => pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', key));
const validity = (ms: number): { readonly notBefore: Date; readonly notAfter: Date } => ({ notBefore: new Date(Date.now() - BACKDATE_MS), notAfter: new Date(Date.now() + ms) });

/** A self-signed P-256 root for one cluster. */
export async function makeAuthority(): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(), name: 'CN=pharos-kubernetes-ca', keys, signingAlgorithm: ALGORITHM, ...validity(AUTHORITY_MS),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true), await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)],
  });
  return { certPem: `${certificate.toString('pem')}\n`, keyPem: await exportKey(keys.privateKey) };
}

async function sign(ca: KeyPair, name: string, extensions: readonly x509.Extension[]): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const issuer = new x509.X509Certificate(ca.certPem);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(ca.keyPem), ALGORITHM, false, ['sign']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(), subject: name, issuer: issuer.subject, publicKey: keys.publicKey, signingKey, signingAlgorithm: ALGORITHM, ...validity(LEAF_MS),
    extensions: [...extensions, new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true), await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey)],
  });
  return { certPem: `${certificate.toString('pem')}\n`, keyPem: await exportKey(keys.privateKey) };
}

/** The API server's certificate for its addresses and names. */
export const makeServer = (ca: KeyPair, addresses: readonly string[], names: readonly string[]): Promise<KeyPair> => sign(ca, 'CN=kube-apiserver', [
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  new x509.SubjectAlternativeNameExtension([...addresses.map((value) => ({ type: 'ip' as const, value })), ...names.map((value) => ({ type: 'dns' as const, value }))]),
]);

/** A client certificate: the user is the common name, the group the organisation. */
export const makeClient = (ca: KeyPair, user: string, group: string): Promise<KeyPair> => sign(ca, `CN=${user}, O=${group}`, [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]);

/** A P-256 key as PKCS #8 PEM. */
export const makeKey = (): Promise<string> => Promise.resolve(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
