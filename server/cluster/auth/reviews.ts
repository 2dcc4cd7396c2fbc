import type { VirtualResource } from '../discovery/virtual-resources.ts';
import type { Exchange } from '../http/exchange.ts';
import type { SubresourceParts } from '../http/subresource-parts.ts';
import { at, recordAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { timeText } from '../rest/core.ts';
import { readObject } from '../rest/create.ts';
import { writeOptions } from '../rest/write-options.ts';
import { invalidValue } from '../status/field-errors.ts';
import { badRequest, invalid, methodNotAllowed, noSuchResource } from '../status/status-error.ts';
import type { FieldError } from '../status/status-error.ts';
import type { Attributes } from './attributes.ts';
import type { Rule } from './rbac.ts';
import { reviewView } from './review-view.ts';
import { ISSUER } from './tokens.ts';
import type { User } from './user.ts';

/** Answers a review: who am I, whose token is this, may I. */
export async function answerReview(parts: SubresourceParts, exchange: Exchange, virtual: VirtualResource): Promise<void> {
  if (exchange.method !== 'POST') throw methodNotAllowed();
  if (exchange.info.name !== '' || virtual.namespaced !== (exchange.info.namespace !== '')) throw noSuchResource();
  const options = writeOptions(exchange, 'CreateOptions');
  const object = await readObject(parts.core, exchange, reviewView(virtual.group, virtual.kind, virtual.plural), options.fieldValidation);
  const { kind: _kind, apiVersion: _apiVersion, metadata, spec, ...rest } = object;
  const { name: _name, ...meta } = metadata;
  const status = await statusOf(parts, exchange, object);
  exchange.json(201, { kind: object.kind, apiVersion: object.apiVersion, metadata: { ...(metadata.name === '' ? {} : { name: metadata.name }), ...(object.kind === 'SelfSubjectReview' ? { creationTimestamp: timeText(parts.core.now()) } : {}), ...meta }, ...(spec === undefined ? {} : { spec }), ...rest, status });
}

function statusOf(parts: SubresourceParts, exchange: Exchange, object: KObject): Promise<object> | object {
  const { rbac } = parts;
  switch (object.kind) {
    case 'TokenReview': return tokenStatus(parts, object);
    case 'SelfSubjectReview': return { userInfo: userInfo(exchange.user) };
    case 'SelfSubjectRulesReview': return rulesStatus(parts, exchange, object);
    case 'SelfSubjectAccessReview': return accessStatus(rbac, exchange.user, checkedSpec(object, undefined));
    default: return accessStatus(rbac, namedUser(object), checkedSpec(object, object.kind === 'LocalSubjectAccessReview' ? exchange.info.namespace : undefined));
  }
}

export const userInfo = (user: User): object => ({
  username: user.name, ...(user.uid === '' ? {} : { uid: user.uid }), ...(user.groups.length === 0 ? {} : { groups: user.groups }), ...(user.extra.size === 0 ? {} : { extra: Object.fromEntries(user.extra) }),
});

async function tokenStatus({ tokens, core }: SubresourceParts, object: KObject): Promise<object> {
  const token = textAt(object, 'spec', 'token');
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const asked = at(object, 'spec', 'audiences');
  const verified = await tokens.verify(token, Array.isArray(asked) && asked.length > 0 ? asked.map(String) : [ISSUER], core.now());
  if (verified === undefined) return { user: {}, error: '[invalid bearer token, token lookup failed]' };
  return { authenticated: true, user: userInfo(verified.user), audiences: verified.audiences };
}

/** Exactly one of the two kinds of attributes; errors have an empty kind, as the real server's. */
function checkedSpec(object: KObject, namespace: string | undefined): Attributes {
  const resource = recordAt(object, 'spec', 'resourceAttributes');
  const path = recordAt(object, 'spec', 'nonResourceAttributes');
  const errors: FieldError[] = [];
  if (object.metadata.name !== '') errors.push(invalidValue('metadata', object.metadata, 'must be empty'));
  if (resource === undefined && path === undefined) errors.push(invalidValue('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  if (resource !== undefined && path !== undefined) errors.push(invalidValue('spec.nonResourceAttributes', { Path: textAt(path, 'path'), Verb: textAt(path, 'verb') }, 'cannot be specified in combination with resourceAttributes'));
  if (object.kind.startsWith('Subject') || object.kind.startsWith('Local')) {
    const groups = at(object, 'spec', 'groups');
    if (textAt(object, 'spec', 'user') === '' && !(Array.isArray(groups) && groups.length > 0)) errors.push(invalidValue('spec.user', '', 'at least one of user or group must be specified'));
  }
  if (namespace !== undefined && textAt(resource, 'namespace') !== namespace) errors.push(invalidValue('spec.resourceAttributes.namespace', textAt(resource, 'namespace'), 'must match metadata.namespace'));
  if (errors.length > 0) throw invalid({ group: 'authorization.k8s.io', kind: '' }, '', errors);
  if (resource === undefined) return { isResource: false, verb: textAt(path, 'verb'), path: textAt(path, 'path') };
  return { isResource: true, verb: textAt(resource, 'verb'), group: textAt(resource, 'group'), resource: textAt(resource, 'resource'), subresource: textAt(resource, 'subresource'), namespace: textAt(resource, 'namespace'), name: textAt(resource, 'name') };
}

function namedUser(object: KObject): User {
  const groups = at(object, 'spec', 'groups');
  const extra = recordAt(object, 'spec', 'extra') ?? {};
  return { name: textAt(object, 'spec', 'user'), uid: textAt(object, 'spec', 'uid'), groups: Array.isArray(groups) ? groups.map(String) : [], extra: new Map(Object.entries(extra).map(([key, v]) => [key, Array.isArray(v) ? v.map(String) : []])) };
}

function accessStatus(rbac: SubresourceParts['rbac'], user: User, asked: Attributes): object {
  const { allowed, reason } = rbac.authorize(user, asked);
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function rulesStatus({ rbac }: SubresourceParts, exchange: Exchange, object: KObject): object {
  const namespace = textAt(object, 'spec', 'namespace');
  if (namespace === '') throw badRequest('no namespace on request');
  const rules = rbac.rulesFor(exchange.user, namespace);
  const isPath = (rule: Rule): boolean => rule.nonResourceURLs.length > 0;
  return {
    resourceRules: rules.filter((rule) => !isPath(rule)).map((rule) => ({ verbs: rule.verbs, apiGroups: rule.apiGroups, resources: rule.resources, ...(rule.resourceNames.length === 0 ? {} : { resourceNames: rule.resourceNames }) })),
    nonResourceRules: rules.filter(isPath).map((rule) => ({ verbs: rule.verbs, nonResourceURLs: rule.nonResourceURLs })), incomplete: false,
  };
}
