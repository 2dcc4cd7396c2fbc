import { hash } from 'node:crypto';
import { encodeResource } from '#server/wire';
import type { WireAny } from '#server/wire';
import { TYPE_URL } from '#shared/xds';
import type { Cluster, ClusterLoadAssignment, Listener, ResourceOf, RouteConfiguration, Secret } from '#shared/xds';

/** Kinds that are served, in the order in which they are sent: no route before its clusters, no cluster without endpoints. */
export const SERVED_KINDS = ['cluster', 'endpoint', 'listener', 'route', 'secret'] as const;
export type ServedKind = (typeof SERVED_KINDS)[number];
const KIND_OF_TYPE: ReadonlyMap<string, ServedKind> = new Map(SERVED_KINDS.map((kind) => [TYPE_URL[kind], kind]));
export const kindOfType = (typeUrl: string): ServedKind | undefined => KIND_OF_TYPE.get(typeUrl);

/** A resource as it is sent; the version is a hash of its bytes, so it is the same after a restart. */
export type Encoded = { readonly any: WireAny; readonly version: string; readonly resource: object };

const known = new WeakMap<object, Encoded>();
function encode(kind: ServedKind, resource: object, bytes: () => Buffer): Encoded {
  const found = known.get(resource);
  if (found !== undefined) return found;
  const value = bytes();
  const made = { any: { type_url: TYPE_URL[kind], value }, version: hash('sha1', value, 'base64url').slice(0, 12), resource };
  known.set(resource, made);
  return made;
}
/** Encoded once for all proxies that get the same object. */
export const encoded = {
  cluster: (v: Cluster): Encoded => encode('cluster', v, () => encodeResource('cluster', v)),
  endpoint: (v: ClusterLoadAssignment): Encoded => encode('endpoint', v, () => encodeResource('endpoint', v)),
  listener: (v: Listener): Encoded => encode('listener', v, () => encodeResource('listener', v)),
  route: (v: RouteConfiguration): Encoded => encode('route', v, () => encodeResource('route', v)),
  secret: (v: Secret): Encoded => encode('secret', v, () => encodeResource('secret', v)),
} satisfies { readonly [K in ServedKind]: (v: ResourceOf[K]) => Encoded };
