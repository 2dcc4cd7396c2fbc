import type { Certificates } from './tls/certificates.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig for the cluster's admin (client certificate, group system:masters), as YAML. Every value is plain text or base64. */
export const adminKubeconfig = (url: string, certificates: Certificates): string => `apiVersion: v1
kind: Config
current-context: pharos
clusters:
  - name: pharos
    cluster:
      server: ${url}
      certificate-authority-data: ${base64(certificates.ca.certPem)}
contexts:
  - name: pharos
    context:
      cluster: pharos
      user: pharos-admin
users:
  - name: pharos-admin
    user:
      client-certificate-data: ${base64(certificates.admin.certPem)}
      client-key-data: ${base64(certificates.admin.keyPem)}
`;
