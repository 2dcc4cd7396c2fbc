import { defineErrors } from '#shared/base';

export const x509Errors = defineErrors({
  X509_DER: { status: 400, message: 'not a well-formed certificate or request: {problem}', next: 'Send a PKCS#10 request or X.509 certificate as PEM.' },
  X509_PEM: { status: 400, message: 'there is no PEM block "{label}"', next: 'Send PEM text.' },
  X509_CSR_SIGNATURE: { status: 400, message: 'the signature of the certificate request does not fit its key', next: 'Sign the request with the key it names.' },
  X509_KEY: { status: 400, message: 'the key of the certificate request is refused: {problem}', next: 'Use P-256, P-384, Ed25519 or RSA of 2048 bits and more.' },
});
