import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import { createServer, connect } from 'node:tls';
import { once } from 'node:events';
import { generateKeyPairSync } from 'node:crypto';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension, X509Certificate as OtherCertificate } from '@peculiar/x509';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCsr, createRoot, issueKeyPair, parseCertificate, signCsr, spiffeId, verifyCsr } from './index.ts';
import { pemText, pemBytes } from './der.ts';

const day = 86_400_000;
const validity = { notBefore: new Date('2026-11-25T00:00:00Z'), notAfter: new Date('2026-11-26T00:00:00Z') };
const root = createRoot({ organization: 'cluster.local', notBefore: validity.notBefore, notAfter: new Date(validity.notBefore.getTime() + 3650 * day) });
const uri = spiffeId('cluster.local', 'default', 'bookinfo-reviews');

test('a request we make is one that another library verifies, and the other way round', async () => {
  const { csrPem } = createCsr({ commonName: 'x', uri });
  const other = new Pkcs10CertificateRequest(csrPem);
  expect(await other.verify()).toBe(true);
  expect(other.subject).toBe('CN=x');
  expect(Buffer.from(other.getExtension('2.5.29.17')?.value ?? new ArrayBuffer()).toString('latin1')).toContain(uri);
  expect(verifyCsr(csrPem).asymmetricKeyType).toBe('ec');
});

test('the names of a leaf are the caller’s, never those of the request', () => {
  const { csrPem } = createCsr({ uri: spiffeId('cluster.local', 'kube-system', 'admin') });
  const leaf = parseCertificate(signCsr({ csrPem, signer: root, uris: [uri], ...validity }));
  expect(leaf).toMatchObject({ uris: [uri], dnsNames: [], isCa: false, notBefore: validity.notBefore, notAfter: validity.notAfter, subject: '' });
  const node = new X509Certificate(signCsr({ csrPem, signer: root, uris: [uri], ...validity }));
  expect(node.verify(new X509Certificate(root.certPem).publicKey)).toBe(true);
  expect(node.checkIssued(new X509Certificate(root.certPem))).toBe(true);
});

test('a leaf never outlives its signer', () => {
  const short = createRoot({ organization: 'o', notBefore: validity.notBefore, notAfter: new Date(validity.notBefore.getTime() + 1000) });
  expect(parseCertificate(signCsr({ csrPem: createCsr().csrPem, signer: short, uris: [uri], ...validity })).notAfter).toEqual(new Date(validity.notBefore.getTime() + 1000));
});

test('another library reads the extensions as RFC 5280 says', () => {
  const ca = new OtherCertificate(root.certPem);
  expect(ca.subject).toBe('O=cluster.local');
  const leaf = new OtherCertificate(signCsr({ csrPem: createCsr().csrPem, signer: root, uris: [uri], dnsNames: ['istiod.istio-system.svc'], ...validity }));
  const extension = (oid: string): { critical: boolean } | null => leaf.getExtension(oid);
  expect([extension('2.5.29.17')?.critical, extension('2.5.29.15')?.critical, extension('2.5.29.19')?.critical]).toEqual([true, true, true]);
  expect(leaf.getExtension(SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([{ type: 'url', value: uri }, { type: 'dns', value: 'istiod.istio-system.svc' }]);
});

test('mutual TLS works with a chain made here', async () => {
  const now = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const ca = createRoot({ organization: 'o', ...now });
  const server = issueKeyPair({ signer: ca, uris: [uri], dnsNames: ['localhost'], ...now });
  const client = issueKeyPair({ signer: ca, uris: [spiffeId('cluster.local', 'default', 'client')], ...now });
  const listener = createServer({ cert: server.certPem, key: server.keyPem, ca: ca.certPem, requestCert: true, rejectUnauthorized: true }, (socket) => socket.end(parseCertificate(socket.getPeerX509Certificate()?.toString() ?? '').uris.join()));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const socket = connect({ port: typeof address === 'object' && address !== null ? address.port : 0, host: '127.0.0.1', servername: 'localhost', cert: client.certPem, key: client.keyPem, ca: ca.certPem });
  const [text] = await once(socket, 'data');
  expect(String(text)).toBe('spiffe://cluster.local/ns/default/sa/client');
  listener.close();
});

test('refused: a changed request, a weak key, broken bytes', () => {
  const der = Buffer.from(pemBytes(createCsr({ commonName: 'abc' }).csrPem, 'CERTIFICATE REQUEST'));
  der[der.indexOf('abc')] = 0x7a;
  expect(() => verifyCsr(pemText(der, 'CERTIFICATE REQUEST'))).toThrow(/signature/);
  expect(() => verifyCsr('hello')).toThrow(/PEM/);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    try {
      verifyCsr(pemText(bytes, 'CERTIFICATE REQUEST'));
    } catch (error) {
      expect(error).toMatchObject({ name: 'CodedError' });
    }
  }), { numRuns: 1000 });
});

test('an RSA signer and an RSA request work', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  expect(createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest().length).toBe(32);
  expect(parseCertificate(issueKeyPair({ signer: root, dnsNames: ['a.b'], ...validity }).certPem).dnsNames).toEqual(['a.b']);
});
