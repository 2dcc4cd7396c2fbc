import { isRecord } from '#shared/base';
import type { FieldPath } from '../check/issue.ts';
import type { RequestAuthentication } from '../kinds/istio/request-authentication.ts';
import { strictNameError } from './headers.ts';
import type { Loose } from './proto.ts';
import { each, quoted } from './report.ts';
import type { Report } from './report.ts';
import { checkTargets } from './shared-fields.ts';
import { durationError } from './values.ts';

type Spec = Loose<RequestAuthentication['spec']>;
type Rule = NonNullable<Spec['jwtRules']>[number];

export function checkRequestAuthentication(spec: Spec, report: Report): void {
  checkTargets(spec, report);
  for (const [i, rule] of each(spec.jwtRules)) checkRule(rule, ['spec', 'jwtRules', i], report);
}

function checkRule(rule: Rule, at: FieldPath, report: Report): void {
  const uri = rule.jwksUri ?? rule.jwks_uri ?? '';
  const noneEmpty = (field: 'audiences' | 'fromParams' | 'fromCookies', message: string): void => {
    for (const [i, text] of each(rule[field])) if (text === '') report.error([...at, field, i], message);
  };
  noneEmpty('audiences', 'audience must be non-empty string');
  if ((rule.issuer ?? '') === '' && uri === '') report.error(at, 'issuer or jwksUri must be non-empty string');
  if (uri !== '') report.error([...at, 'jwksUri'], uriError(uri));
  if ((rule.jwks ?? '') !== '') checkKeys(rule.jwks ?? '', [...at, 'jwks'], report);
  for (const [i, location] of each(rule.fromHeaders)) if ((location.name ?? '') === '') report.error([...at, 'fromHeaders', i], 'location header name must be non-empty string');
  noneEmpty('fromParams', 'location query must be non-empty string');
  noneEmpty('fromCookies', 'cookie name must be non-empty string');
  for (const [i, { header = '', claim = '' }] of each(rule.outputClaimToHeaders)) {
    const isFull = header !== '' && claim !== '';
    report.error([...at, 'outputClaimToHeaders', i], isFull ? strictNameError(header, true) : 'outputClaimToHeaders header and claim value must be non-empty string');
  }
  report.error([...at, 'timeout'], durationError(rule.timeout));
}

function uriError(uri: string): string | undefined {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(uri)?.[1] ?? '';
  return scheme === 'http' || scheme === 'https' ? undefined : `URI scheme ${quoted(scheme)} is not supported`;
}

/** Fields of a key that are secret: d of RSA, EC and OKP keys, k of symmetric ones. RFC 7518 §6. */
function checkKeys(text: string, at: FieldPath, report: Report): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    report.error(at, 'jwks parse error: failed to unmarshal JWK set');
    return;
  }
  const keys = isRecord(parsed) && Array.isArray(parsed['keys']) ? parsed['keys'] : [parsed];
  for (const [i, key] of keys.entries()) {
    if (!isRecord(key) || typeof key['kty'] !== 'string') report.error(at, `jwks parse error: failed to unmarshal key from JSON: key at index ${i} has no kty`);
    else if (key['d'] !== undefined || key['kty'] === 'oct') report.warn(at, `jwks key at index ${i} contains private key material; only public keys are used for verification`);
  }
}
