import type { Incoming } from '../decode/decode-object.ts';
import type { Registry } from '../resources/registry.ts';
import type { View } from '../resources/resource.ts';
import { unsupportedMedia } from '../status/status-error.ts';

/** Reads a protobuf body. */
export function decodeProtobuf(_registry: Registry, _view: View, _bytes: Buffer): Incoming {
  throw unsupportedMedia('protobuf');
}
