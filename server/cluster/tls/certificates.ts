import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { KeyPair } from './key-pair.ts';

/** A leaf with less than this left is made anew at the next start, ms. */
const RENEW_BEFORE_MS = 30 * 24 * 3_600_000;

/** The certificates of one cluster and the key its service-account tokens are signed with. */
export type Certificates = { readonly ca: KeyPair; readonly server: KeyPair; readonly admin: KeyPair; readonly tokenKey: KeyObject; readonly tokenPublicKey: KeyObject };
export type CertificateOptions = { readonly dir: string; readonly addresses: readonly string[]; readonly names: readonly string[] };

function readPair(dir: string, name: string): KeyPair | undefined {
  if (!existsSync(`${dir}/${name}.crt`) || !existsSync(`${dir}/${name}.key`)) return undefined;
  return { certPem: readFileSync(`${dir}/${name}.crt`, 'utf8'), keyPem: readFileSync(`${dir}/${name}.key`, 'utf8') };
}

function writePair(dir: string, name: string, pair: KeyPair): KeyPair {
  writeFileSync(`${dir}/${name}.key`, pair.keyPem, { mode: 0o600 });
  writeFileSync(`${dir}/${name}.crt`, pair.certPem);
  return pair;
}

/** Whether the leaf still has time, is signed by the CA and is valid for every address and name. */
function isGood(pair: KeyPair, ca: X509Certificate, addresses: readonly string[], names: readonly string[], now: number): boolean {
  const leaf = new X509Certificate(pair.certPem);
  return leaf.validToDate.getTime() - now > RENEW_BEFORE_MS && leaf.verify(ca.publicKey) && addresses.every((address) => leaf.checkIP(address) !== undefined) && names.every((name) => leaf.checkHost(name) !== undefined);
}

/** Reads the certificates of the data folder and makes those that are missing, old or too narrow. The signing library is loaded only then. */
export async function loadCertificates(options: CertificateOptions): Promise<Certificates> {
  const { dir } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const now = Date.now();
  const ca = readPair(dir, 'ca') ?? writePair(dir, 'ca', await (await import('./make-certificates.ts')).makeAuthority());
  const authority = new X509Certificate(ca.certPem);
  const oldServer = readPair(dir, 'server');
  const server = oldServer !== undefined && isGood(oldServer, authority, options.addresses, options.names, now)
    ? oldServer : writePair(dir, 'server', await (await import('./make-certificates.ts')).makeServer(ca, options.addresses, options.names));
  const oldAdmin = readPair(dir, 'admin');
  const admin = oldAdmin !== undefined && isGood(oldAdmin, authority, [], [], now) ? oldAdmin : writePair(dir, 'admin', await (await import('./make-certificates.ts')).makeClient(ca, 'kubernetes-admin', 'system:masters'));
  if (!existsSync(`${dir}/token.key`)) writeFileSync(`${dir}/token.key`, await (await import('./make-certificates.ts')).makeKey(), { mode: 0o600 });
  const tokenKey = createPrivateKey(readFileSync(`${dir}/token.key`, 'utf8'));
  return { ca, server, admin, tokenKey, tokenPublicKey: createPublicKey(tokenKey) };
}
