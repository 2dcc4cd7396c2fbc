import type { RequestInfo } from '../http/request-info.ts';

/** What is asked for, as RBAC sees it. */
export type Attributes =
  | { readonly isResource: true; readonly verb: string; readonly group: string; readonly resource: string; readonly subresource: string; readonly namespace: string; readonly name: string }
  | { readonly isResource: false; readonly verb: string; readonly path: string };

const VERBS: ReadonlyMap<string, string> = new Map([['POST', 'create'], ['GET', 'get'], ['HEAD', 'get'], ['PUT', 'update'], ['PATCH', 'patch'], ['DELETE', 'delete']]);

/** The verb of a request: lists and watches are their own, a DELETE without a name is a deletecollection. A path with /watch/ is a watch for GET alone: another method is never let in by the right to watch. */
export function attributesOf(info: RequestInfo, method: string, isWatch: boolean): Attributes {
  if (!info.isResource) return { isResource: false, verb: method.toLowerCase(), path: info.path };
  let verb = VERBS.get(method) ?? method.toLowerCase();
  const isCollection = info.name === '';
  if (info.isOldWatch && method === 'GET') verb = 'watch';
  else if (verb === 'get' && isCollection) verb = isWatch ? 'watch' : 'list';
  else if (verb === 'delete' && isCollection) verb = 'deletecollection';
  return { isResource: true, verb, group: info.group, resource: info.resource, subresource: info.subresource, namespace: info.namespace, name: info.name };
}
