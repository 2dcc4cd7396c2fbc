import type { Infer } from '../../schema/schema.ts';
import { def, like, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { atomicList, kindSchema, labelSelector } from '../meta.ts';

const RBAC = 'io.k8s.api.rbac.v1';
const GROUP = 'rbac.authorization.k8s.io';
const policyRule = def(`${RBAC}.PolicyRule`, {
  verbs: req(atomicList(str(), 'get, list, watch, create, update, patch, delete, deletecollection … or *.')),
  apiGroups: atomicList(str(), 'API groups; "" is core, * is all.'),
  resources: atomicList(str(), 'Plural names, with subresources as pods/log; * is all.'),
  resourceNames: atomicList(str(), 'Only objects of these names. Default: all.'),
  nonResourceURLs: atomicList(str(), 'Paths that are no resources, * at the end allowed; ClusterRole only.'),
}, 'What may be done with which resources.');
export type PolicyRule = Infer<typeof policyRule>;
const roleRef = def(`${RBAC}.RoleRef`, { apiGroup: str('rbac.authorization.k8s.io.'), kind: req(str('Role or ClusterRole.')), name: req(str('Name of the role.')) }, 'The role that is given; cannot be changed.', { 'x-kubernetes-map-type': 'atomic' });
const subject = def(`${RBAC}.Subject`, {
  kind: req(str('User, Group or ServiceAccount.')), name: req(str('Name.')), namespace: str('Namespace of a service account.'), apiGroup: str('"" for service accounts, else rbac.authorization.k8s.io.'),
}, 'Who gets the role.', { 'x-kubernetes-map-type': 'atomic' });
const rules = atomicList(policyRule, 'What the role allows; rules add up.');
const subjects = atomicList(subject, 'Who gets the role.');
const aggregationRule = def(`${RBAC}.AggregationRule`, { clusterRoleSelectors: atomicList(labelSelector, 'ClusterRoles whose rules are taken over.') }, 'Rules gathered from other ClusterRoles.');

const role = kindSchema(`${RBAC}.Role`, { rules }, 'What may be done in one namespace.');
export type Role = Infer<typeof role>;
export const roleKind = builtin({ group: GROUP, kind: 'Role', schema: role });
const clusterRole = kindSchema(`${RBAC}.ClusterRole`, { rules, aggregationRule }, 'What may be done in the whole cluster, or in any namespace it is bound in.');
export type ClusterRole = Infer<typeof clusterRole>;
export const clusterRoleKind = builtin({ group: GROUP, kind: 'ClusterRole', namespaced: false, schema: clusterRole });
const roleBinding = kindSchema(`${RBAC}.RoleBinding`, { roleRef: req(like(roleRef, 'The role that is given.')), subjects }, 'Gives a role within one namespace.');
export type RoleBinding = Infer<typeof roleBinding>;
export const roleBindingKind = builtin({ group: GROUP, kind: 'RoleBinding', schema: roleBinding });
const clusterRoleBinding = kindSchema(`${RBAC}.ClusterRoleBinding`, { roleRef: req(like(roleRef, 'The role that is given.')), subjects }, 'Gives a role in the whole cluster.');
export type ClusterRoleBinding = Infer<typeof clusterRoleBinding>;
export const clusterRoleBindingKind = builtin({ group: GROUP, kind: 'ClusterRoleBinding', namespaced: false, schema: clusterRoleBinding });
