import { crdOf, CUSTOM_KINDS } from '#shared/mesh';
import { CRDS } from '../crd/crd-manager.ts';
import { asKObject, sameJson } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { STRATEGIES } from '../kinds/strategies.ts';
import { timeText } from '../rest/core.ts';
import type { Core } from '../rest/core.ts';
import { WriteConflict } from '../store/object-store.ts';
import { AGGREGATE_LABEL, BOOTSTRAP_BINDINGS, BOOTSTRAP_ROLES } from './bootstrap-roles.ts';

const RBAC = 'rbac.authorization.k8s.io';
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const AUTOUPDATE = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
const DEFAULTS_LABEL = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };

type Wanted = { readonly collection: string; readonly namespace: string; readonly object: Record<string, unknown>; /** Fields that follow the program when it is newer than the data folder. */ readonly kept: readonly string[] };

const namespace = (name: string): Wanted => ({
  collection: '/namespaces', namespace: '', kept: [],
  object: { kind: 'Namespace', apiVersion: 'v1', metadata: { name, labels: { 'kubernetes.io/metadata.name': name } }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } },
});
const roles = (): readonly Wanted[] => BOOTSTRAP_ROLES.map((role) => ({
  collection: `${RBAC}/clusterroles`, namespace: '', kept: role.aggregate === undefined ? ['rules'] : ['aggregationRule'],
  object: {
    kind: 'ClusterRole', apiVersion: `${RBAC}/v1`, metadata: { name: role.name, labels: { ...DEFAULTS_LABEL, ...role.labels }, annotations: AUTOUPDATE }, rules: role.rules ?? aggregatedRules(role.aggregate ?? ''),
    ...(role.aggregate === undefined ? {} : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE_LABEL}${role.aggregate}`]: 'true' } }] } }),
  },
}));
/** Rules of a bootstrap role that is made of others, for its first moment; later aggregateRoles keeps them. */
function aggregatedRules(to: string): readonly object[] {
  return BOOTSTRAP_ROLES.filter((role) => role.labels?.[`${AGGREGATE_LABEL}${to}`] === 'true').flatMap((role) => role.rules ?? aggregatedRules(role.aggregate ?? ''));
}
const bindings = (): readonly Wanted[] => BOOTSTRAP_BINDINGS.map((binding) => ({
  collection: `${RBAC}/clusterrolebindings`, namespace: '', kept: [],
  object: {
    kind: 'ClusterRoleBinding', apiVersion: `${RBAC}/v1`, metadata: { name: binding.name, labels: DEFAULTS_LABEL, annotations: AUTOUPDATE }, roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: binding.role },
    subjects: binding.subjects.map((subject) => ({ ...(subject.kind === 'ServiceAccount' ? {} : { apiGroup: RBAC }), ...subject })),
  },
}));
const crds = (): readonly Wanted[] => CUSTOM_KINDS.map((kind) => ({ collection: CRDS, namespace: '', kept: ['spec'], object: { ...structuredClone(crdOf(kind)) } }));

function apiService(address: { readonly host: string; readonly port: number; readonly clusterIp: string }): readonly Wanted[] {
  const spec = { type: 'ClusterIP', clusterIP: address.clusterIp, clusterIPs: [address.clusterIp], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack', internalTrafficPolicy: 'Cluster', sessionAffinity: 'None', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: address.port }] };
  return [
    { collection: '/services', namespace: 'default', kept: ['spec'], object: { kind: 'Service', apiVersion: 'v1', metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } }, spec, status: { loadBalancer: {} } } },
    {
      collection: 'discovery.k8s.io/endpointslices', namespace: 'default', kept: ['endpoints', 'ports'],
      object: {
        kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' }, generation: 1 }, addressType: 'IPv4',
        endpoints: [{ addresses: [address.host], conditions: { ready: true } }], ports: [{ name: 'https', port: address.port, protocol: 'TCP' }],
      },
    },
  ];
}

/** Puts into the store what every cluster has: namespaces, roles, the CRDs of Istio and the Gateway API, the Service `kubernetes`. Existing objects are brought up to date with the program. */
export async function bootstrap(core: Core, address: { readonly host: string; readonly port: number; readonly clusterIp: string }): Promise<void> {
  const wanted = [...NAMESPACES.map(namespace), ...roles(), ...bindings(), ...crds(), ...apiService(address)];
  await Promise.all(wanted.map((one) => ensure(core, one)));
}

async function ensure(core: Core, wanted: Wanted): Promise<void> {
  const made = asKObject(wanted.object);
  if (made === undefined) throw new Error('a bootstrap object is not an object of the cluster');
  const strategy = STRATEGIES.get(wanted.collection);
  strategy?.setDefaults?.(made);
  const collection = core.store.collection(wanted.collection);
  const current = collection.get(wanted.namespace, made.metadata.name);
  const object = current === undefined ? fresh(core, made) : updated(current.object, made, wanted.kept);
  if (object === undefined) return;
  try {
    await core.store.write({ collection, namespace: wanted.namespace, name: made.metadata.name, expect: current?.rev ?? 0, value: object });
  } catch (error) {
    // Only controllers of this very process may have been faster; they keep the same fields.
    if (!(error instanceof WriteConflict)) throw error;
  }
}

function fresh(core: Core, object: KObject): KObject {
  object.metadata.uid = core.newUid();
  object.metadata.creationTimestamp = timeText(core.now());
  if (object.kind === 'CustomResourceDefinition') {
    object.metadata.generation = 1;
    object['status'] = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: [] };
  }
  return object;
}

/** The stored object with the program's state of the fields that follow it; undefined when nothing differs. */
function updated(stored: KObject, made: KObject, kept: readonly string[]): KObject | undefined {
  const stale = kept.filter((field) => !sameJson(stored[field], made[field]));
  if (stale.length === 0) return undefined;
  const object: KObject = { ...stored, metadata: { ...stored.metadata } };
  for (const field of stale) object[field] = made[field];
  if (object.metadata.generation !== undefined) object.metadata.generation += 1;
  return object;
}
