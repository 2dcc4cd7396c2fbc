import { groupOf } from '#shared/mesh';
import { decodeValue } from '../decode/decode-object.ts';
import type { Incoming } from '../decode/decode-object.ts';
import { unrecognized } from '../decode/read-body.ts';
import type { View } from '../resources/resource.ts';
import { badRequest, unsupportedMedia } from '../status/status-error.ts';
import { decodeMessage, hasMessage } from './decode-message.ts';
import { ProtobufError, wireFields } from './wire-reader.ts';

/** Every protobuf body begins so: "k8s" and a zero. */
const PREFIX = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** Where the messages of a group are defined, beside k8s.io.api.<group>.<version>. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['', 'k8s.io.api.core'], ['apiextensions.k8s.io', 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions'], ['meta.k8s.io', 'k8s.io.apimachinery.pkg.apis.meta'],
]);
function messageOf(group: string, version: string, kind: string): string {
  const known = PACKAGES.get(group);
  return `${known ?? `k8s.io.api.${group.split('.')[0] ?? ''}`}.${version}.${kind}`;
}

/** The envelope runtime.Unknown: what is in it, and its bytes. */
function envelope(bytes: Buffer): { readonly apiVersion: string; readonly kind: string; readonly raw: Buffer } {
  let apiVersion = '';
  let kind = '';
  let raw = Buffer.alloc(0);
  for (const { id, value } of wireFields(bytes)) {
    if (typeof value === 'bigint') continue;
    if (id === 2) raw = Buffer.from(value);
    if (id !== 1) continue;
    for (const field of wireFields(value)) {
      if (typeof field.value === 'bigint') continue;
      if (field.id === 1) apiVersion = field.value.toString('utf8');
      else if (field.id === 2) kind = field.value.toString('utf8');
    }
  }
  return { apiVersion, kind, raw };
}

/** Reads a protobuf body of kubectl and client-go into an object of the view's kind. Answers stay JSON. */
export function decodeProtobuf(view: View, bytes: Buffer): Incoming {
  const { kind } = view.resource;
  if (view.resource.isCustom) throw unsupportedMedia('the body of the request was in an unknown format - accepted media types include: application/json, application/yaml');
  if (bytes.length === 0) throw unrecognized(kind, 'empty data', bytes);
  if (!bytes.subarray(0, 4).equals(PREFIX)) throw unrecognized(kind, 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]', bytes);
  if (bytes.length === 4) throw unrecognized(kind, 'empty body', bytes);
  try {
    const unknown = envelope(bytes.subarray(4));
    const { group, version } = groupOf(unknown.apiVersion === '' ? view.apiVersion : unknown.apiVersion);
    const name = messageOf(group, version, unknown.kind === '' ? kind : unknown.kind);
    if (!hasMessage(name) || (unknown.kind !== '' && unknown.kind !== kind)) throw badRequest(`${unknown.kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: no kind ${JSON.stringify(unknown.kind)} is registered for version ${JSON.stringify(unknown.apiVersion)}`);
    const { object } = decodeValue(view, decodeMessage(name, unknown.raw));
    // Protobuf has no unknown names: strict validation has nothing to say.
    return { object, strict: [] };
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw unrecognized(kind, error.message, bytes);
  }
}
