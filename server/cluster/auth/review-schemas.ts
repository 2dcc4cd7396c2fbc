import { anyObject, def, int64, list, map, objectMeta, req, str } from '#shared/mesh';
import type { SchemaNode } from '#shared/mesh';

// Kinds that are answered and never stored: authentication.k8s.io/v1 and authorization.k8s.io/v1.
const N = 'io.k8s.api.authentication.v1';
const Z = 'io.k8s.api.authorization.v1';
const TYPE = { apiVersion: str(), kind: str(), metadata: objectMeta };
const texts = list(str());

const tokenReviewSpec = def(`${N}.TokenReviewSpec`, { token: str('The token.'), audiences: texts }, 'The token to check.');
const boundObjectReference = def(`${N}.BoundObjectReference`, { kind: str('Pod, Secret or Node.'), apiVersion: str('API version.'), name: str('Name.'), uid: str('UID.') }, 'What the token dies with.');
const tokenRequestSpec = def(`${N}.TokenRequestSpec`, { audiences: req(texts), expirationSeconds: int64('How long it lives.'), boundObjectRef: boundObjectReference }, 'The token wanted.');
const selector = def(`${Z}.SelectorAttributes`, { rawSelector: str(), requirements: list(anyObject()) }, 'Limits a list to a selection.');
const resourceAttributes = def(`${Z}.ResourceAttributes`, {
  namespace: str('Namespace.'), verb: str('Verb.'), group: str('API group.'), version: str('Version.'), resource: str('Plural name.'), subresource: str('Subresource.'), name: str('Name.'), fieldSelector: selector, labelSelector: selector,
}, 'An object or a collection.');
const nonResourceAttributes = def(`${Z}.NonResourceAttributes`, { path: str('Path.'), verb: str('Verb.') }, 'A path.');
const sarSpec = def(`${Z}.SubjectAccessReviewSpec`, { resourceAttributes, nonResourceAttributes, user: str('User.'), groups: texts, extra: map(texts), uid: str('UID.') }, 'Who wants to do what.');
const selfSpec = def(`${Z}.SelfSubjectAccessReviewSpec`, { resourceAttributes, nonResourceAttributes }, 'What the caller wants to do.');
const rulesSpec = def(`${Z}.SelfSubjectRulesReviewSpec`, { namespace: str('Namespace.') }, 'Where.');
const status = anyObject('The answer.');

export const REVIEW_SCHEMAS: ReadonlyMap<string, SchemaNode> = new Map<string, SchemaNode>([
  ['TokenReview', def(`${N}.TokenReview`, { ...TYPE, spec: req(tokenReviewSpec), status }, 'Asks whose token it is.')],
  ['TokenRequest', def(`${N}.TokenRequest`, { ...TYPE, spec: req(tokenRequestSpec), status }, 'Asks for a token.')],
  ['SelfSubjectReview', def(`${N}.SelfSubjectReview`, { ...TYPE, status }, 'Asks who I am.')],
  ['SubjectAccessReview', def(`${Z}.SubjectAccessReview`, { ...TYPE, spec: req(sarSpec), status }, 'Asks whether someone may.')],
  ['LocalSubjectAccessReview', def(`${Z}.LocalSubjectAccessReview`, { ...TYPE, spec: req(sarSpec), status }, 'Asks whether someone may, in one namespace.')],
  ['SelfSubjectAccessReview', def(`${Z}.SelfSubjectAccessReview`, { ...TYPE, spec: req(selfSpec), status }, 'Asks whether I may.')],
  ['SelfSubjectRulesReview', def(`${Z}.SelfSubjectRulesReview`, { ...TYPE, spec: req(rulesSpec), status }, 'Asks what I may.')],
]);
