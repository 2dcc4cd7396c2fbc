import type { FieldPath } from '../check/issue.ts';
import type { TrafficPolicy } from '../kinds/istio/destination-rule.ts';
import type { Loose } from './proto.ts';
import type { Report } from './report.ts';

type Tls = Loose<NonNullable<TrafficPolicy['tls']>>;
const isSet = (text: string | undefined): boolean => (text ?? '') !== '';

/** TLS towards a service. */
export function checkClientTls(tls: Tls | undefined, namespace: string, at: FieldPath, report: Report): void {
  if (tls === undefined) return;
  const { mode = 'DISABLE', credentialName = '' } = tls;
  if (credentialName.startsWith('configmap://')) {
    const [owner = '', name = ''] = credentialName.slice('configmap://'.length).split('/');
    const where = name === '' ? namespace : owner;
    if (where !== namespace || namespace === '') report.error([...at, 'credentialName'], `invalid configmap:// credentialName: namespace must match the configuration namespace "${namespace}"`);
  }
  if (tls.insecureSkipVerify === true) {
    const hasNames = tls.subjectAltNames !== undefined;
    if (mode === 'SIMPLE' && (isSet(tls.caCertificates) || isSet(credentialName) || hasNames)) report.error(at, 'cannot specify CaCertificates or CredentialName or SubjectAltNames when InsecureSkipVerify is set true');
    if (mode === 'MUTUAL' && (isSet(tls.caCertificates) || hasNames)) report.error(at, 'cannot specify CaCertificates or SubjectAltNames when InsecureSkipVerify is set true');
  }
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && isSet(credentialName)) {
    const hasFiles = isSet(tls.clientCertificate) || isSet(tls.caCertificates) || isSet(tls.privateKey) || isSet(tls.caCrl);
    if (hasFiles) report.error(at, 'cannot specify client certificates or CA certificate or CA CRL If credentialName is set');
    return;
  }
  if (mode !== 'MUTUAL') return;
  if (!isSet(tls.clientCertificate)) report.error([...at, 'clientCertificate'], 'client certificate required for mutual tls');
  if (!isSet(tls.privateKey)) report.error([...at, 'privateKey'], 'private key required for mutual tls');
}
