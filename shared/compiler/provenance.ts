import { groupOf, refKey, refOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import type { Metadata } from '#shared/xds';

type Named = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;
const kebab = (kind: string): string => kind.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

/** `/apis/networking.istio.io/v1/namespaces/<ns>/virtual-service/<name>`, as Istio names the object behind a resource. Istio always says its storage version. */
export const configPath = (object: Named): string => `/apis/${groupOf(object.apiVersion).group}/v1/namespaces/${object.metadata.namespace ?? ''}/${kebab(object.kind)}/${object.metadata.name}`;

/** The object and the field behind a resource, in Pharos's own metadata: `group/Kind/namespace/name` and `spec.http[0]`. */
export const originOf = (object: Named, path: string): { readonly object: string; readonly path: string } => ({ object: refKey(refOf(object)), path });

/** The Service behind a resource that no rule made. */
export const serviceOrigin = (service: { readonly namespace: string; readonly name: string }, port: number): { readonly object: string; readonly path: string } => ({ object: `/Service/${service.namespace}/${service.name}`, path: `spec.ports[${port}]` });
/** A setting of the mesh. */
export const meshOrigin = (rootNamespace: string, path: string): { readonly object: string; readonly path: string } => ({ object: `/ConfigMap/${rootNamespace}/istio`, path: `data.mesh.${path}` });
export const ownMetadata = (source: { readonly object: string; readonly path: string }): Metadata => ({ filter_metadata: { pharos: source } });
export const routeMetadata = (root: Named, source: { readonly object: string; readonly path: string }): Metadata => ({ filter_metadata: { istio: { config: configPath(root) }, pharos: source } });
