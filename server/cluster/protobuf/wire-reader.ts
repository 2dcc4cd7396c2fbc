/** The bytes end within a value, or are no protobuf. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}
export type WireField = { readonly id: number; readonly value: bigint | Buffer };

function varint(bytes: Buffer, from: number): { readonly value: bigint; readonly next: number } {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) throw new ProtobufError('unexpected EOF');
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: from + i + 1 };
  }
  throw new ProtobufError('proto: integer overflow');
}

/** The fields of a message as they stand on the wire: varints as numbers, everything else as bytes. */
export function* wireFields(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new ProtobufError('unexpected EOF');
    const part = bytes.subarray(at, at + length);
    at += length;
    return part;
  };
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    at = tag.next;
    const id = Number(tag.value >> 3n);
    const wireType = Number(tag.value & 7n);
    if (id === 0) throw new ProtobufError('proto: illegal tag 0');
    switch (wireType) {
      case 0: {
        const v = varint(bytes, at);
        at = v.next;
        yield { id, value: v.value };
        break;
      }
      case 1: yield { id, value: take(8) }; break;
      case 5: yield { id, value: take(4) }; break;
      case 2: {
        const length = varint(bytes, at);
        at = length.next;
        yield { id, value: take(Number(length.value)) };
        break;
      }
      default: throw new ProtobufError(`proto: illegal wireType ${wireType}`);
    }
  }
}
