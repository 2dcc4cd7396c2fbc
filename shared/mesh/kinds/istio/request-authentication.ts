import type { Infer, Schema } from '../../schema/schema.ts';
import { bool, list, obj, oneOf, present, req, str } from '../../schema/schema.ts';
import { customSchema, duration, istioKind, istioStatus, oneTarget, rule, SECURITY, targetRef, targetRefs, workloadSelector } from './common.ts';

const filled = (description?: string): Schema<string> => str(description, { minLength: 1 });
const keysUri = (description: string): Schema<string> => str(description, {
  minLength: 1, maxLength: 2048, 'x-kubernetes-validations': [rule('url(self).getScheme() in ["http", "https"]', 'url must have scheme http:// or https://')],
});
const jwtRule = obj({
  issuer: filled('Who issues the tokens (iss).'),
  audiences: list(filled(), 'Audiences of which a token must have one.'),
  jwksUri: keysUri('Address of the public keys. Default: found through the issuer.'),
  jwks_uri: keysUri('Old form of jwksUri.'),
  jwks: str('The public keys themselves.'),
  fromHeaders: list(obj({ name: req(filled('Header name.')), prefix: str('Text before the token.') }), 'Headers that may hold the token. Default: Authorization with Bearer.'),
  fromParams: list(filled(), 'Query parameters that may hold the token. Default: access_token.'),
  fromCookies: list(filled(), 'Cookies that may hold the token.'),
  outputPayloadToHeader: str('Header that gets the payload, base64.'),
  outputClaimToHeaders: list(obj({ header: req(str('Header name.', { minLength: 1, pattern: '^[-_A-Za-z0-9]+$' })), claim: req(filled('Claim; nested ones with dots.')) }), 'Headers that get claims.'),
  forwardOriginalToken: bool('The token is passed on. Default false.'),
  timeout: duration('Longest time to fetch the keys. Default 5s.'),
  spaceDelimitedClaims: list(filled(), 'Claims that are lists with spaces.', { maxItems: 64 }),
  presence: oneOf(['OPTIONAL', 'REQUIRED'], 'Whether there must be a token.'),
}, 'Tokens of one issuer.', {
  'x-kubernetes-validations': [rule('(has(self.jwksUri) ? 1 : 0) + (has(self.jwks_uri) ? 1 : 0) + (has(self.jwks) ? 1 : 0) <= 1', 'only one of jwks or jwksUri can be set')],
});
const spec = obj({
  selector: workloadSelector, targetRef, targetRefs,
  jwtRules: list(jwtRule, 'Tokens that are accepted. A request with a bad token is refused; one without any is let through.', { maxItems: 4096 }),
}, 'Which tokens of end users are accepted.', { 'x-kubernetes-validations': [oneTarget] });
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Checks the tokens (JWT) of end users.');
export type RequestAuthentication = Infer<typeof schema>;
export const requestAuthenticationKind = istioKind({ group: SECURITY, kind: 'RequestAuthentication', plural: 'requestauthentications', shortNames: ['ra'], schema });
