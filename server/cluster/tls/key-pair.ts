/** A certificate and its private key, both PEM. */
export type KeyPair = { readonly certPem: string; readonly keyPem: string };
