import { qualified, StatusError } from '../status/status-error.ts';
import type { Attributes } from './attributes.ts';
import type { User } from './user.ts';

/** The 403 of an authorizer, in the words every Kubernetes user knows. */
export function forbiddenFor(user: User, asked: Attributes, reason: string): StatusError {
  const tail = reason === '' ? '' : `: ${reason}`;
  if (!asked.isResource) return new StatusError(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${asked.verb} path "${asked.path}"${tail}`, {});
  const { group, resource, subresource, namespace, name, verb } = asked;
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const what = `${qualified({ group, plural: resource })}${name === '' ? '' : ` "${name}"`}`;
  return new StatusError(403, 'Forbidden', `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${scope}${tail}`, { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource });
}
