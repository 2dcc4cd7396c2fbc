import type { IncomingMessage } from 'node:http';
import { badRequest } from '../status/status-error.ts';
import type { Attributes } from './attributes.ts';
import { forbiddenFor } from './forbidden.ts';
import type { Rbac } from './rbac.ts';
import { AUTHENTICATED } from './user.ts';
import type { User } from './user.ts';

const EXTRA = 'impersonate-extra-';
const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** All values of a header that may stand several times; Node would join them. */
function headerValues(request: IncomingMessage, name: string): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) if (request.rawHeaders[i]?.toLowerCase() === name) found.push(request.rawHeaders[i + 1] ?? '');
  return found;
}

/** The user a request acts as: the sender, or whom it impersonates, each part of which must be allowed. */
export function impersonate(request: IncomingMessage, user: User, rbac: Rbac): User {
  const name = headerValues(request, 'impersonate-user')[0] ?? '';
  const groups = headerValues(request, 'impersonate-group');
  const uid = headerValues(request, 'impersonate-uid')[0] ?? '';
  const extra = extraOf(request);
  if (name === '' && groups.length === 0 && uid === '' && extra.size === 0) return user;
  if (name === '') throw badRequest(`requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:[]string{${groups.map((group) => JSON.stringify(group)).join(', ')}}, Extra:map[string][]string(nil)} without impersonating a user name`);
  const ask = (resource: string, asked: { readonly name: string; readonly namespace?: string; readonly group?: string; readonly subresource?: string }): void => {
    const attributes: Attributes = { isResource: true, verb: 'impersonate', group: asked.group ?? '', resource, subresource: asked.subresource ?? '', namespace: asked.namespace ?? '', name: asked.name };
    const verdict = rbac.authorize(user, attributes);
    if (!verdict.allowed) throw forbiddenFor(user, attributes, verdict.reason);
  };
  const account = ACCOUNT.exec(name);
  if (account === null) ask('users', { name });
  else ask('serviceaccounts', { name: account[2] ?? '', namespace: account[1] ?? '' });
  for (const group of groups) ask('groups', { name: group });
  if (uid !== '') ask('uids', { name: uid, group: 'authentication.k8s.io' });
  for (const [key, values] of extra) for (const v of values) ask('userextras', { name: v, group: 'authentication.k8s.io', subresource: key });
  const isAnonymous = name === 'system:anonymous';
  const given = account !== null && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[1] ?? ''}`] : groups;
  const last = isAnonymous ? 'system:unauthenticated' : AUTHENTICATED;
  return { name, uid, groups: given.includes(last) || given.includes(AUTHENTICATED) ? given : [...given, last], extra };
}

function extraOf(request: IncomingMessage): Map<string, readonly string[]> {
  const extra = new Map<string, readonly string[]>();
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const header = request.rawHeaders[i]?.toLowerCase() ?? '';
    if (!header.startsWith(EXTRA)) continue;
    let key = header.slice(EXTRA.length);
    try {
      key = decodeURIComponent(key);
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
    }
    extra.set(key, [...(extra.get(key) ?? []), request.rawHeaders[i + 1] ?? '']);
  }
  return extra;
}
