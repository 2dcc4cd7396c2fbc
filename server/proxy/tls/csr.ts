import { generateKeyPair, sign } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** DER: tag, length, content (X.690 §8.1). */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length < 0x80 ? Buffer.from([body.length]) : body.length < 0x100 ? Buffer.from([0x81, body.length]) : Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}
const TAG = { integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, sequence: 0x30, set: 0x31, uri: 0x86, attributes: 0xa0 } as const;
/** 1.2.840.113549.1.9.14 extensionRequest, 2.5.29.17 subjectAltName, 1.2.840.10045.4.3.2 ecdsa-with-SHA256. */
const OID = { extensionRequest: '2a864886f70d01090e', subjectAltName: '551d11', ecdsaWithSha256: '2a8648ce3d040302' } as const;
const oid = (hex: string): Buffer => der(TAG.oid, Buffer.from(hex, 'hex'));

export type Csr = { readonly csrPem: string; readonly privateKeyPem: string };

/** A P-256 key and a PKCS#10 request with an empty subject and the SPIFFE id as SAN (RFC 2986). Made by hand, so that a sidecar loads no x509 library. */
export async function createCsr(uri: string): Promise<Csr> {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' });
  const san = der(TAG.sequence, oid(OID.subjectAltName), der(TAG.octetString, der(TAG.sequence, der(TAG.uri, Buffer.from(uri, 'ascii')))));
  const attributes = der(TAG.attributes, der(TAG.sequence, oid(OID.extensionRequest), der(TAG.set, der(TAG.sequence, san))));
  const info = der(TAG.sequence, der(TAG.integer, Buffer.from([0])), der(TAG.sequence), publicKey.export({ type: 'spki', format: 'der' }), attributes);
  const request = der(TAG.sequence, info, der(TAG.sequence, oid(OID.ecdsaWithSha256)), der(TAG.bitString, Buffer.from([0]), sign('sha256', info, privateKey)));
  const lines = request.toString('base64').match(/.{1,64}/g) ?? [];
  return { csrPem: `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`, privateKeyPem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) };
}
