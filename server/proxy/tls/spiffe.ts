import type { X509Certificate } from 'node:crypto';
import { isRecord } from '#shared/base';
import { alternativeNames } from '#server/wire';
import { compileString } from '#shared/evaluator';
import type { StringTest } from '#shared/evaluator';

/** What a peer's certificate says. `principal` is its SPIFFE id, "" when it has none. */
export type PeerCertificate = { readonly principal: string; readonly uris: readonly string[]; readonly dns: readonly string[]; readonly hash: string; readonly subject: string };

/** SPIFFE ids are at most 2048 bytes and have neither query nor fragment nor port (SPIFFE-ID §2). */
const SPIFFE = /^spiffe:\/\/[a-z0-9._-]+(?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*$/;
const SPIFFE_BYTES_MAX = 2048;

export function readPeerCertificate(certificate: X509Certificate): PeerCertificate {
  const { uris, dnsNames: dns } = alternativeNames(certificate.raw); // from the bytes: Node's text form cannot be split safely (CVE-2021-44532)
  const only = uris.length === 1 ? (uris[0] ?? '') : '';
  const principal = only.length <= SPIFFE_BYTES_MAX && SPIFFE.test(only) ? only : '';
  return { principal, uris, dns, hash: certificate.fingerprint256.replaceAll(':', '').toLowerCase(), subject: (certificate.subject ?? '').split('\n').toReversed().join(',') };
}

/** Matchers of the peer's name. No matcher: every certificate of the trusted roots will do. */
export function compileSans(matchers: readonly unknown[]): (peer: PeerCertificate) => boolean {
  if (matchers.length === 0) return () => true;
  const tests: readonly StringTest[] = matchers.map((matcher, i) => compileString(isRecord(matcher) ? matcher : {}, `match_typed_subject_alt_names[${i}]`));
  return (peer) => peer.uris.length <= 1 && [...peer.uris, ...peer.dns].some((name) => tests.some((one) => one.test(name)));
}
