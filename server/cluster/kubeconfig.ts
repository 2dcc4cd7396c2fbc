import { stringify } from 'yaml';
import type { Certificates } from './tls/certificates.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig for the cluster's admin (client certificate, group system:masters). */
export function adminKubeconfig(url: string, certificates: Certificates): string {
  const name = 'pharos';
  return stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': name,
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': base64(certificates.ca.certPem) } }],
    contexts: [{ name, context: { cluster: name, user: `${name}-admin` } }],
    users: [{ name: `${name}-admin`, user: { 'client-certificate-data': base64(certificates.admin.certPem), 'client-key-data': base64(certificates.admin.keyPem) } }],
  });
}
