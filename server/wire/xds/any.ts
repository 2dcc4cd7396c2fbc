import { TYPE_URL } from '#shared/xds';
import type { Any, ResourceKind, ResourceOf } from '#shared/xds';
import { decodeContent } from './decode.ts';
import { encodeContent } from './encode.ts';
import { xdsErrors } from './errors.ts';

/** An Any on the wire: the message's type and its bytes. */
export type WireAny = { readonly type_url: string; readonly value: Uint8Array };

/** Protobuf bytes of the message that the JSON form describes ("@type" names it). Throws XDS_UNENCODABLE with the path of what does not fit. */
export const encodeAny = (resource: Any): Buffer => encodeContent(resource['@type'], resource);
/** The JSON form of a message's bytes. Throws XDS_MALFORMED. Unknown fields and messages survive a later `encodeAny`. */
export const decodeAny = (typeUrl: string, bytes: Uint8Array): Any<Record<string, unknown>> => ({ ...decodeContent(typeUrl, bytes), '@type': typeUrl });

/** Bytes of a resource of a known kind. */
export const encodeResource = <K extends ResourceKind>(kind: K, resource: ResourceOf[K]): Buffer => encodeContent(TYPE_URL[kind], { ...resource });
/** True because the decoder built it by the descriptor of this kind. */
const isResource = <K extends ResourceKind>(kind: K, v: object): v is ResourceOf[K] => '@type' in v && v['@type'] === TYPE_URL[kind];
export function decodeResource<K extends ResourceKind>(kind: K, bytes: Uint8Array): ResourceOf[K] {
  const decoded: object = decodeAny(TYPE_URL[kind], bytes);
  if (isResource(kind, decoded)) return decoded;
  throw xdsErrors.make('XDS_MALFORMED', { message: kind, problem: 'another type' });
}
