export { alternativeNames, createRoot, issueKeyPair, parseCertificate, signCsr, signLeaf } from './certificate.ts';
export type { KeyPair, LeafNames, ParsedCertificate, Validity } from './certificate.ts';
export { createCsr, verifyCsr } from './csr.ts';
export type { Csr } from './csr.ts';
export { spiffeId } from './names.ts';
