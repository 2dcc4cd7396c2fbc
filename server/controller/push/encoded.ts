import { hash } from 'node:crypto';
import { errorText } from '#shared/base';
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
export type Encoded = { readonly any: WireAny; readonly version: string; /** What it was made from, where parts of it may be needed again. */ readonly route?: RouteConfiguration };
/** A resource that the wire cannot carry: an object said something that no check had stopped (a fraction of a retry, a negative time). */
export type Unencodable = { readonly problem: string; readonly route?: RouteConfiguration };
export const isEncoded = (v: Encoded | Unencodable): v is Encoded => 'any' in v;

const known = new WeakMap<object, Encoded | Unencodable>();
const made = (kind: ServedKind, value: Buffer): Encoded => ({ any: { type_url: TYPE_URL[kind], value }, version: hash('sha1', value, 'base64url').slice(0, 12) });
function encode(kind: ServedKind, resource: object, bytes: () => Buffer): Encoded | Unencodable {
  const found = known.get(resource);
  if (found !== undefined) return found;
  let result: Encoded | Unencodable;
  try {
    result = made(kind, bytes());
  } catch (error) {
    result = { problem: errorText(error) };
  }
  known.set(resource, result);
  return result;
}
function encodeRoute(route: RouteConfiguration): Encoded | Unencodable {
  const found = known.get(route);
  if (found !== undefined) return found;
  const result = { ...encode('route', route, () => encodeResource('route', route)), route };
  known.set(route, result);
  return result;
}
/** Encoded once for all proxies that get the same object. */
export const encoded = {
  cluster: (v: Cluster) => encode('cluster', v, () => encodeResource('cluster', v)),
  endpoint: (v: ClusterLoadAssignment) => encode('endpoint', v, () => encodeResource('endpoint', v)),
  listener: (v: Listener) => encode('listener', v, () => encodeResource('listener', v)),
  route: encodeRoute,
  secret: (v: Secret) => encode('secret', v, () => encodeResource('secret', v)),
} satisfies { readonly [K in ServedKind]: (v: ResourceOf[K]) => Encoded | Unencodable };

/**
 * What a proxy gets instead of a resource that cannot be encoded: what it was sent last. One route table holds the virtual hosts of many services;
 * only those that cannot be encoded stay as they were (or away, where there were none before), the others go on.
 */
export function standIn(broken: Unencodable, last: Encoded | undefined): Encoded | undefined {
  const { route } = broken;
  if (route === undefined) return last;
  const before = new Map((last?.route?.virtual_hosts ?? []).map((host) => [host.name, host]));
  const hosts = (route.virtual_hosts ?? []).flatMap((host) => {
    if (isEncoded(encodeRoute({ name: route.name, virtual_hosts: [host] }))) return [host];
    const old = before.get(host.name);
    return old === undefined ? [] : [old];
  });
  const mended = encodeRoute({ ...route, virtual_hosts: hosts });
  return isEncoded(mended) ? mended : last;
}
