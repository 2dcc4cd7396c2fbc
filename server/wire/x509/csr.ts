import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { bits, children, element, elements, octets, oid, oidText, pemBytes, pemText, positive, sequence, TAG, utf8, yes } from './der.ts';
import { x509Errors } from './errors.ts';
import { OID, uriName } from './names.ts';

export type Csr = { readonly csrPem: string; readonly privateKeyPem: string };
const RSA_BITS_MIN = 2048;

/** A P-256 key and a PKCS#10 request for it. istiod takes the identity from the caller, so the URI is only a courtesy. */
export function createCsr(options: { readonly commonName?: string; readonly uri?: string } = {}): Csr {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = options.commonName === undefined ? sequence() : sequence(element(TAG.set, sequence(oid(OID.commonName), utf8(options.commonName))));
  const san = options.uri === undefined ? [] : [sequence(oid(OID.extensionRequest), element(TAG.set, sequence(sequence(oid(OID.subjectAltName), yes(), octets(sequence(uriName(options.uri)))))))];
  const info = sequence(positive(Buffer.from([0])), subject, publicKey.export({ type: 'spki', format: 'der' }), element(0xa0, ...san));
  const request = sequence(info, sequence(oid(OID.ecdsaSha256)), bits(sign('sha256', info, privateKey)));
  return { csrPem: pemText(request, 'CERTIFICATE REQUEST'), privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

const HASH = new Map<string, string | null>([[OID.ecdsaSha256, 'sha256'], [OID.ecdsaSha384, 'sha384'], [OID.ecdsaSha512, 'sha512'], [OID.rsaSha256, 'sha256'], [OID.rsaSha384, 'sha384'], [OID.rsaSha512, 'sha512'], [OID.ed25519, null]]);

function checkKey(key: KeyObject): KeyObject {
  const problem =
    key.asymmetricKeyType === 'rsa' ? ((key.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN ? `RSA of ${key.asymmetricKeyDetails?.modulusLength} bits` : undefined)
    : key.asymmetricKeyType === 'ec' || key.asymmetricKeyType === 'ed25519' ? undefined
    : `type ${key.asymmetricKeyType}`;
  if (problem !== undefined) throw x509Errors.make('X509_KEY', { problem });
  return key;
}

/** The public key of a request whose signature proves that the sender holds the private one. */
export function verifyCsr(csrPem: string): KeyObject {
  const label = csrPem.includes('BEGIN NEW CERTIFICATE REQUEST') ? 'NEW CERTIFICATE REQUEST' : 'CERTIFICATE REQUEST';
  const [request] = elements(pemBytes(csrPem, label));
  const [info, algorithm, signature] = children(request, TAG.sequence);
  const spki = children(info, TAG.sequence)[2];
  const [name] = children(algorithm, TAG.sequence);
  if (info === undefined || spki === undefined || name === undefined || signature?.tag !== TAG.bitString) throw x509Errors.make('X509_DER', { problem: 'a part of the request is missing' });
  const hash = HASH.get(oidText(name.body));
  let key: KeyObject;
  try {
    key = createPublicKey({ key: spki.whole, format: 'der', type: 'spki' });
  } catch (error) {
    throw x509Errors.make('X509_KEY', { problem: 'it cannot be read' }, error);
  }
  if (hash === undefined) throw x509Errors.make('X509_KEY', { problem: `signed by ${oidText(name.body)}` });
  if (!verify(hash, info.whole, checkKey(key), signature.body.subarray(1))) throw x509Errors.make('X509_CSR_SIGNATURE');
  return key;
}
