import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { verifyCsr } from './csr.ts';
import { bits, children, element, elements, octets, oid, oidText, pemText, positive, sequence, TAG, time, utf8, yes } from './der.ts';
import { dnsName, OID, uriName } from './names.ts';

export type KeyPair = { readonly certPem: string; readonly keyPem: string };
export type LeafNames = { readonly uris?: readonly string[]; readonly dnsNames?: readonly string[] };
export type Validity = { readonly notBefore: Date; readonly notAfter: Date };

/** keyUsage bits of RFC 5280 §4.2.1.3, most significant first: digitalSignature, keyEncipherment; keyCertSign, cRLSign. */
const USAGE_LEAF = { bits: Buffer.from([0b1010_0000]), unused: 5 };
const USAGE_CA = { bits: Buffer.from([0b0000_0110]), unused: 1 };
const SERIAL_BYTES = 16;

const extension = (id: string, critical: boolean, body: Uint8Array): Buffer => sequence(oid(id), ...(critical ? [yes()] : []), octets(body));
/** Key id as RFC 5280 §4.2.1.2 (1): SHA-1 of the public key's bits. */
const keyId = (key: KeyObject): Buffer => {
  const parts = children(elements(key.export({ type: 'spki', format: 'der' }))[0], TAG.sequence);
  return createHash('sha1').update(parts[1]?.body.subarray(1) ?? Buffer.alloc(0)).digest();
};

function signatureAlgorithm(key: KeyObject): { readonly der: Buffer; readonly hash: string | null } {
  if (key.asymmetricKeyType === 'rsa') return { der: sequence(oid(OID.rsaSha256), element(TAG.null)), hash: 'sha256' };
  if (key.asymmetricKeyType === 'ed25519') return { der: sequence(oid(OID.ed25519)), hash: null };
  return { der: sequence(oid(OID.ecdsaSha256)), hash: 'sha256' };
}

function seal(parts: { readonly issuer: Buffer; readonly subject: Buffer; readonly publicKey: KeyObject; readonly signer: KeyObject; readonly validity: Validity; readonly extensions: readonly Buffer[] }): string {
  const { der, hash } = signatureAlgorithm(parts.signer);
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const body = sequence(
    element(0xa0, positive(Buffer.from([2]))), positive(serial), der, parts.issuer, sequence(time(parts.validity.notBefore), time(parts.validity.notAfter)), parts.subject,
    parts.publicKey.export({ type: 'spki', format: 'der' }), element(0xa3, sequence(...parts.extensions)),
  );
  return pemText(sequence(body, der, bits(sign(hash, body, parts.signer))), 'CERTIFICATE');
}

/** A self-signed P-256 root; istiod's has the subject O=<trust domain>. */
export function createRoot(options: { readonly organization: string } & Validity): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(element(TAG.set, sequence(oid(OID.organization), utf8(options.organization))));
  const certPem = seal({
    issuer: name, subject: name, publicKey, signer: privateKey, validity: options,
    extensions: [extension(OID.keyUsage, true, bits(USAGE_CA.bits, USAGE_CA.unused)), extension(OID.basicConstraints, true, sequence(yes())), extension(OID.subjectKeyId, false, octets(keyId(publicKey)))],
  });
  return { certPem, keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

const subjectOf = (certificate: X509Certificate): Buffer => {
  const parts = children(children(elements(certificate.raw)[0], TAG.sequence)[0], TAG.sequence);
  return parts[parts[0]?.tag === 0xa0 ? 5 : 4]?.whole ?? sequence();
};

/** A leaf for that public key: empty subject, critical SAN, client and server use. It never outlives its signer. */
export function signLeaf(options: { readonly publicKey: KeyObject; readonly signer: KeyPair } & LeafNames & Validity): string {
  const ca = new X509Certificate(options.signer.certPem);
  const caKey = createPrivateKey(options.signer.keyPem);
  const names = [...(options.uris ?? []).map(uriName), ...(options.dnsNames ?? []).map(dnsName)];
  const end = new Date(Math.min(options.notAfter.getTime(), ca.validToDate.getTime()));
  return seal({
    issuer: subjectOf(ca), subject: sequence(), publicKey: options.publicKey, signer: caKey, validity: { notBefore: options.notBefore, notAfter: end },
    extensions: [
      extension(OID.keyUsage, true, bits(USAGE_LEAF.bits, USAGE_LEAF.unused)), extension(OID.extKeyUsage, false, sequence(oid(OID.serverAuth), oid(OID.clientAuth))),
      extension(OID.basicConstraints, true, sequence()), extension(OID.authorityKeyId, false, sequence(element(0x80, keyId(createPublicKey(caKey))))), extension(OID.subjectAltName, true, sequence(...names)),
    ],
  });
}

/** Signs a request: the names are the caller's as given here, never those of the request. */
export const signCsr = (options: { readonly csrPem: string; readonly signer: KeyPair } & LeafNames & Validity): string => signLeaf({ ...options, publicKey: verifyCsr(options.csrPem) });

/** A fresh P-256 key with its leaf, for a server's own use. */
export function issueKeyPair(options: { readonly signer: KeyPair } & LeafNames & Validity): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { certPem: signLeaf({ ...options, publicKey }), keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

export type ParsedCertificate = {
  readonly serial: string; readonly subject: string; readonly issuer: string; readonly notBefore: Date; readonly notAfter: Date; readonly isCa: boolean;
  readonly uris: readonly string[]; readonly dnsNames: readonly string[]; readonly sha256: string; readonly raw: Buffer;
};

/** URI and DNS names of a certificate, read from its bytes: Node's text form cannot be split safely (CVE-2021-44532 and its like). */
export function alternativeNames(der: Buffer): { readonly uris: readonly string[]; readonly dnsNames: readonly string[] } {
  const body = children(children(elements(der)[0], TAG.sequence)[0], TAG.sequence);
  const extensions = body.find((part) => part.tag === 0xa3);
  const list = extensions === undefined ? [] : children(elements(extensions.body)[0], TAG.sequence);
  for (const entry of list) {
    const parts = children(entry, TAG.sequence);
    const content = parts.at(-1);
    if (parts[0] === undefined || oidText(parts[0].body) !== OID.subjectAltName || content?.tag !== TAG.octetString) continue;
    const names = children(elements(content.body)[0], TAG.sequence);
    const of = (tag: number): readonly string[] => names.filter((name) => name.tag === tag).map((name) => name.body.toString('latin1'));
    return { uris: of(0x86), dnsNames: of(0x82) };
  }
  return { uris: [], dnsNames: [] };
}

/** The first certificate of a PEM text. */
export function parseCertificate(pem: string | Buffer): ParsedCertificate {
  const certificate = new X509Certificate(pem);
  return {
    serial: certificate.serialNumber, subject: certificate.subject ?? '', issuer: certificate.issuer ?? '', notBefore: certificate.validFromDate, notAfter: certificate.validToDate, isCa: certificate.ca,
    ...alternativeNames(certificate.raw), sha256: certificate.fingerprint256, raw: certificate.raw,
  };
}
