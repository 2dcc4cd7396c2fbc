import type { Infer } from '../../schema/schema.ts';
import { bool, list, map, obj, oneOf, present, req, str } from '../../schema/schema.ts';
import { customSchema, istioKind, istioStatus, nullable, rule, uint32 } from './common.ts';

const TLS_VERSIONS = ['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'] as const;
export const serverTls = obj({
  mode: oneOf(['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'], 'SIMPLE: TLS ends here; MUTUAL: and clients need a certificate; PASSTHROUGH: passed on by server name.'),
  httpsRedirect: bool('Answer plain HTTP with a redirection to HTTPS.'),
  credentialName: str('Secret with key and certificate.'),
  credentialNames: list(str(), 'Secrets with keys and certificates of different kinds.', { minItems: 1, maxItems: 2 }),
  serverCertificate: str('File of the certificate.'),
  privateKey: str('File of the key.'),
  caCertificates: str('File of root certificates for clients.'),
  caCertCredentialName: str('Secret with root certificates for clients.'),
  caCrl: str('File of revoked certificates.'),
  tlsCertificates: list(obj({ serverCertificate: str('File of the certificate.'), privateKey: str('File of the key.'), caCertificates: str('File of root certificates.') }), 'Several certificates.', { minItems: 1, maxItems: 2 }),
  subjectAltNames: list(str(), 'Names a client\'s certificate may have.'),
  verifyCertificateSpki: list(str(), 'Hashes of client keys that are accepted, base64.'),
  verifyCertificateHash: list(str(), 'Hashes of client certificates that are accepted.'),
  minProtocolVersion: oneOf(TLS_VERSIONS, 'Oldest TLS version. Default TLS 1.2.'),
  maxProtocolVersion: oneOf(TLS_VERSIONS, 'Newest TLS version. Default TLS 1.3.'),
  cipherSuites: list(str(), 'Ciphers that may be used.'),
  ecdhCurves: list(str(), 'Curves that may be used.'),
  insecureSkipVerify: nullable(bool('Do not check client certificates.')),
}, 'TLS of this server.', {
  'x-kubernetes-validations': [
    rule('(has(self.tlsCertificates) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1', 'only one of credentialNames or tlsCertificates can be set'),
    rule('(has(self.credentialName) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1', 'only one of credentialName or credentialNames can be set'),
    rule('(has(self.credentialNames) ? 1 : 0) + (has(self.tlsCertificates) ? 1 : 0) <= 1', 'only one of credentialName or tlsCertificates can be set'),
  ],
});
const port = obj({
  number: req(uint32('Port number.')),
  protocol: req(str('HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, TCP or TLS.')),
  name: req(str('Name of the port.')),
  targetPort: uint32('No longer used.'),
}, 'The port it listens on.');
const server = obj({
  port: req(port),
  hosts: req(list(str(), 'Host names it takes; namespace/host limits them to VirtualServices of that namespace.')),
  tls: serverTls,
  bind: str('Address to listen on. Default: all.'),
  defaultEndpoint: str('Not used.'),
  name: str('Name of the server.'),
}, 'A port with the hosts that come in on it.');
export type GatewayServer = Infer<typeof server>;
const spec = obj({
  servers: list(server, 'Ports and hosts.'),
  selector: map(str(), 'Labels of the gateway pods.'),
}, 'What comes in, and through which pods.');
export type GatewaySpec = Infer<typeof spec>;
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Opens ports for hosts on the gateway pods at the edge of the mesh.');
export type Gateway = Infer<typeof schema>;
export const gatewayKind = istioKind({ kind: 'Gateway', plural: 'gateways', shortNames: ['gw'], schema });
