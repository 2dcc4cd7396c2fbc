/**
 * google.protobuf.Struct for peer metadata, kept by hand: a message of strings and nested messages is all that is needed, and the encoding
 * has to be deterministic (keys sorted), as Istio's peers expect it.
 */
export type StructValue = string | { readonly [key: string]: StructValue };

const varint = (n: number): Buffer => {
  const out: number[] = [];
  let left = n;
  while (left > 0x7f) {
    out.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  out.push(left);
  return Buffer.from(out);
};
const field = (number: number, data: Buffer): Buffer => Buffer.concat([varint((number << 3) | 2), varint(data.length), data]);
const encodeValue = (v: StructValue): Buffer => (typeof v === 'string' ? field(3, Buffer.from(v, 'utf8')) : field(5, encodeStruct(v)));

/** Struct { fields = 1 (map<string, Value>) }; Value { string_value = 3, struct_value = 5 }. */
export function encodeStruct(struct: { readonly [key: string]: StructValue }): Buffer {
  return Buffer.concat(Object.keys(struct).sort().map((key) => field(1, Buffer.concat([field(1, Buffer.from(key, 'utf8')), field(2, encodeValue(struct[key] ?? ''))]))));
}

/** Deepest nesting that is read. */
const DEPTH_MAX = 8;

/** Reads one message's length-delimited fields; throws on bytes that are no protobuf. */
function* fieldsOf(data: Buffer): Generator<readonly [number, Buffer]> {
  let i = 0;
  const read = (): number => {
    let v = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const c = data[i++];
      if (c === undefined) throw new Error('truncated');
      v += (c & 0x7f) * 2 ** shift;
      if (c < 0x80) return v;
    }
    throw new Error('varint too long');
  };
  while (i < data.length) {
    const tag = read();
    const wire = tag & 7;
    if (wire === 0) read();
    else if (wire === 1) i += 8;
    else if (wire === 5) i += 4;
    else if (wire === 2) {
      const length = read();
      if (i + length > data.length) throw new Error('truncated');
      yield [tag >>> 3, data.subarray(i, i + length)];
      i += length;
    } else throw new Error('unknown wire type');
  }
}

/** The string fields of a Struct, nested ones under "a.b"; undefined when the bytes are no Struct. */
export function decodeStruct(data: Buffer): ReadonlyMap<string, string> | undefined {
  const out = new Map<string, string>();
  const readStruct = (bytes: Buffer, prefix: string, depth: number): void => {
    if (depth > DEPTH_MAX) throw new Error('too deep');
    for (const [number, entry] of fieldsOf(bytes)) {
      if (number !== 1) continue;
      let key = '';
      let v: Buffer | undefined;
      for (const [part, piece] of fieldsOf(entry)) {
        if (part === 1) key = piece.toString('utf8');
        else if (part === 2) v = piece;
      }
      if (v === undefined) continue;
      for (const [kind, piece] of fieldsOf(v)) {
        if (kind === 3) out.set(`${prefix}${key}`, piece.toString('utf8'));
        else if (kind === 5) readStruct(piece, `${prefix}${key}.`, depth + 1);
      }
    }
  };
  try {
    readStruct(data, '', 0);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
  return out;
}
