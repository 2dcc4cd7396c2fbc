import type { View } from '../resources/resource.ts';
import { forbidden, notFound } from '../status/status-error.ts';
import { textAt } from '../object/object.ts';
import type { Core } from './core.ts';

const NAMESPACES = { group: '', plural: 'namespaces' };
/** Kinds that may be made without their namespace: reviews are never stored. */
const PROTECTED: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

/** New objects need a namespace that exists and is not going away. */
export function checkNamespace(core: Core, view: View, namespace: string, name: string): void {
  if (!view.resource.namespaced) return;
  const found = core.store.collection('/namespaces').get('', namespace);
  if (found === undefined) throw notFound(NAMESPACES, namespace);
  if (textAt(found.object, 'status', 'phase') !== 'Terminating' && found.object.metadata.deletionTimestamp === undefined) return;
  throw forbidden({ group: view.resource.group, plural: view.resource.plural }, name, `unable to create new content in namespace ${namespace} because it is being terminated`, [
    { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' },
  ]);
}

/** The namespaces a cluster cannot do without stay. */
export function checkDeletable(view: View, name: string): void {
  if (view.resource.collection === '/namespaces' && PROTECTED.has(name)) throw forbidden(NAMESPACES, name, 'this namespace may not be deleted');
}
