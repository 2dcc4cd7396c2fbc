import type { Strategy } from '../resources/resource.ts';
import { clusterRoleBindingStrategy, clusterRoleStrategy, endpointSliceStrategy, endpointsStrategy, eventStrategy, namespaceStrategy, nodeStrategy, roleBindingStrategy, roleStrategy } from './cluster-strategies.ts';
import { configMapStrategy, leaseStrategy, secretStrategy, serviceAccountStrategy } from './config-strategies.ts';
import { crdStrategy } from './crd-strategy.ts';
import { podStrategy } from './pod-strategy.ts';
import { serviceStrategy } from './service-strategy.ts';
import { mutatingWebhookStrategy, validatingWebhookStrategy } from './webhook-strategies.ts';
import { deploymentStrategy, replicaSetStrategy } from './workload-strategies.ts';

/** The rules of each built-in kind, by group/plural. */
export const STRATEGIES: ReadonlyMap<string, Strategy> = new Map([
  ['/namespaces', namespaceStrategy], ['/nodes', nodeStrategy], ['/pods', podStrategy], ['/services', serviceStrategy], ['/configmaps', configMapStrategy], ['/secrets', secretStrategy],
  ['/serviceaccounts', serviceAccountStrategy], ['/events', eventStrategy], ['discovery.k8s.io/endpointslices', endpointSliceStrategy], ['/endpoints', endpointsStrategy], ['coordination.k8s.io/leases', leaseStrategy],
  ['apps/deployments', deploymentStrategy], ['apps/replicasets', replicaSetStrategy], ['rbac.authorization.k8s.io/roles', roleStrategy], ['rbac.authorization.k8s.io/clusterroles', clusterRoleStrategy],
  ['rbac.authorization.k8s.io/rolebindings', roleBindingStrategy], ['rbac.authorization.k8s.io/clusterrolebindings', clusterRoleBindingStrategy],
  ['apiextensions.k8s.io/customresourcedefinitions', crdStrategy], ['admissionregistration.k8s.io/mutatingwebhookconfigurations', mutatingWebhookStrategy],
  ['admissionregistration.k8s.io/validatingwebhookconfigurations', validatingWebhookStrategy],
]);
