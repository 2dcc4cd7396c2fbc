import type { Guard } from '../admission/admission.ts';
import { recordAt, recordsAt, sameJson } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { AdmissionRequest } from '../rest/core.ts';
import { forbidden, notFound } from '../status/status-error.ts';
import { covers, rulesOf } from './rbac.ts';
import type { Rbac, Rule } from './rbac.ts';
import type { Attributes } from './attributes.ts';
import { MASTERS } from './user.ts';

const GROUP = 'rbac.authorization.k8s.io';

/** Every single permission a rule gives. */
function* permissions(rule: Rule): Generator<{ readonly asked: Attributes; readonly shown: string }> {
  for (const verb of rule.verbs) {
    for (const path of rule.nonResourceURLs) yield { asked: { isResource: false, verb, path }, shown: `{NonResourceURLs:[${JSON.stringify(path)}], Verbs:[${JSON.stringify(verb)}]}` };
    for (const group of rule.apiGroups) {
      for (const full of rule.resources) {
        const [resource = '', subresource = ''] = full.split('/');
        for (const name of rule.resourceNames.length === 0 ? [''] : rule.resourceNames) {
          yield {
            asked: { isResource: true, verb, group, resource, subresource, namespace: '', name },
            shown: `{APIGroups:[${JSON.stringify(group)}], Resources:[${JSON.stringify(full)}]${name === '' ? '' : `, ResourceNames:[${JSON.stringify(name)}]`}, Verbs:[${JSON.stringify(verb)}]}`,
          };
        }
      }
    }
  }
}

function missing(own: readonly Rule[], wanted: readonly Rule[]): readonly string[] {
  return wanted.flatMap((rule) => [...permissions(rule)].filter(({ asked }) => !own.some((one) => covers(one, asked) && (one.resourceNames.length === 0 || (asked.isResource && asked.name !== '')))).map(({ shown }) => shown));
}

/** What it takes to have a role gather the rules of others: they may be anything. */
const FULL_AUTHORITY: readonly Rule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] },
  { verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] },
];
const isAggregating = (role: KObject | undefined): boolean => recordsAt(role, 'aggregationRule', 'clusterRoleSelectors').length > 0;

/** An update that leaves all but owners and finalizers gives nobody rights. Labels do: by them a role is gathered into others. */
function isOnlyForGarbage(object: KObject, old: KObject): boolean {
  const { ownerReferences: _owners, finalizers: _finalizers, ...metadata } = object.metadata;
  const { ownerReferences: _oldOwners, finalizers: _oldFinalizers, ...oldMetadata } = old.metadata;
  return sameJson({ ...object, metadata }, { ...old, metadata: oldMetadata });
}

/** Nobody may give out rights by RBAC that he does not have, unless he holds `escalate` on the role or `bind` on it. */
export const escalationGuard = (rbac: () => Rbac): Guard => (request: AdmissionRequest): void => {
  const { resource } = request.view;
  const { object, old, exchange, namespace } = request;
  if (resource.group !== GROUP || object === undefined || request.operation === 'DELETE' || exchange.user.groups.includes(MASTERS)) return;
  const isBinding = resource.plural.endsWith('bindings');
  if (old !== undefined && isOnlyForGarbage(object, old)) return;
  const ref = recordAt(object, 'roleRef');
  const role = isBinding ? (ref?.['kind'] === 'ClusterRole' ? 'clusterroles' : 'roles') : resource.plural;
  const name = isBinding ? String(ref?.['name'] ?? '') : object.metadata.name;
  const may = rbac().authorize(exchange.user, { isResource: true, verb: isBinding ? 'bind' : 'escalate', group: GROUP, resource: role, subresource: '', namespace, name });
  if (may.allowed) return;
  const wanted = isBinding ? rbac().rulesOfRef(ref, namespace) : rulesOf(object);
  if (wanted === undefined) throw notFound({ group: GROUP, plural: role }, name);
  const own = rbac().rulesFor(exchange.user, namespace);
  const lacking = missing(own, wanted);
  if (lacking.length === 0) {
    if ((isAggregating(object) || isAggregating(old)) && missing(own, FULL_AUTHORITY).length > 0) throw forbidden(resource, object.metadata.name, 'must have cluster-admin privileges to use the aggregationRule');
    return;
  }
  const groups = exchange.user.groups.map((group) => JSON.stringify(group)).join(' ');
  throw forbidden(resource, object.metadata.name, `user ${JSON.stringify(exchange.user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${lacking.join('\n')}`);
};
