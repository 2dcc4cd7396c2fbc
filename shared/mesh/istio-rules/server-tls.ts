import type { FieldPath } from '../check/issue.ts';
import type { GatewayServer } from '../kinds/istio/gateway.ts';
import type { Loose } from './proto.ts';
import type { Report } from './report.ts';

export type ServerTls = Loose<NonNullable<GatewayServer['tls']>>;
const CIPHERS: ReadonlySet<string> = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-RSA-AES256-SHA', 'AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA', 'DES-CBC3-SHA',
]);
/** Expressions such as -ALL begin with a sign and are let pass. */
const isCipher = (name: string): boolean => name === '' || name === 'ALL' || !/^[\p{L}\p{N}]/u.test(name) || CIPHERS.has(name);
const isSet = (text: string | undefined): boolean => (text ?? '') !== '';
const some = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;

/** TLS of a port that takes connections (gateways, and ingress of sidecars). */
export function checkServerTls(tls: ServerTls | undefined, at: FieldPath, report: Report): void {
  if (tls === undefined) return;
  const mode = tls.mode ?? 'PASSTHROUGH';
  checkCiphers(tls, at, report);
  if (mode === 'ISTIO_MUTUAL') {
    checkIstioMutual(tls, at, report);
    return;
  }
  const hasCertificates = isSet(tls.caCrl) || isSet(tls.serverCertificate) || isSet(tls.privateKey) || isSet(tls.caCertificates) || some(tls.tlsCertificates) || isSet(tls.credentialName) || some(tls.credentialNames);
  if ((mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') && hasCertificates) report.warn(at, `${mode} mode does not use certificates, they will be ignored`);
  const sources = [isSet(tls.serverCertificate) && isSet(tls.privateKey), isSet(tls.credentialName), some(tls.credentialNames), some(tls.tlsCertificates)].filter(Boolean).length;
  if (sources > 1) report.error(at, 'only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified');
  const terminates = mode === 'SIMPLE' || mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL';
  if (terminates && (isSet(tls.credentialName) || some(tls.credentialNames))) return; // fetched from a Secret
  if (terminates) checkCertificates(tls, mode === 'SIMPLE' ? 'SIMPLE TLS' : 'MUTUAL TLS', at, report);
  if (!isSet(tls.caCrl)) return;
  if (isSet(tls.credentialName)) report.error([...at, 'caCrl'], 'CRL is not supported with credentialName. CRL has to be specified in the credential');
  if (mode === 'SIMPLE') report.error([...at, 'caCrl'], 'CRL is not supported with SIMPLE TLS');
}

function checkCiphers(tls: ServerTls, at: FieldPath, report: Report): void {
  const suites = tls.cipherSuites ?? [];
  const isOld = tls.minProtocolVersion === 'TLSV1_0' || tls.minProtocolVersion === 'TLSV1_1';
  if (isOld && suites.length === 0) report.warn([...at, 'minProtocolVersion'], 'TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.');
  const invalid = new Set(suites.filter((name) => !isCipher(name)));
  const duplicate = new Set(suites.filter((name, i) => isCipher(name) && suites.indexOf(name) !== i));
  if (invalid.size > 0) report.warn([...at, 'cipherSuites'], `ignoring invalid cipher suites: [${[...invalid].toSorted().join(' ')}]`);
  if (duplicate.size > 0) report.warn([...at, 'cipherSuites'], `ignoring duplicate cipher suites: [${[...duplicate].toSorted().join(' ')}]`);
}

/** ISTIO_MUTUAL takes the workload's own certificate. */
function checkIstioMutual(tls: ServerTls, at: FieldPath, report: Report): void {
  const set: readonly (readonly [boolean, string, string])[] = [
    [isSet(tls.serverCertificate), 'serverCertificate', 'server certificate'], [isSet(tls.privateKey), 'privateKey', 'private key'], [isSet(tls.caCertificates), 'caCertificates', 'CA bundle'],
    [some(tls.tlsCertificates), 'tlsCertificates', 'tlsCertificates'], [isSet(tls.credentialName), 'credentialName', 'credentialName'], [some(tls.credentialNames), 'credentialNames', 'credentialNames'],
  ];
  for (const [isPresent, field, words] of set) if (isPresent) report.error([...at, field], `ISTIO_MUTUAL TLS cannot have associated ${words}`);
}

function checkCertificates(tls: ServerTls, words: string, at: FieldPath, report: Report): void {
  if (words === 'MUTUAL TLS' && !isSet(tls.caCertificates)) report.error([...at, 'caCertificates'], `${words} requires a client CA bundle`);
  const listed = tls.tlsCertificates ?? [];
  if (listed.length > 2) report.warn([...at, 'tlsCertificates'], `${words} can support up to 2 server certificates`);
  const certificates = listed.length > 0 ? listed : [{ serverCertificate: tls.serverCertificate ?? '', privateKey: tls.privateKey ?? '' }];
  for (const certificate of certificates) {
    if (!isSet(certificate.serverCertificate)) report.error(at, `${words} requires a server certificate`);
    if (!isSet(certificate.privateKey)) report.error(at, `${words} requires a private key`);
  }
}
