type Rule = { readonly apiGroups?: readonly string[]; readonly resources?: readonly string[]; readonly verbs: readonly string[]; readonly nonResourceURLs?: readonly string[] };
export type BootstrapRole = { readonly name: string; readonly rules?: readonly Rule[]; readonly aggregate?: string; readonly labels?: { readonly [key: string]: string } };
export type BootstrapBinding = { readonly name: string; readonly role: string; readonly subjects: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[] };

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const TO = 'rbac.authorization.k8s.io/aggregate-to-';
const VIEW_CORE = ['bindings', 'configmaps', 'endpoints', 'events', 'limitranges', 'namespaces', 'namespaces/status', 'persistentvolumeclaims', 'pods', 'pods/log', 'pods/status', 'replicationcontrollers', 'resourcequotas', 'serviceaccounts', 'services', 'services/status'];
const EDIT_CORE = ['configmaps', 'endpoints', 'events', 'persistentvolumeclaims', 'pods', 'pods/attach', 'pods/eviction', 'pods/exec', 'pods/portforward', 'pods/proxy', 'replicationcontrollers', 'secrets', 'serviceaccounts', 'services', 'services/proxy'];
const APPS = ['daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'replicasets/scale', 'statefulsets', 'statefulsets/scale'];
const rule = (apiGroups: readonly string[], resources: readonly string[], verbs: readonly string[]): Rule => ({ apiGroups, resources, verbs });
const RBAC = 'rbac.authorization.k8s.io';

/** The roles every Kubernetes cluster has (bootstrap policy), as far as the kinds served here go. */
export const BOOTSTRAP_ROLES: readonly BootstrapRole[] = [
  { name: 'cluster-admin', rules: [rule(['*'], ['*'], ['*']), { nonResourceURLs: ['*'], verbs: ['*'] }] },
  { name: 'admin', aggregate: 'admin' }, { name: 'edit', aggregate: 'edit', labels: { [`${TO}admin`]: 'true' } }, { name: 'view', aggregate: 'view', labels: { [`${TO}edit`]: 'true' } },
  { name: 'system:aggregate-to-view', labels: { [`${TO}view`]: 'true' }, rules: [rule([''], VIEW_CORE, READ), rule(['discovery.k8s.io'], ['endpointslices'], READ), rule(['apps'], APPS, READ)] },
  { name: 'system:aggregate-to-edit', labels: { [`${TO}edit`]: 'true' }, rules: [rule([''], ['secrets', 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'services/proxy'], READ), rule([''], ['serviceaccounts'], ['impersonate']), rule([''], EDIT_CORE, WRITE), rule(['apps'], APPS, WRITE), rule(['coordination.k8s.io'], ['leases'], [...WRITE, ...READ])] },
  { name: 'system:aggregate-to-admin', labels: { [`${TO}admin`]: 'true' }, rules: [rule(['authorization.k8s.io'], ['localsubjectaccessreviews'], ['create']), rule([RBAC], ['roles', 'rolebindings'], [...WRITE, ...READ])] },
  { name: 'system:discovery', rules: [{ nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/openapi', '/openapi/*', '/readyz', '/version', '/version/'], verbs: ['get'] }] },
  { name: 'system:basic-user', rules: [rule(['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']), rule(['authentication.k8s.io'], ['selfsubjectreviews'], ['create'])] },
  { name: 'system:public-info-viewer', rules: [{ nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] }] },
  { name: 'system:service-account-issuer-discovery', rules: [{ nonResourceURLs: ['/.well-known/openid-configuration', '/.well-known/openid-configuration/', '/openid/v1/jwks', '/openid/v1/jwks/'], verbs: ['get'] }] },
  { name: 'system:monitoring', rules: [{ nonResourceURLs: ['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*'], verbs: ['get'] }] },
  { name: 'system:auth-delegator', rules: [rule(['authentication.k8s.io'], ['tokenreviews'], ['create']), rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create'])] },
  { name: 'system:node', rules: [rule([''], ['nodes', 'nodes/status', 'pods', 'pods/status', 'events', 'services', 'configmaps', 'secrets'], ['*']), rule([''], ['serviceaccounts/token'], ['create']), rule(['coordination.k8s.io'], ['leases'], ['*'])] },
];
export const BOOTSTRAP_BINDINGS: readonly BootstrapBinding[] = [
  { name: 'cluster-admin', role: 'cluster-admin', subjects: [{ kind: 'Group', name: 'system:masters' }] },
  { name: 'system:discovery', role: 'system:discovery', subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
  { name: 'system:basic-user', role: 'system:basic-user', subjects: [{ kind: 'Group', name: 'system:authenticated' }] },
  { name: 'system:public-info-viewer', role: 'system:public-info-viewer', subjects: [{ kind: 'Group', name: 'system:authenticated' }, { kind: 'Group', name: 'system:unauthenticated' }] },
  { name: 'system:service-account-issuer-discovery', role: 'system:service-account-issuer-discovery', subjects: [{ kind: 'Group', name: 'system:serviceaccounts' }] },
  { name: 'system:monitoring', role: 'system:monitoring', subjects: [{ kind: 'Group', name: 'system:monitoring' }] },
  { name: 'system:node', role: 'system:node', subjects: [{ kind: 'Group', name: 'system:nodes' }] },
];
export const AGGREGATE_LABEL = TO;
