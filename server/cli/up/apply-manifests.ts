import { groupOf } from '#shared/mesh';
import type { KubeClient } from '#server/lib';

/** Plural and scope of the kinds that the manifests hold. */
const KINDS: ReadonlyMap<string, { readonly plural: string; readonly namespaced: boolean }> = new Map(
  [
    ['Namespace', 'namespaces', false], ['ClusterRole', 'clusterroles', false], ['ClusterRoleBinding', 'clusterrolebindings', false], ['ConfigMap', 'configmaps', true], ['Service', 'services', true],
    ['ServiceAccount', 'serviceaccounts', true], ['Deployment', 'deployments', true], ['Role', 'roles', true], ['RoleBinding', 'rolebindings', true], ['Gateway', 'gateways', true],
    ['VirtualService', 'virtualservices', true], ['DestinationRule', 'destinationrules', true], ['PeerAuthentication', 'peerauthentications', true],
  ].map(([kind, plural, namespaced]) => [String(kind), { plural: String(plural), namespaced: namespaced === true }]),
);

const text = (object: Record<string, unknown>, field: string): string => {
  const v = object[field];
  return typeof v === 'string' ? v : '';
};

function pathsOf(object: Record<string, unknown>, defaultNamespace: string): { readonly collection: string; readonly name: string } {
  const kind = KINDS.get(text(object, 'kind'));
  if (kind === undefined) throw new Error(`a manifest holds the kind ${text(object, 'kind')}, which the installer does not know`);
  const { group, version } = groupOf(text(object, 'apiVersion'));
  const metadata = object['metadata'];
  const meta = typeof metadata === 'object' && metadata !== null ? new Map(Object.entries(metadata)) : new Map<string, unknown>();
  const namespace = String(meta.get('namespace') ?? defaultNamespace);
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return { collection: kind.namespaced ? `${root}/namespaces/${namespace}/${kind.plural}` : `${root}/${kind.plural}`, name: String(meta.get('name')) };
}

/** Creates each object, or merges the manifest into the one that is there. In order. */
export async function applyManifests(client: KubeClient, objects: readonly Record<string, unknown>[], defaultNamespace = 'default'): Promise<void> {
  for (const object of objects) {
    const { collection, name } = pathsOf(object, defaultNamespace);
    try {
      await client.request({ method: 'POST', path: collection, query: { fieldManager: 'pharos' }, body: object });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 409)) throw error;
      await client.request({ method: 'PATCH', path: `${collection}/${name}`, query: { fieldManager: 'pharos' }, body: object, contentType: 'application/merge-patch+json' });
    }
  }
}
