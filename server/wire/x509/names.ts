import { element } from './der.ts';

export const OID = {
  commonName: '2.5.4.3', organization: '2.5.4.10', extensionRequest: '1.2.840.113549.1.9.14',
  ecdsaSha256: '1.2.840.10045.4.3.2', ecdsaSha384: '1.2.840.10045.4.3.3', ecdsaSha512: '1.2.840.10045.4.3.4',
  rsaSha256: '1.2.840.113549.1.1.11', rsaSha384: '1.2.840.113549.1.1.12', rsaSha512: '1.2.840.113549.1.1.13', ed25519: '1.3.101.112',
  subjectKeyId: '2.5.29.14', keyUsage: '2.5.29.15', subjectAltName: '2.5.29.17', basicConstraints: '2.5.29.19', authorityKeyId: '2.5.29.35', extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** GeneralName (RFC 5280 §4.2.1.6): uniformResourceIdentifier [6], dNSName [2]. */
export const uriName = (uri: string): Buffer => element(0x86, Buffer.from(uri, 'latin1'));
export const dnsName = (name: string): Buffer => element(0x82, Buffer.from(name, 'latin1'));

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`; "@" in the trust domain becomes "." as istiod does. */
export const spiffeId = (trustDomain: string, namespace: string, serviceAccount: string): string => `spiffe://${trustDomain.replaceAll('@', '.')}/ns/${namespace}/sa/${serviceAccount}`;
